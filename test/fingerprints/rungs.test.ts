// Which rungs a verdict says it stands on, and that a host which is not honest is never confirmed.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { COMPONENT_LIST } from '../../services/fingerprints/components/list.ts';
import { PORT_COUNTED } from '../../services/fingerprints/deciding-rungs.ts';
import { judge, weigh } from '../../services/fingerprints/match.ts';
import { RUNGS } from '../../services/fingerprints/rungs/list.ts';
import { HOST_FORMS } from './host-forms.ts';
import { NOW, readCaptures, readLabelledCertificates } from './labelled.ts';
import { readMixedForms } from './mixed-forms.ts';

const hosts = [
  ...readCaptures().flatMap(({ whole, cut }) => [whole, cut]),
  ...readLabelledCertificates().map(({ evidence }) => evidence),
  ...HOST_FORMS.map(({ evidence }) => evidence),
  ...readMixedForms().map(({ evidence }) => evidence),
];
const STRENGTHS = ['proof', 'strong', 'weak', 'context'];
const strengthOf = new Map(RUNGS.map(({ name, strength }) => [String(name), STRENGTHS.indexOf(strength)]));

const rungsOf = (name: string): readonly string[] => {
  const found = HOST_FORMS.find((form) => form.name === name);
  assert.ok(found, name);
  return judge(found.evidence, { now: NOW }).rungs;
};

test('rungs are those that spoke for the component, strongest first', () => {
  const capture = readCaptures().find(({ name }) => name === 'kube-apiserver-6443');
  assert.ok(capture);
  assert.deepEqual(judge(capture.whole, { now: NOW }).rungs, [
    'wholeVersionBody',
    'certificateName',
    'apiServerClientCas',
    'versionEndpoint',
    'forbiddenStatus',
    'flowSchema',
    'apiServerSubject',
    'cacheControl',
    'healthzOk',
    'clusterIssuer',
    'port',
  ]);
  assert.deepEqual(rungsOf('health on 10248'), ['healthzOk', 'port']);
  assert.deepEqual(rungsOf('401 alone anywhere'), ['unauthorizedStatus']);
  assert.deepEqual(rungsOf('etcd certificate and alert elsewhere'), ['etcdCertificate']);
  assert.deepEqual(rungsOf('webhook'), ['clusterServiceCertificate']);
  assert.deepEqual(rungsOf('nothing'), []);
});

test('every verdict names rungs with a yes, in order, among them all that its rule needs', () => {
  let judged = 0;
  for (const evidence of hosts) {
    const { verdict, rule } = weigh(evidence, { now: NOW });
    const { rungs, indicators, component } = verdict;
    assert.equal(rungs.length > 0, component !== null);
    const said = rungs.filter((name) => name !== PORT_COUNTED);
    assert.ok(said.every((name) => indicators[name] === true));
    const strengths = said.map((name) => strengthOf.get(name) ?? Number.NaN);
    assert.deepEqual(strengths, strengths.toSorted());
    assert.ok(rungs.indexOf(PORT_COUNTED) === -1 || rungs.at(-1) === PORT_COUNTED);
    if (rule === null) continue;
    judged++;
    assert.ok((rule.all ?? []).every((name) => rungs.includes(name)));
    assert.ok(rule.any === undefined || rule.any.some((name) => rungs.includes(name)));
    assert.ok(rule.port !== true || rungs.includes(PORT_COUNTED));
    assert.ok(COMPONENT_LIST.some(({ name, rules }) => name === component && rules.includes(rule)));
  }
  assert.ok(judged > 300);
});

test('a host of which the honesty grade is high is never confirmed', () => {
  const verdicts = hosts.map((evidence) => weigh(evidence, { now: NOW }));
  const high = verdicts.filter(({ verdict }) => verdict.honeypot.grade === 'high');
  assert.ok(high.length > 8);
  assert.deepEqual(
    high.filter(({ verdict }) => verdict.grade === 'confirmed'),
    [],
  );
  const doubted = high.filter(({ rule }) => rule?.grade === 'confirmed');
  assert.ok(doubted.length > 1);
  assert.ok(doubted.every(({ verdict }) => verdict.grade === 'probable'));
});
