// Evidence prepared for the rungs: everything parsed once, everything of the wrong type dropped.
import type { Evidence, EvidenceRequest } from '../feeds/evidence.ts';
import { type Answer, readAnswer } from './answer.ts';
import { type BuildInfo, readVersionBody, type VersionBody } from './build-info.ts';
import { type CertificateView, viewCertificate } from './certificate-view.ts';
import type { VersionSlug } from './data/distributions.ts';
import { plainName } from './distinguished-name-text.ts';
import { type GitVersion, parseGitVersion } from './git-version.ts';
import { shapeOf } from './version-shapes.ts';

export interface Facts {
  readonly port: number | null;
  readonly serverName: string | null;
  /** null: not said and not to be told. */
  readonly transport: 'tls' | 'plain' | null;
  /** RFC 3339: when it was seen, or when it is judged. */
  readonly at: string;
  readonly certificate: CertificateView | null;
  /** Subject DNs of the CertificateRequest in one spelling; null: not readable. */
  readonly clientCas: readonly string[] | null;
  readonly alpn: string | false | null;
  /** Answers with a status, in the order asked. */
  readonly answers: readonly Answer[];
  readonly version: Answer | null;
  readonly versionBody: VersionBody | null;
  /** The build that a 200 on /version states, its version and what shape that has; null when none is stated. */
  readonly build: BuildInfo | null;
  readonly gitVersion: GitVersion | null;
  readonly shape: VersionSlug | null;
  readonly healthz: Answer | null;
  readonly livez: Answer | null;
  readonly health: Answer | null;
  readonly root: Answer | null;
  readonly metrics: Answer | null;
  /** Error codes and ends of requests that got no answer, of the TLS 1.2 attempt, and of the handshake. */
  readonly failures: readonly string[];
  /** The answer to plain HTTP on a TLS port, or null. */
  readonly plainToTls: string | null;
}

/** Requests that are looked at. A probe makes two, a capture five. */
const MAX_REQUESTS = 16;
/** Certificate authorities of a CertificateRequest that are looked at; Kubernetes sends two or three. */
const MAX_CLIENT_CAS = 64;

/** Reads evidence of any origin. Never throws for anything that JSON can hold; `now` (RFC 3339) stands in for a missing observedAt. */
export function gatherFacts(evidence: Evidence, now: string): Facts {
  const given = (typeof evidence === 'object' && evidence !== null ? evidence : {}) as Evidence;
  const certificate = viewCertificate(given);
  const all = readAnswers(given);
  const answers = all.filter((answer) => answer.status !== null);
  const version = at(answers, '/version');
  const versionBody = version?.body == null ? null : readVersionBody(version.body);
  const build = version?.status === 200 && versionBody?.kind === 'kubernetes' ? versionBody.build : null;
  const gitVersion = build === null ? null : parseGitVersion((build.fields.gitVersion ?? '').trim());
  return {
    port: portOf(given),
    serverName: typeof given.serverName === 'string' ? given.serverName.toLowerCase().replace(/\.$/, '') : null,
    transport: transportOf(given, certificate),
    at: typeof given.observedAt === 'string' && /^\d{4}-\d\d-\d\d/.test(given.observedAt) ? given.observedAt : now,
    certificate,
    clientCas: clientCasOf(given),
    alpn: typeof given.tls?.alpn === 'string' || given.tls?.alpn === false ? given.tls.alpn : null,
    answers,
    version,
    versionBody,
    build,
    gitVersion,
    shape: gitVersion === null ? null : shapeOf(gitVersion),
    healthz: at(answers, '/healthz'),
    livez: at(answers, '/livez'),
    health: at(answers, '/health'),
    root: at(answers, '/'),
    metrics: at(answers, '/metrics'),
    failures: failuresOf(given, all),
    plainToTls:
      typeof given.plainHttpToTlsPort?.response === 'string' ? given.plainHttpToTlsPort.response.slice(0, 1024) : null,
  };
}

function readAnswers(evidence: Evidence): readonly Answer[] {
  const requests: unknown = evidence.requests;
  if (!Array.isArray(requests)) return [];
  return requests
    .slice(0, MAX_REQUESTS)
    .filter((request): request is EvidenceRequest => typeof request === 'object' && request !== null)
    .map(readAnswer);
}

function at(answers: readonly Answer[], path: string): Answer | null {
  return answers.find((answer) => answer.path === path) ?? null;
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

function failuresOf(evidence: Evidence, answers: readonly Answer[]): readonly string[] {
  const failures = answers
    .filter((answer) => answer.status === null && answer.end !== null)
    .map((answer) => answer.end ?? '');
  const tls12: unknown = evidence.tls12?.['error'];
  if (typeof tls12 === 'string') failures.push(tls12);
  return failures;
}
