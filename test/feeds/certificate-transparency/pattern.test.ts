// Which names matter, and what becomes of the others.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  comparableName,
  isInternalName,
  NAME_PATTERNS,
  nameMatcher,
} from '../../../services/feeds/certificate-transparency/pattern.ts';
import { HostSelection } from '../../../services/feeds/certificate-transparency/selection.ts';
import type { CertificateNames } from '../../../services/feeds/x509/names.ts';

const matches = nameMatcher(NAME_PATTERNS);

const names = (dnsNames: string[], more: Partial<CertificateNames> = {}): CertificateNames => ({
  commonNames: [],
  dnsNames,
  ipAddresses: [],
  nameCount: dnsNames.length,
  truncated: false,
  ...more,
});

test('names that matter', () => {
  for (const name of [
    'api.mycluster.x1y2.p1.openshiftapps.com',
    'anything.westeurope.aroapp.io',
    'gke-0123abc.europe-west1.gke.goog',
    'abc.gr7.eu-west-1.eks.amazonaws.com',
    'x.hcp.westeurope.azmk8s.io',
    'api.cluster.example.org',
    'kubernetes.example.org',
    'kube-apiserver.example.org',
    'my.kubeapi.example.org',
    'k8s.example.org',
    'prod-k8s.example.org',
    'k8s-1.example.org',
    'k3s.example.org',
    'rke2.example.org',
    'rancher.example.org',
    '*.k8s.example.org',
  ]) {
    assert.ok(matches(name), name);
  }
});

test('names that do not', () => {
  for (const name of [
    'example.org',
    'www.example.org',
    'api.org',
    'api.example',
    'graph-api.example.org',
    'aroapp.io',
    'notaroapp.io',
    'www.worker.example.org',
    'bokkube.example.org',
    'mk8sx.example.org',
    'okdoc.example.org',
  ]) {
    assert.ok(!matches(name), name);
  }
});

test('a table of one kind matches by that kind alone, its text taken literally', () => {
  const only = nameMatcher([{ kind: 'suffix', text: 'A.b', why: 'test' }]);
  assert.ok(only('x.a.b'));
  assert.ok(!only('x.aXb'));
  assert.ok(!only('k8s.example.org'));
  assert.throws(() => nameMatcher([]), RangeError);
});

test('internal names and the form for comparing', () => {
  for (const name of ['kubernetes', 'kubernetes.default.svc', 'a.cluster.local', 'k8s.lan'])
    assert.ok(isInternalName(name));
  for (const name of ['k8s.example.org', 'local.example.org', 'svc.io']) assert.ok(!isInternalName(name));
  assert.equal(comparableName('K8S.Example.ORG..'), 'k8s.example.org');
});

test('yields matching names once and as written, counts the rest', () => {
  const selection = new HostSelection(matches);
  assert.deepEqual(selection.select(names(['K8s.Example.org.', 'www.example.org', '*.k8s.example.org'])), [
    'K8s.Example.org.',
  ]);
  assert.deepEqual(selection.select(names(['k8s.example.org', 'kubernetes.default.svc', 'kubernetes'])), []);
  assert.deepEqual(selection.skipped, { wildcard: 1, internal: 2, repeated: 1, other: 1, truncated: 0 });
});

test('a CN counts when it is a name of its own', () => {
  const selection = new HostSelection(matches);
  assert.deepEqual(selection.select(names([], { commonNames: ['rancher.example.org'] })), ['rancher.example.org']);
  assert.deepEqual(selection.select(names([], { commonNames: ['kube admin of example.org', 'kubernetes'] })), []);
  const both = names(['k3s.example.org'], { commonNames: ['k3s.example.org'] });
  assert.deepEqual(selection.select(both), ['k3s.example.org']);
  assert.equal(selection.skipped.repeated, 0);
});

test('addresses come from certificates that matter, also when only a hidden name makes them matter', () => {
  const selection = new HostSelection(matches);
  const addresses = { ipAddresses: ['192.0.2.1', '2001:db8::1'] };
  assert.deepEqual(selection.select(names(['www.example.org'], addresses)), []);
  assert.equal(selection.skipped.other, 3);
  assert.deepEqual(selection.select(names(['kubernetes.default.svc', '192.0.2.9'], addresses)), [
    '192.0.2.1',
    '2001:db8::1',
    '192.0.2.9',
  ]);
});

test('memory is bounded: the oldest host is forgotten first', () => {
  const selection = new HostSelection(matches, 2);
  const hosts = (name: string) => selection.select(names([name])).length;
  assert.deepEqual(
    ['k1', 'k2', 'k3', 'k3', 'k2', 'k1'].map((label) => hosts(`k8s.${label}.org`)),
    [1, 1, 1, 0, 0, 1],
  );
});
