// The immutable fact: survey, endpoint, when, outcome, verdict, evidence digest.
import { createHash } from 'node:crypto';
import type { Evidence } from '../feeds/evidence.ts';
import type { CertificateFacts } from '../feeds/x509/certificate.ts';
import type { Verdict } from '../fingerprints/verdict.ts';
import type { Outcome } from '../probes/outcome.ts';
import type { ProbeResult } from '../probes/probe.ts';

/** The leaf certificate as stored. An engine that parsed it gives no key hash. */
export type Leaf = Pick<
  CertificateFacts,
  'sha256' | 'subject' | 'issuer' | 'dnsNames' | 'ipAddresses' | 'notBefore' | 'notAfter'
> & {
  readonly spkiSha256: string | null;
};

export interface Observation {
  readonly host: string;
  readonly address: string | null;
  readonly port: number;
  readonly serverName: string | null;
  readonly feeds: readonly string[];
  readonly evidenceFeed: string | null;
  readonly observedAt: Date;
  readonly method: 'active' | 'passive';
  readonly outcome: Outcome;
  readonly wire: Pick<ProbeResult, 'phase' | 'alert' | 'detail' | 'ms' | 'bytesIn'> | null;
  readonly verdict: Verdict;
  readonly certificate: Leaf | null;
  readonly country: string | null;
  readonly asn: number | null;
  readonly evidenceDigest: string;
  /** Over the bodies alone: equal where two endpoints answered the same (body-digest.ts). null: no body was seen. */
  readonly bodyDigest: string | null;
  readonly flags: readonly string[];
}

/** One endpoint as a survey saw it. */
export interface ObservedEndpoint {
  readonly address: string | null;
  readonly host: string;
  readonly port: number;
  readonly outcome: string;
  readonly component: string | null;
  readonly grade: string;
  readonly certificateName: boolean | null;
  readonly versionEndpoint: boolean | null;
  readonly gitVersion: string | null;
  readonly distribution: string | null;
  readonly authentication: string | null;
}

/** Authentication modes in which a Kubernetes endpoint keeps its version to itself but asks for credentials. */
const ASKS = new Set(['required', 'anonymous-denied', 'anonymous-health', 'client-certificate']);

/**
 * The outcome of evidence whose wire side went well: what the verdict makes of the answer. `wire` wins where the connection
 * itself decided (docs/method.md lists the words).
 */
export function outcomeOf(wire: Outcome | null, verdict: Verdict): Outcome {
  if (wire !== null) return wire;
  if (verdict.indicators.versionEndpoint === true) return 'k8s_version_open';
  if (verdict.flags.includes('invalid_version_body')) return 'k8s_invalid_version';
  const recognised = verdict.component !== null && verdict.component !== 'other' && verdict.grade !== 'not';
  if (!recognised) return 'not_kubernetes';
  return verdict.authentication !== null && ASKS.has(verdict.authentication) ? 'k8s_auth_required' : 'k8s_component';
}

/** SHA-256 over the evidence as JSON, lower-case hex: two observations with one digest saw the same bytes. */
export function digestOf(evidence: Evidence): string {
  return createHash('sha256').update(JSON.stringify(evidence)).digest('hex');
}
