// One file per component, and in it what reports say of it; advice has one order of urgency.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { ADVICE_SLUGS } from '../../services/fingerprints/advice.ts';
import { ADVICE_BY_FINDING, adviceOn } from '../../services/fingerprints/advice-on.ts';
import { COMPONENT_PROFILES, componentProfile } from '../../services/fingerprints/component-profile.ts';
import { COMPONENT_LIST } from '../../services/fingerprints/components/list.ts';
import { COMPONENTS } from '../../services/fingerprints/verdict.ts';
import { PORTS } from '../../services/surveys/ports.ts';

const FOLDER = new URL('../../services/fingerprints/components/', import.meta.url);

test('every name of the public list has a file, and in it what reports say', () => {
  const files = readdirSync(FOLDER).filter((file) => file.endsWith('.ts') && file !== 'list.ts');
  assert.deepEqual(files, COMPONENTS.map((name) => `${name}.ts`).toSorted());
  for (const name of COMPONENTS) assert.equal(componentProfile(name)?.name, name);
  assert.deepEqual(
    COMPONENT_PROFILES.map(({ name }) => name),
    COMPONENTS.filter((name) => name !== 'other'),
  );
  assert.equal(new Set(COMPONENT_LIST.map(({ name }) => name)).size, COMPONENTS.length - 1);
  assert.equal(componentProfile('nginx'), null);
  assert.equal(componentProfile(null), null);
});

test('the usual port is one that the rules know and that a survey can ask', () => {
  for (const { name, usualPort, ports } of COMPONENT_LIST) {
    const usual = /^\d+/.exec(usualPort)?.[0];
    if (usual === undefined) continue;
    assert.ok(
      PORTS.some(({ port }) => port === Number(usual)),
      `${name} ${usual}`,
    );
    if (ports.length > 0) assert.equal(ports[0], Number(usual), name);
  }
});

test('the eleven rows of the source article are marked as such', () => {
  const rows = COMPONENT_PROFILES.filter(({ inArticle }) => inArticle).map(({ name }) => name);
  assert.deepEqual(rows, [
    'kube-apiserver',
    'kubelet',
    'kubelet-healthz',
    'kubelet-readonly',
    'kube-controller-manager',
    'kube-scheduler',
    'kube-proxy-metrics',
    'kube-proxy-healthz',
    'etcd-client',
    'etcd-peer',
    'etcd-metrics',
  ]);
});

test('nothing that is said of a component calls it vulnerable or open', () => {
  const text = JSON.stringify(COMPONENT_PROFILES);
  assert.doesNotMatch(text, /vulnerab|insecure|open cluster|hackable|unprotected/i);
});

test('advice stands in one order of urgency, and every piece is given to somebody', () => {
  const inOrder = (slugs: readonly string[]): readonly string[] => ADVICE_SLUGS.filter((slug) => slugs.includes(slug));
  const given = new Set(ADVICE_BY_FINDING.map(({ slug }) => slug));
  for (const component of COMPONENT_LIST) {
    assert.ok(component.advice.length > 0, component.name);
    assert.deepEqual(component.advice, inOrder(component.advice), component.name);
    for (const slug of component.advice) given.add(slug);
    for (const authentication of ['anonymous-full', 'anonymous-public', 'required', null] as const) {
      for (const plain of [true, false]) {
        const advice = adviceOn(component, authentication, 'end-of-life', plain);
        assert.deepEqual(advice, inOrder(advice));
        assert.ok(component.advice.every((slug) => advice.includes(slug)));
        if (component.name === 'kube-apiserver' && authentication === 'anonymous-full')
          assert.equal(advice[0], plain ? 'disable-insecure-port' : 'remove-anonymous-grants');
      }
    }
  }
  assert.deepEqual(
    ADVICE_SLUGS.filter((slug) => !given.has(slug)),
    [],
  );
  assert.equal(ADVICE_SLUGS[0], 'never-public-etcd');
});
