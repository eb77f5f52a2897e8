// Made-up observations of the size and variety that a survey gives.
import { createHash } from 'node:crypto';
import type { Verdict } from '../../services/fingerprints/verdict.ts';
import type { Observation } from '../../services/observations/observation.ts';

const VERSIONS = 400;
const COUNTRIES = ['US', 'DE', 'CN', 'FR', 'SG', 'IN', 'BR', 'JP'];
const RUNGS = ['issuer', 'subject', 'acceptableCa', 'statusBody', 'headerSet', 'versionSchema', 'healthz', 'alpn'];

/** The i-th observation: a third disclose a version, a third ask for credentials, a third are no Kubernetes. */
export function madeUpObservation(i: number, at: Date): Observation {
  const kind = (['k8s_version_open', 'k8s_auth_required', 'tcp_timeout'] as const)[i % 3]!;
  const answered = kind !== 'tcp_timeout';
  const sha256 = createHash('sha256').update(`certificate ${i}`).digest('hex');
  return {
    host: `10.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}`,
    address: `10.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}`,
    port: 6443,
    serverName: null,
    feeds: i % 4 === 0 ? ['ct', 'censys'] : ['ct'],
    evidenceFeed: null,
    observedAt: at,
    method: 'active',
    outcome: kind,
    wire: {
      phase: 'done',
      alert: null,
      detail: null,
      ms: { connect: 12.5, tls: 30.25, http: 40, total: 82.75 },
      bytesIn: 4096,
    },
    verdict: verdictOf(i, kind),
    certificate: answered
      ? {
          sha256,
          spkiSha256: sha256,
          subject: 'O=kubernetes,CN=kube-apiserver',
          issuer: 'CN=kubernetes',
          dnsNames: [
            'kubernetes',
            'kubernetes.default',
            'kubernetes.default.svc',
            'kubernetes.default.svc.cluster.local',
            `node-${i}`,
          ],
          ipAddresses: ['10.96.0.1', `10.0.${(i >> 8) & 255}.${i & 255}`],
          notBefore: '2026-01-01T00:00:00Z',
          notAfter: '2027-01-01T00:00:00Z',
        }
      : null,
    country: COUNTRIES[i % COUNTRIES.length]!,
    asn: 64512 + (i % 500),
    evidenceDigest: sha256,
    bodyDigest: answered ? sha256 : null,
    flags: i % 10 === 0 ? ['many_names'] : [],
  };
}

function verdictOf(i: number, kind: string): Verdict {
  const open = kind === 'k8s_version_open';
  const answered = kind !== 'tcp_timeout';
  const minor = 20 + (i % 14);
  const indicators = Object.fromEntries(RUNGS.map((rung, n) => [rung, answered ? (i + n) % 2 === 0 : null]));
  return {
    id: null,
    component: answered ? 'kube-apiserver' : null,
    grade: answered ? 'confirmed' : 'not',
    indicators: { certificateName: answered ? true : null, versionEndpoint: answered ? open : null, ...indicators },
    rungs: [],
    authentication: answered ? (open ? 'anonymous-public' : 'required') : null,
    version: open
      ? {
          gitVersion: `v1.${minor}.${i % VERSIONS}`,
          major: 1,
          minor,
          patch: i % VERSIONS,
          source: 'version-endpoint',
          atLeast: null,
          below: null,
        }
      : null,
    distribution: open ? { slug: 'vanilla', name: 'vanilla', by: 'version' } : null,
    support: open ? 'end-of-life' : null,
    ranges: open ? ['CVE-2023-2728', 'CVE-2023-2727'] : [],
    honeypot: { grade: 'none', reasons: [] },
    cluster: {
      keys: answered
        ? [
            createHash('sha256')
              .update(`cluster ${i >> 2}`)
              .digest('hex')
              .slice(0, 32),
          ]
        : [],
    },
    flags: [],
    advice: open ? ['restrict-api-server', 'upgrade'] : [],
  };
}
