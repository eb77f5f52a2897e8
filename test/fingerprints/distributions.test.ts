// Each way to tell a distribution, in its order, and an example for each entry of the list.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CertificateSummary, Evidence } from '../../services/feeds/evidence.ts';
import { DISTRIBUTIONS } from '../../services/fingerprints/distributions/list.ts';
import { judge } from '../../services/fingerprints/match.ts';
import { UNAUTHORIZED_BODY } from '../../services/fingerprints/status-body.ts';
import { NOW } from './labelled.ts';

const NAMES = ['kubernetes', 'kubernetes.default', 'kubernetes.default.svc', 'kubernetes.default.svc.cluster.local'];
const server = (certificate: CertificateSummary, rest: Partial<Evidence> = {}): Evidence => ({
  endpoint: { address: '', port: 6443 },
  certificate: { dnsNames: NAMES, ...certificate },
  requests: [{ path: '/version', status: 401, body: UNAUTHORIZED_BODY }],
  ...rest,
});
const tell = (evidence: Evidence, asn: number | null = null) => {
  const { distribution } = judge(evidence, { now: NOW, asn });
  return distribution === null ? null : `${distribution.slug} ${distribution.by}`;
};
const EXTRACT = (gitVersion: string) => [{ path: '/version', status: 200, body: JSON.stringify({ gitVersion }) }];

test('ways and their order', () => {
  const k3s = { issuer: 'CN=k3s-server-ca@1618703981' };
  assert.equal(tell(server(k3s, { requests: EXTRACT('v1.30.1+rke2r1') })), 'rke2 version');
  assert.equal(tell(server(k3s, { requests: EXTRACT('v1.30.1') })), 'k3s issuer');
  assert.equal(tell(server({ ...k3s, dnsNames: [...NAMES, 'control-plane.minikube.internal'] })), 'k3s issuer');
  assert.equal(
    tell(
      server(
        { dnsNames: [...NAMES, 'control-plane.minikube.internal'] },
        { acceptableClientCAs: ['CN=k3s-client-ca@1'] },
      ),
    ),
    'minikube san',
  );
  assert.equal(
    tell(server({}, { acceptableClientCAs: ['CN = k3s-client-ca@1618703981'], serverName: 'x.hcp.eastus.azmk8s.io' })),
    'k3s acceptable-ca',
  );
  assert.equal(tell(server({ ipAddresses: ['10.152.183.1'] }, { serverName: 'x.hcp.eastus.azmk8s.io' })), 'aks name');
  assert.equal(tell(server({ ipAddresses: ['10.152.183.1'] })), 'microk8s service-ip');
  assert.equal(tell(server({}, { requests: EXTRACT('v1.30.1') })), 'vanilla version');
  assert.equal(tell(server({})), null);
});

test('a network speaks only with something else of its provider', () => {
  assert.equal(tell(server({ ipAddresses: ['10.0.0.1'] }), 8075), 'aks asn');
  assert.equal(tell(server({ ipAddresses: ['10.0.0.1'] })), null);
  assert.equal(tell(server({}), 8075), null);
  assert.equal(tell(server({ ipAddresses: ['10.0.0.1'] }, { requests: EXTRACT('v1.30.1') }), 8075), 'vanilla version');
  assert.equal(tell(server({ ipAddresses: ['172.20.0.1'] }), 16509), 'eks asn');
});

test('a git-describe version takes the vendor that other evidence shows', () => {
  const requests = EXTRACT('v1.19.13-34+939585d5fb6fa7');
  assert.equal(tell(server({ ipAddresses: ['10.152.183.1'] }, { requests })), 'microk8s service-ip');
  assert.equal(tell(server({}, { requests })), 'git-describe version');
});

/** slug -> a name or issuer of one of its API servers, for the entries that no labelled certificate shows. */
const EXAMPLES: readonly (readonly [string, CertificateSummary])[] = [
  ['eks', { dnsNames: [...NAMES, '0123456789abcdef0123456789abcdef.gr7.eu-west-1.eks.amazonaws.com'] }],
  ['gke', { subject: 'CN=34.1.2.3', issuer: 'CN=0d9c9dc7-5d70-4b22-a73c-3a4b5c6d7e8f' }],
  ['tectonic', { subject: 'O=kube-master,CN=kube-apiserver', issuer: 'O=bootkube,CN=kube-ca' }],
  ['docker-desktop', { dnsNames: [...NAMES, 'docker-for-desktop'] }],
  ['kops', { dnsNames: [...NAMES, 'api.internal.c1.example.org'] }],
  ['kops', { subject: 'CN=kubernetes-master', issuer: 'CN=kubernetes-ca' }],
  ['doks', { issuer: 'O=DigitalOcean, CN=k8saas Cluster CA' }],
  ['lke', { dnsNames: [...NAMES, 'aa.us-east-1.linodelke.net'] }],
  ['ovh', { dnsNames: [...NAMES, 'abc123.c1.gra.k8s.ovh.net'] }],
  ['scaleway', { dnsNames: [...NAMES, 'aa.api.k8s.fr-par.scw.cloud'] }],
  ['vultr', { dnsNames: [...NAMES, 'aa.vultr-k8s.com'] }],
  ['k3s', { dnsNames: [...NAMES, 'aa.k8s.civo.com'] }],
  ['exoscale', { dnsNames: [...NAMES, 'aa.sks-ch-gva-2.exo.io'] }],
  ['iks', { dnsNames: [...NAMES, 'c1.eu-de.containers.cloud.ibm.com'] }],
  ['tke', { dnsNames: [...NAMES, 'cls-abc.ccs.tencent-cloud.com'] }],
  ['openshift', { issuer: 'OU=openshift, CN=kube-apiserver-lb-signer' }],
  ['rke1', { subject: 'CN=kube-apiserver', issuer: 'CN=kube-ca', ipAddresses: ['10.43.0.1'] }],
  ['openshift', { subject: 'O=kubernetes, CN=kubernetes-private', issuer: 'OU=openshift, CN=root-ca' }],
  ['rke2', { ipAddresses: ['10.43.0.1', '127.0.0.1', '10.43.0.1'] }],
];

test('examples of the entries that no labelled certificate shows', () => {
  for (const [slug, certificate] of EXAMPLES)
    assert.equal(tell(server(certificate))?.split(' ')[0], slug, JSON.stringify(certificate));
  assert.equal(
    tell(server({ dnsNames: [...NAMES, 'x.lb.c1.gra.k8s.ovh.net'] })),
    null,
    'a load balancer of OVH is no API server',
  );
});

test('every entry says how it is known', () => {
  for (const { slug, known } of DISTRIBUTIONS) assert.ok(known.length > 20, slug);
});
