// Labelled serving certificates, judged on their own.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judge } from '../../services/fingerprints/match.ts';
import { NOW, readLabelledCertificates } from './labelled.ts';

const rows = readLabelledCertificates();

test('the table is there', () => {
  assert.ok(rows.length > 45);
  assert.ok(rows.filter((row) => row.lookalike).length >= 13);
});

for (const [at, { label, evidence, component, distribution, outOfReach }] of rows.entries()) {
  if (outOfReach !== null) continue;
  test(`certificate ${at}: ${label}`, () => {
    const verdict = judge(evidence, { now: NOW });
    assert.equal(verdict.component, component);
    if (distribution !== null) assert.equal(verdict.distribution?.slug, distribution);
  });
}

test('a lookalike is never a confirmed or probable API server', () => {
  for (const { label, evidence } of rows.filter((row) => row.lookalike)) {
    // On every port where somebody could look for an API server.
    for (const port of [0, 443, 6443, 8443, 10250]) {
      const verdict = judge({ ...evidence, endpoint: { address: '', port } }, { now: NOW });
      const passes =
        verdict.component === 'kube-apiserver' && (verdict.grade === 'confirmed' || verdict.grade === 'probable');
      assert.ok(!passes, `${label} on ${port}`);
    }
  }
});

test('a certificate of the wrong kind shows no distribution it does not have', () => {
  for (const { label, evidence, distribution } of rows) {
    const slug = judge(evidence, { now: NOW }).distribution?.slug;
    if (distribution === null) assert.equal(slug, undefined, label);
  }
});
