// Cluster keys, and the stream of verdicts that the command line prints.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fingerprintLine } from '../../services/fingerprints/fingerprint-line.ts';
import { judge } from '../../services/fingerprints/match.ts';
import type { Verdict } from '../../services/fingerprints/verdict.ts';
import { NOW, readCaptures } from './labelled.ts';

const captures = readCaptures();
const find = (name: string) => {
  const capture = captures.find((one) => one.name === name);
  assert.ok(capture);
  return capture.cut;
};

test('two API servers of one cluster share a key, and keys show nothing', () => {
  const one = judge(find('kube-apiserver-6443'), { now: NOW }).cluster.keys;
  const two = judge(find('kube-apiserver-noanon-6444'), { now: NOW }).cluster.keys;
  assert.ok(one.some((key) => two.includes(key)));
  for (const key of one) assert.match(key, /^(?:pf|spki|aki|dns)-[0-9a-f]{32}$/);
  assert.ok(!JSON.stringify(one).includes('3c773d03'));
});

test('keys of two installations cannot be joined', () => {
  const evidence = find('kube-apiserver-6443');
  const a = judge(evidence, { now: NOW, key: 'a' }).cluster.keys;
  const b = judge(evidence, { now: NOW, key: 'b' }).cluster.keys;
  assert.equal(a.length, b.length);
  assert.ok(a.every((key) => !b.includes(key)));
});

test('the flow schema of another class of paths is another key', () => {
  const keys = judge(find('kube-apiserver-6443'), { now: NOW }).cluster.keys.filter((key) => key.startsWith('pf-'));
  assert.equal(new Set(keys).size, 2);
});

test('names of one cluster are keys, shared and foreign certificates are none', () => {
  const keysOf = (dnsNames: readonly string[], issuer: string) =>
    judge(
      { endpoint: { address: '', port: 6443 }, certificate: { dnsNames, issuer, subject: 'CN=kube-apiserver' } },
      { now: NOW },
    ).cluster.keys;
  const eks = '0123456789ABCDEF0123456789ABCDEF.gr7.eu-west-1.eks.amazonaws.com';
  assert.equal(keysOf(['kubernetes.default.svc.cluster.local', eks], 'CN=kubernetes').length, 1);
  assert.deepEqual(keysOf(['kubernetes.default.svc.cluster.local'], 'CN=kubernetes'), []);
});

test('one verdict for one line, also for what cannot be read', () => {
  const lines = [
    '{"id":"a","endpoint":{"address":"192.0.2.1","port":443}}',
    'no json',
    '[]',
    '{"id":"p","endpoint":{"address":"192.0.2.1","port":0}}',
    '{"name":"n"}',
    JSON.stringify({ ...find('kubelet-10250'), id: 'k' }),
    '',
  ];
  const out: { verdict: Verdict; failed: boolean }[] = [];
  for (const { line, failed } of lines.map((text) => fingerprintLine(text, NOW))) {
    assert.ok(!line.includes('\n'));
    out.push({ verdict: JSON.parse(line) as Verdict, failed });
  }
  assert.deepEqual(
    out.map(({ failed }) => failed),
    [false, true, true, true, true, false, true],
  );
  assert.deepEqual(
    out.map(({ verdict }) => [verdict.id, verdict.component, verdict.grade]),
    [
      ['a', null, 'not'],
      [null, null, 'not'],
      [null, null, 'not'],
      ['p', null, 'not'],
      ['n', null, 'not'],
      ['k', 'kubelet', 'confirmed'],
      [null, null, 'not'],
    ],
  );
  assert.deepEqual(out[1]?.verdict.flags, ['unreadable_evidence', 'bad_json']);
});

test('a line of which fields were left out says so', () => {
  const sound = { endpoint: { address: '192.0.2.1', port: 443 }, observedAt: NOW };
  const lines = [sound, { ...sound, serverName: 5 }, { ...sound, observedAt: 5 }].map((line) => JSON.stringify(line));
  const flags = lines.map((line) => (JSON.parse(fingerprintLine(line, NOW).line) as Verdict).flags);
  assert.deepEqual(flags, [[], ['evidence_fields_ignored'], ['observed_at_assumed', 'evidence_fields_ignored']]);
});
