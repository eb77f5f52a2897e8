// Evidence prepared for the rungs: everything parsed once, everything of the wrong type dropped.
import type { Evidence, EvidenceRequest } from '../feeds/evidence.ts';
import { type Answer, readAnswer } from './answer.ts';
import { type BuildInfo, readVersionBody, type VersionBody } from './build-info.ts';
import { type CertificateView, viewCertificate } from './certificate-view.ts';
import type { VersionSlug } from './data/distributions.ts';
import { plainName } from './distinguished-name-text.ts';
import type { GitVersion } from './git-version.ts';
import { isUtcSeconds } from './utc-time.ts';

export interface Facts {
  readonly port: number | null;
  readonly serverName: string | null;
  /** null: not said and not to be told. */
  readonly transport: 'tls' | 'plain' | null;
  /** RFC 3339: when it was seen, or when it is judged. */
  readonly at: string;
  /** True when `at` is a plain UTC time (isUtcSeconds), so that it compares by its characters. */
  readonly atUtc: boolean;
  readonly certificate: CertificateView | null;
  /** Subject DNs of the CertificateRequest in one spelling; null: not readable. */
  readonly clientCas: readonly string[] | null;
  /** Answers with a status, in the order asked. */
  readonly answers: readonly Answer[];
  /** Those of `answers` whose head was seen. */
  readonly heads: readonly Answer[];
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
  const answers = withStatus(all);
  const at = timeOf(given) ?? now;
  const version = answerTo(answers, '/version');
  const versionBody = version?.body == null ? null : readVersionBody(version.body);
  const build = version?.status === 200 && versionBody?.kind === 'kubernetes' ? versionBody.build : null;
  return {
    port: portOf(given),
    serverName: typeof given.serverName === 'string' ? given.serverName.toLowerCase().replace(/\.$/, '') : null,
    transport: transportOf(given, certificate),
    at,
    atUtc: isUtcSeconds(at),
    certificate,
    clientCas: clientCasOf(given),
    answers,
    heads: withHead(answers),
    version,
    versionBody,
    build,
    gitVersion: build?.version ?? null,
    shape: build?.shape ?? null,
    healthz: answerTo(answers, '/healthz'),
    livez: answerTo(answers, '/livez'),
    health: answerTo(answers, '/health'),
    root: answerTo(answers, '/'),
    metrics: answerTo(answers, '/metrics'),
    failures: failuresOf(given, all),
    plainToTls:
      typeof given.plainHttpToTlsPort?.response === 'string' ? given.plainHttpToTlsPort.response.slice(0, 1024) : null,
  };
}

function readAnswers(evidence: Evidence): readonly Answer[] {
  const requests: unknown = evidence.requests;
  if (!Array.isArray(requests)) return NONE;
  const answers: Answer[] = [];
  for (let i = 0; i < requests.length && i < MAX_REQUESTS; i++) {
    const request: unknown = requests[i];
    if (typeof request === 'object' && request !== null) answers.push(readAnswer(request as EvidenceRequest));
  }
  return answers;
}

const NONE: readonly never[] = [];

/** The answers themselves where all have a status, as nearly always. */
function withStatus(answers: readonly Answer[]): readonly Answer[] {
  for (const { status } of answers) if (status === null) return answers.filter((answer) => answer.status !== null);
  return answers;
}

function withHead(answers: readonly Answer[]): readonly Answer[] {
  for (const { head } of answers) if (head === null) return answers.filter((answer) => answer.head !== null);
  return answers;
}

function answerTo(answers: readonly Answer[], path: string): Answer | null {
  for (const answer of answers) if (answer.path === path) return answer;
  return null;
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

function failuresOf(evidence: Evidence, answers: readonly Answer[]): readonly string[] {
  let failures: string[] | null = null;
  for (const { status, end } of answers) {
    if (status !== null || end === null) continue;
    failures ??= [];
    failures.push(end);
  }
  const tls12: unknown = evidence.tls12?.['error'];
  if (typeof tls12 === 'string') return [...(failures ?? NONE), tls12];
  return failures ?? NONE;
}
