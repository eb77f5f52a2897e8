// Rows for the lab's engines: every third endpoint hides its version, every tenth speaks plainly.
import type { LabRow } from '../../../services/lab/engines/row.ts';

export const SAN = 'kubernetes.default.svc.cluster.local';

export function rowsOf(count: number): LabRow[] {
  return Array.from({ length: count }, (_, i) => {
    const hides = i % 3 === 0;
    const body = JSON.stringify(
      hides
        ? {
            kind: 'Status',
            apiVersion: 'v1',
            status: 'Failure',
            message: 'Unauthorized',
            reason: 'Unauthorized',
            code: 401,
          }
        : {
            major: '1',
            minor: '31',
            gitVersion: `v1.31.${i % 5}`,
            gitCommit: '4ef4b0d8b4c1f2e3d4c5b6a79889706f5e4d3c2b',
            gitTreeState: 'clean',
            buildDate: '2024-12-01T10:00:00Z',
            goVersion: 'go1.22.9',
            compiler: 'gc',
            platform: 'linux/amd64',
          },
    );
    return {
      address: `198.${18 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}`,
      port: 6443,
      name: i % 2 === 0 ? `api.cluster${i}.example` : null,
      seenAt: '2026-11-21T10:00:00Z',
      certificate:
        i % 10 === 9
          ? null
          : {
              subject: 'kube-apiserver',
              issuer: 'kubernetes',
              dnsNames: ['kubernetes', 'kubernetes.default', SAN],
              ipAddresses: ['10.96.0.1'],
              sha256: i.toString(16).padStart(64, '0'),
              notBefore: '2026-01-01T00:00:00Z',
              notAfter: '2027-01-01T00:00:00Z',
            },
      answer: {
        path: hides ? '/' : '/version',
        status: hides ? 401 : 200,
        headers: { 'Content-Type': 'application/json', 'Audit-Id': '5f0c6d1e-8f5b-4c1e-9d55-0a3c2d1b7e60' },
        body,
      },
      gitVersion: hides ? null : `v1.31.${i % 5}`,
      country: i % 4 === 0 ? 'NO' : 'DE',
    };
  });
}
