// Golden verdicts of all captures of real components, whole and cut down to what a survey asks.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EvidenceRequest } from '../../services/feeds/evidence.ts';
import { judge } from '../../services/fingerprints/match.ts';
import { UNAUTHORIZED_BODY } from '../../services/fingerprints/status-body.ts';
import type { VersionFacts } from '../../services/fingerprints/verdict.ts';
import { raw } from './host-forms.ts';
import { NOW, readCaptures } from './labelled.ts';

/** capture -> component, grade whole, grade cut, authentication */
const GOLDEN: Readonly<Record<string, readonly [string, string, string, string]>> = {
  'aggregated-apiserver-443': ['aggregated-apiserver', 'confirmed', 'confirmed', 'anonymous-public'],
  'aggregated-apiserver-metrics-server-4443': ['aggregated-apiserver', 'confirmed', 'confirmed', 'anonymous-public'],
  'cloud-controller-manager-10258': ['cloud-controller-manager', 'confirmed', 'confirmed', 'anonymous-health'],
  'etcd-2379': ['etcd-client', 'confirmed', 'confirmed', 'client-certificate'],
  'etcd-3.7-2379': ['etcd-client', 'confirmed', 'confirmed', 'client-certificate'],
  'etcd-metrics-2381': ['etcd-metrics', 'probable', 'possible', 'none'],
  'etcd-peer-2380': ['etcd-peer', 'confirmed', 'confirmed', 'client-certificate'],
  'etcd-plain-12379': ['etcd-client', 'confirmed', 'confirmed', 'none'],
  'etcd-plain-3.7-2379': ['etcd-client', 'confirmed', 'confirmed', 'none'],
  'etcd-plain-peer-12380': ['etcd-peer', 'confirmed', 'confirmed', 'none'],
  'etcd-plain-peer-3.7-2380': ['etcd-peer', 'confirmed', 'confirmed', 'none'],
  'etcd-tls-22379': ['etcd-client', 'confirmed', 'confirmed', 'none'],
  'etcd-tls-peer-22380': ['etcd-peer', 'confirmed', 'confirmed', 'none'],
  'kube-apiserver-6443': ['kube-apiserver', 'confirmed', 'confirmed', 'anonymous-public'],
  'kube-apiserver-cluster-domain-6443': ['kube-apiserver', 'confirmed', 'confirmed', 'anonymous-public'],
  'kube-apiserver-health-only-6443': ['kube-apiserver', 'confirmed', 'confirmed', 'anonymous-health'],
  'kube-apiserver-noanon-443': ['kube-apiserver', 'confirmed', 'confirmed', 'required'],
  'kube-apiserver-noanon-6444': ['kube-apiserver', 'confirmed', 'confirmed', 'required'],
  'kube-controller-manager-1.36-10257': ['kube-controller-manager', 'confirmed', 'confirmed', 'anonymous-health'],
  'kube-controller-manager-10257': ['kube-controller-manager', 'confirmed', 'confirmed', 'anonymous-health'],
  'kube-controller-manager-plain-10252': ['kube-controller-manager', 'probable', 'probable', 'none'],
  'kube-proxy-health-10256': ['kube-proxy-healthz', 'confirmed', 'confirmed', 'none'],
  'kube-proxy-metrics-10249': ['kube-proxy-metrics', 'probable', 'probable', 'none'],
  'kube-scheduler-10259': ['kube-scheduler', 'confirmed', 'confirmed', 'anonymous-health'],
  'kube-scheduler-denied-10259': ['kube-scheduler', 'confirmed', 'confirmed', 'anonymous-health'],
  'kubectl-proxy-8001': ['kubectl-proxy', 'confirmed', 'probable', 'anonymous-full'],
  'kubelet-10250': ['kubelet', 'confirmed', 'confirmed', 'required'],
  'kubelet-healthz-10248': ['kubelet-healthz', 'probable', 'probable', 'none'],
  'kubelet-readonly-10255': ['kubelet-readonly', 'probable', 'probable', 'none'],
};

const captures = readCaptures();

test('all captures are there', () => {
  assert.deepEqual(
    captures.map((capture) => capture.name),
    Object.keys(GOLDEN),
  );
});

for (const { name, whole, cut } of captures) {
  test(`capture ${name}`, () => {
    const [component, wholeGrade, cutGrade, authentication] = GOLDEN[name] ?? [];
    for (const [form, evidence, grade] of [
      ['whole', whole, wholeGrade],
      ['cut', cut, cutGrade],
    ] as const) {
      const verdict = judge(evidence, { now: NOW });
      assert.equal(verdict.component, component, form);
      assert.equal(verdict.grade, grade, form);
      assert.equal(verdict.authentication, authentication, form);
      assert.deepEqual(verdict.honeypot, { grade: 'none', reasons: [] }, form);
      assert.equal(verdict.id, name);
    }
  });
}

test('the API server that tells its version', () => {
  const capture = captures.find(({ name }) => name === 'kube-apiserver-6443');
  assert.ok(capture);
  const verdict = judge(capture.cut, { now: NOW });
  assert.equal(verdict.indicators.certificateName, true);
  assert.equal(verdict.indicators.versionEndpoint, true);
  assert.deepEqual(verdict.version, {
    gitVersion: 'v1.20.2',
    major: 1,
    minor: 20,
    patch: 2,
    source: 'version-endpoint',
    atLeast: null,
    below: null,
  });
  assert.equal(verdict.distribution?.slug, 'vanilla');
  assert.equal(verdict.support, 'end-of-life');
  assert.ok(verdict.ranges.includes('CVE-2021-25735'));
  assert.ok(!verdict.ranges.includes('CVE-2021-25741'), 'a range of the kubelet');
  assert.deepEqual(
    verdict.cluster.keys.map((key) => key.split('-')[0]),
    ['aki', 'pf', 'pf', 'spki'],
  );
});

test('the API server that hides its version gives bounds', () => {
  const capture = captures.find(({ name }) => name === 'kube-apiserver-noanon-6444');
  assert.ok(capture);
  const verdict = judge(capture.cut, { now: NOW });
  assert.equal(verdict.indicators.certificateName, true);
  assert.equal(verdict.indicators.versionEndpoint, false);
  assert.deepEqual(verdict.version, {
    gitVersion: '',
    major: null,
    minor: null,
    patch: null,
    source: 'inferred',
    atLeast: '1.16',
    below: '1.22',
  });
  assert.equal(verdict.support, null);
});

test('etcd behind client certificates was never asked: its version indicator is unknown, not false', () => {
  const capture = captures.find(({ name }) => name === 'etcd-2379');
  assert.ok(capture);
  assert.equal(judge(capture.whole, { now: NOW }).indicators.versionEndpoint, null);
});

test('what is no refusal of its own bounds no version', () => {
  const dnsNames = ['kubernetes', 'kubernetes.default', 'kubernetes.default.svc'];
  const endpoint = { address: '192.0.2.1', port: 6443 };
  const answered = (...requests: EvidenceRequest[]): VersionFacts | null =>
    judge({ endpoint, transport: 'tls', certificate: { dnsNames }, requests }, { now: NOW }).version;
  const busy = raw('/version', '503 Service Unavailable', '', 'no upstream');
  assert.equal(answered(busy), null);
  assert.equal(answered(raw('/version', '429 Too Many Requests', 'Retry-After: 1\r\n', 'later')), null);
  const refusal = raw('/version', '401 Unauthorized', 'Content-Type: application/json\r\n', UNAUTHORIZED_BODY);
  assert.equal(answered(refusal)?.below, '1.19');
  assert.equal(answered(refusal, busy)?.below, '1.19');
});
