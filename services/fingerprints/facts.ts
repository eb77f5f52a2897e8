// Evidence prepared for the rungs: everything parsed once, everything of the wrong type dropped.
import type { Evidence } from '../feeds/evidence.ts';
import { type AnswerFacts, answersOf, type FlowSchema, type Said } from './answer-facts.ts';
import { type CertificateView, viewCertificate } from './certificate-view.ts';
import { plainName } from './distinguished-name-text.ts';
import { isUtcSeconds } from './utc-time.ts';

export interface Facts extends AnswerFacts {
  readonly port: number | null;
  readonly serverName: string | null;
  /** null: not said and not to be told. */
  readonly transport: 'tls' | 'plain' | null;
  /** RFC 3339: when it was seen, or when it is judged. */
  readonly at: string;
  /** True when the evidence does not say when, so that `at` is when it is judged. */
  readonly atAssumed: boolean;
  /** True when `at` is a plain UTC time (isUtcSeconds), so that it compares by its characters. */
  readonly atUtc: boolean;
  readonly certificate: CertificateView | null;
  /** Subject DNs of the CertificateRequest in one spelling; null: not readable. */
  readonly clientCas: readonly string[] | null;
  /** What the answers alone say: the members that follow are its own. */
  readonly said: Said;
  /** In the order asked. */
  readonly flowSchemas: readonly FlowSchema[];
  /** Error codes and ends of requests that got no answer, of the TLS 1.2 attempt, and of the handshake. */
  readonly failures: readonly string[];
  /** The answer to plain HTTP on a TLS port, or null. */
  readonly plainToTls: string | null;
}

/** Certificate authorities of a CertificateRequest that are looked at; Kubernetes sends two or three. */
const MAX_CLIENT_CAS = 64;

/** Reads evidence of any origin. Never throws for anything that JSON can hold; `now` (RFC 3339) stands in for a missing observedAt. */
export function gatherFacts(evidence: Evidence, now: string): Facts {
  const given = (typeof evidence === 'object' && evidence !== null ? evidence : {}) as Evidence;
  const certificate = viewCertificate(given);
  const flowSchemas: FlowSchema[] = [];
  const said = answersOf(given.requests, flowSchemas);
  const observedAt = timeOf(given);
  const at = observedAt ?? now;
  return {
    port: portOf(given),
    serverName: typeof given.serverName === 'string' ? given.serverName.toLowerCase().replace(/\.$/, '') : null,
    transport: transportOf(given, certificate),
    at,
    atAssumed: observedAt === null,
    atUtc: isUtcSeconds(at),
    certificate,
    clientCas: clientCasOf(given),
    said,
    flowSchemas,
    answers: said.answers,
    heads: said.heads,
    version: said.version,
    versionBody: said.versionBody,
    build: said.build,
    gitVersion: said.gitVersion,
    shape: said.shape,
    healthz: said.healthz,
    livez: said.livez,
    health: said.health,
    root: said.root,
    metrics: said.metrics,
    failures: failuresOf(given, said.unanswered),
    plainToTls:
      typeof given.plainHttpToTlsPort?.response === 'string' ? given.plainHttpToTlsPort.response.slice(0, 1024) : null,
  };
}

function timeOf({ observedAt }: Evidence): string | null {
  return typeof observedAt === 'string' && /^\d{4}-\d\d-\d\d/.test(observedAt) ? observedAt : null;
}

function portOf(evidence: Evidence): number | null {
  // The captures spell it {"port": …} beside the name instead of an endpoint.
  const port: unknown = evidence.endpoint?.port ?? (evidence as { port?: unknown }).port;
  return typeof port === 'number' && Number.isInteger(port) && port > 0 && port < 65_536 ? port : null;
}

function transportOf(evidence: Evidence, certificate: CertificateView | null): 'tls' | 'plain' | null {
  if (evidence.transport === 'tls' || evidence.transport === 'plain') return evidence.transport;
  return certificate !== null || (typeof evidence.tls === 'object' && evidence.tls !== null) ? 'tls' : null;
}

function clientCasOf(evidence: Evidence): readonly string[] | null {
  const given: unknown = evidence.acceptableClientCAs;
  if (!Array.isArray(given)) return null;
  return given
    .slice(0, MAX_CLIENT_CAS)
    .filter((name): name is string => typeof name === 'string')
    .map(plainName);
}

function failuresOf(evidence: Evidence, unanswered: readonly string[]): readonly string[] {
  const tls12: unknown = evidence.tls12?.['error'];
  return typeof tls12 === 'string' ? [...unanswered, tls12] : unanswered;
}
