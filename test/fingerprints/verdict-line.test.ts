// Verdict lines are put together from parts: they must be what JSON.stringify writes, and shared parts must be nobody's to change.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Evidence } from '../../services/feeds/evidence.ts';
import { judge, weigh } from '../../services/fingerprints/match.ts';
import { verdictLine } from '../../services/fingerprints/verdict-line.ts';
import { HOST_FORMS } from './host-forms.ts';
import { NOW, readCaptures, readLabelledCertificates, readLabelledVersions } from './labelled.ts';

const hosts: readonly Evidence[] = [
  ...readCaptures().flatMap(({ whole, cut }) => [whole, cut]),
  ...readLabelledCertificates().map(({ evidence }) => evidence),
  ...HOST_FORMS.map(({ evidence }) => evidence),
  ...readLabelledVersions().map(({ gitVersion }) => ({
    id: `"${gitVersion}"\n`,
    endpoint: { address: '192.0.2.1', port: 6443 },
    requests: [{ path: '/version', status: 200, body: JSON.stringify({ gitVersion }) }],
  })),
];

test('a line is the JSON of its verdict, byte for byte, also the second time', () => {
  assert.ok(hosts.length > 300);
  for (let round = 0; round < 2; round++) {
    for (const host of hosts) {
      const judgement = weigh(host, { now: NOW });
      assert.equal(verdictLine(judgement), JSON.stringify(judgement.verdict));
    }
  }
});

test('the day of observation counts, although builds are remembered', () => {
  const [capture] = readCaptures().filter(({ name }) => name === 'kube-apiserver-6443');
  assert.ok(capture);
  const supportAt = (observedAt: string) => judge({ ...capture.cut, observedAt }, { now: NOW }).support;
  const days = ['2026-11-24T00:00:00Z', '2021-02-01T00:00:00Z', '2026-11-24T23:59:59Z', '2020-01-01T00:00:00Z'];
  assert.deepEqual(days.map(supportAt), ['end-of-life', 'supported', 'end-of-life', 'unknown']);
});

test('what verdicts share is frozen', () => {
  const [capture] = readCaptures().filter(({ name }) => name === 'kube-apiserver-6443');
  assert.ok(capture);
  const verdict = judge(capture.cut, { now: NOW });
  for (const shared of [verdict.indicators, verdict.ranges, verdict.flags, verdict.advice, verdict.honeypot.reasons])
    assert.ok(Object.isFrozen(shared));
});
