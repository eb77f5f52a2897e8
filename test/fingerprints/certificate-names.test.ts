// Which certificate names count, and what is not observed when an engine gave no list of names.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CertificateSummary } from '../../services/feeds/evidence.ts';
import { hasApiServerNames } from '../../services/fingerprints/certificate-names.ts';
import { readNameText } from '../../services/fingerprints/distinguished-name-text.ts';
import { judge } from '../../services/fingerprints/match.ts';
import { NOW } from './labelled.ts';

test('names that count', () => {
  const yes: readonly (readonly string[])[] = [
    ['kubernetes.default.svc.cluster.local'],
    ['kubernetes.default.svc.kspray4.local'],
    ['kubernetes.default.svc.cluster'],
    ['kubernetes', 'kubernetes.default'],
    ['kubernetes', 'kubernetes.default.svc'],
    ['kubernetes.default', 'kubernetes.default.svc', 'localhost'],
  ];
  for (const names of yes) assert.equal(hasApiServerNames(names), true, names.join());
});

test('names that do not count', () => {
  const no: readonly (readonly string[])[] = [
    [],
    ['kubernetes'],
    ['kubernetes.default.svc'],
    ['kubernetes', 'kubernetes.kubernetes'],
    ['kubernetes.default.svc.', 'kubernetes.default.svc..x'],
    ['xkubernetes.default.svc.cluster.local', '*.kubernetes.default.svc.cluster.local'],
    ['kubernetes.svc.cluster.local', 'kubernetes.example.org'],
    ['kubernetes-dashboard.kube-system.svc.cluster.local'],
  ];
  for (const names of no) assert.equal(hasApiServerNames(names), false, names.join());
});

const indicatorsOf = (certificate: CertificateSummary) =>
  judge({ endpoint: { address: '', port: 9999 }, certificate }, { now: NOW }).indicators;

test('case, a trailing dot and the CN count as DNS does', () => {
  assert.equal(indicatorsOf({ dnsNames: ['KUBERNETES.default.SVC.cluster.local.'] }).certificateName, true);
  assert.equal(indicatorsOf({ subject: 'CN=kubernetes.default.svc.cluster.local' }).certificateName, true);
  assert.equal(indicatorsOf({ dnsNames: ['kubernetes.default.svc.a.b'] })['certificateNameLiteral'], false);
});

test('without a list of names their absence is not observed', () => {
  assert.equal(indicatorsOf({ subject: 'CN=kube-apiserver', issuer: 'CN=kubernetes' }).certificateName, null);
  assert.equal(indicatorsOf({ subject: 'CN=kube-apiserver', dnsNames: [] }).certificateName, false);
  assert.equal(judge({ endpoint: { address: '', port: 9999 } }, { now: NOW }).indicators.certificateName, null);
});

test('distinguished names in the spellings of openssl, Go, RFC 4514 and old tools', () => {
  const k3s = [
    { type: 'O', value: 'k3s' },
    { type: 'CN', value: 'k3s' },
  ];
  for (const text of ['O = k3s, CN = k3s', 'O=k3s,CN=k3s', '/O=k3s/CN=k3s', 'O=k3s\nCN=k3s', ' o=k3s , cn=k3s ']) {
    assert.deepEqual(readNameText(text), k3s, text);
  }
  assert.deepEqual(readNameText('O=Acme\\, Inc.,CN=a'), [
    { type: 'O', value: 'Acme, Inc.' },
    { type: 'CN', value: 'a' },
  ]);
  assert.deepEqual(readNameText('nothing'), []);
});
