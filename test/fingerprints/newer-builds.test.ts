// Builds of vendors of 1.33 and later in the body that these print: each named, and none of them suspected.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judge } from '../../services/fingerprints/match.ts';
import { FIELDS_1_37, raw, versionBody } from './host-forms.ts';
import { NOW } from './labelled.ts';

const HEAD =
  'Audit-Id: 0d9c9dc7-5d70-4b22-a73c-3a4b5c6d7e8f\r\nCache-Control: no-cache, private\r\nContent-Type: application/json\r\n' +
  'X-Kubernetes-Pf-Flowschema-Uid: 3c773d03-be1a-4aad-a3a2-0bd94e102e91\r\nX-Kubernetes-Pf-Prioritylevel-Uid: cab9526e-163c-4ece-a5e8-2aef5f2840f9\r\n';

const BUILDS: readonly (readonly [
  slug: string,
  gitVersion: string,
  minor: string,
  goVersion: string,
  buildDate: string,
])[] = [
  ['vanilla', 'v1.36.3', '36', 'go1.26.5', '2026-07-22T10:00:00Z'],
  ['eks', 'v1.35.2-eks-3a10415', '35+', 'go1.25.7', '2026-05-20T10:00:00Z'],
  ['eks', 'v1.33.4-eks-1-33-12', '33+', 'go1.24.6', '2025-10-01T10:00:00Z'],
  ['gke', 'v1.36.0-gke.1379000', '36', 'go1.26.1 X:boringcrypto', '2026-06-20T10:00:00Z'],
  ['k3s', 'v1.36.4+k3s1', '36', 'go1.26.6', '2026-08-20T10:00:00Z'],
  ['rke2', 'v1.36.1+rke2r1', '36', 'go1.26.2 X:boringcrypto', '2026-05-25T10:00:00Z'],
  ['rke2', 'v1.36.1-rc1+rke2r1', '36+', 'go1.26.2', '2026-06-01T10:00:00Z'],
  [
    'openshift',
    'v1.33.5+9f8e7d6',
    '33',
    'go1.24.6 (Red Hat 1.24.6-1.el9_6) X:strictfipsruntime',
    '2025-11-01T10:00:00Z',
  ],
  ['k0s', 'v1.35.3+k0s', '35', 'go1.25.8', '2026-04-01T10:00:00Z'],
  ['ack', 'v1.36.1-aliyun.1', '36+', 'go1.26.2', '2026-07-01T10:00:00Z'],
  ['tke', 'v1.34.1-tke.3', '34+', 'go1.24.6', '2025-11-01T10:00:00Z'],
  ['cce', 'v1.33.1-r0-33.0.2', '33+', 'go1.24.3', '2025-09-01T10:00:00Z'],
  ['tkg', 'v1.34.2+vmware.2', '34', 'go1.24.9', '2025-12-01T10:00:00Z'],
  ['tkg', 'v1.33.3+vmware.1-fips', '33', 'go1.24.5', '2025-09-01T10:00:00Z'],
  ['iks', 'v1.34.2+IKS', '34', 'go1.24.9', '2025-12-01T10:00:00Z'],
  ['kcp', 'v1.34.2+kcp-v0.30.0', '34', 'go1.24.9', '2026-02-01T10:00:00Z'],
  ['prerelease', 'v1.38.0-alpha.2', '38+', 'go1.27.1', '2026-11-10T10:00:00Z'],
];

for (const [slug, gitVersion, minor, goVersion, buildDate] of BUILDS) {
  test(`${gitVersion} is ${slug}`, () => {
    const number = Number.parseInt(minor, 10);
    const body = versionBody({
      ...FIELDS_1_37,
      minor,
      emulationMinor: String(number),
      minCompatibilityMinor: String(number - 1),
      gitVersion,
      buildDate,
      goVersion,
    });
    const requests = [raw('/version', '200 OK', HEAD, body)];
    const verdict = judge({ endpoint: { address: '', port: 443 }, transport: 'tls', requests }, { now: NOW });
    assert.deepEqual([verdict.component, verdict.grade], ['kube-apiserver', 'confirmed']);
    assert.deepEqual([verdict.distribution?.slug, verdict.distribution?.by], [slug, 'version']);
    assert.deepEqual([verdict.version?.gitVersion, verdict.version?.minor], [gitVersion, number]);
    assert.deepEqual(verdict.honeypot, { grade: 'none', reasons: [] });
  });
}
