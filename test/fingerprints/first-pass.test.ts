// What speaks of Kubernetes before a request: every labelled certificate and capture of a component does, web servers and lookalikes do not.
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { Evidence } from '../../services/feeds/evidence.ts';
import { lacksAuthorities, SIGNS, speaksOfKubernetes } from '../../services/fingerprints/first-pass.ts';
import { judge } from '../../services/fingerprints/match.ts';
import { RUNGS } from '../../services/fingerprints/rungs/list.ts';

const endpoint = { address: '192.0.2.1', port: 443 };
const captures = globSync(new URL('../fixtures/captures/*.json', import.meta.url).pathname).map(
  (path) => JSON.parse(readFileSync(path, 'utf8')) as Evidence & { readonly name: string; readonly port: number },
);

const summary = (subject: string, issuer: string, ...dnsNames: string[]): Evidence => ({
  endpoint,
  transport: 'tls',
  certificate: { subject, issuer, dnsNames },
});

test('every capture that serves TLS speaks by its certificate alone, and by its authorities alone', () => {
  let certificates = 0;
  for (const { name, tls, acceptableClientCAs } of captures) {
    if (tls?.chain !== undefined) {
      certificates++;
      assert.ok(speaksOfKubernetes({ endpoint, transport: 'tls', tls }), name);
    }
    if (acceptableClientCAs != null && acceptableClientCAs.length > 0)
      assert.ok(speaksOfKubernetes({ endpoint, transport: 'tls', acceptableClientCAs }), name);
  }
  assert.ok(certificates >= 6, `${certificates} certificates`);
});

test('forms that speak', () => {
  for (const [subject, issuer, ...names] of [
    ['CN=kube-apiserver', 'CN=kubernetes', 'kubernetes', 'kubernetes.default'],
    ['CN=192.0.2.7@1700000000', 'CN=192.0.2.7-ca@1700000000', '192.0.2.7'],
    ['CN=node7@1700000000', 'CN=node7-ca@1700000000', 'node7'],
    ['CN=localhost@1700000000', 'CN=localhost-ca@1700000000', 'localhost'],
    ['O=system:nodes,CN=system:node:n1', 'CN=example'],
    ['CN=server', 'CN=etcd-ca', 'server'],
    ['O=dynamic,CN=dynamic', 'O=dynamiclistener-org,CN=dynamiclistener-ca@1700000000', 'localhost'],
    ['CN=web', 'CN=example', 'webhook.monitoring.svc'],
    ['CN=k8s.example.org', 'CN=R3', 'k8s.example.org'],
    ['CN=api', 'CN=example', 'a.eks.amazonaws.com'],
    ['CN=kubernetes-dashboard', 'CN=kubernetes-dashboard'],
  ] as const)
    assert.ok(speaksOfKubernetes(summary(subject, issuer, ...names)), `${subject} < ${issuer}`);
  for (const name of ['CN=kubernetes', 'CN = front-proxy-ca', 'CN=k3s-client-ca@1700000000', 'CN=etcd-ca'])
    assert.ok(speaksOfKubernetes({ ...summary('CN=a.example', 'CN=R3'), acceptableClientCAs: [name] }), name);
});

test('forms that do not', () => {
  for (const [subject, issuer, ...names] of [
    ['CN=www.example.org', "C=US,O=Let's Encrypt,CN=R3", 'www.example.org', 'example.org'],
    ['CN=localhost', 'CN=localhost', 'localhost'],
    ['CN=appliance.local', 'CN=appliance.local'],
    [
      'O=Acme Co,CN=Kubernetes Ingress Controller Fake Certificate',
      'O=Acme Co,CN=Kubernetes Ingress Controller Fake Certificate',
      'ingress.local',
    ],
    ['CN=TRAEFIK DEFAULT CERT', 'CN=TRAEFIK DEFAULT CERT'],
    ['CN=rubik-kubecensus.example', 'CN=R3', 'kubrick.example', 'okdoke.example', 'fetcd.example'],
  ] as const)
    assert.equal(speaksOfKubernetes(summary(subject, issuer, ...names)), false, subject);
  const web = {
    ...summary('CN=www.example.org', 'CN=R3', 'www.example.org'),
    acceptableClientCAs: ['CN=Example Clients'],
  };
  assert.equal(speaksOfKubernetes(web), false);
  assert.equal(speaksOfKubernetes({ endpoint, transport: 'tls' }), false);
});

test("a distribution's service address and its endpoint names speak", () => {
  const plain = summary('CN=server', 'CN=authority', 'server');
  assert.equal(speaksOfKubernetes(plain), false);
  assert.ok(speaksOfKubernetes({ ...plain, certificate: { ...plain.certificate, ipAddresses: ['10.152.183.1'] } }));
  assert.ok(speaksOfKubernetes({ ...plain, serverName: '1a2b.vultr-k8s.com' }));
});

test('an ingress certificate in front of an API server: the authorities speak', () => {
  const fake = summary('O=Acme Co,CN=Kubernetes Ingress Controller Fake Certificate', 'CN=x', 'ingress.local');
  assert.ok(speaksOfKubernetes({ ...fake, acceptableClientCAs: ['CN=kubernetes', 'CN=front-proxy-ca'] }));
});

test('signs are rungs, and what the verdict would count always speaks', () => {
  const names: readonly string[] = RUNGS.map(({ name }) => name);
  assert.deepEqual(
    SIGNS.filter((sign) => !names.includes(sign)),
    [],
  );
  for (const capture of captures.filter(({ tls }) => tls !== undefined)) {
    const seen = {
      endpoint: { address: '192.0.2.1', port: capture.port },
      transport: 'tls',
      tls: capture.tls,
    } as Evidence;
    const { component } = judge(seen, { now: '2026-11-24T00:00:00Z' });
    if (component !== null && component !== 'other') assert.ok(speaksOfKubernetes(seen), capture.name);
  }
});

test('a second connection is for those who hide something over TLS', () => {
  const capture = (name: string): Evidence => {
    const found = captures.find((one) => one.name === name);
    assert.ok(found);
    return { ...found, endpoint, acceptableClientCAs: null };
  };
  assert.equal(lacksAuthorities(capture('kube-apiserver-6443')), false, 'confirmed, and shows its version');
  assert.equal(lacksAuthorities(capture('kube-apiserver-noanon-6444')), true, '401');
  assert.equal(lacksAuthorities(capture('kubelet-10250')), true, '404');
  assert.equal(lacksAuthorities({ ...capture('kubelet-10250'), acceptableClientCAs: [] }), false, 'known already');
  assert.equal(lacksAuthorities({ endpoint, transport: 'tls' }), false, 'nothing was heard');
  assert.equal(lacksAuthorities(capture('kube-proxy-metrics-10249')), false, 'a plain port');
});
