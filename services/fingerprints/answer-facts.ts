// What an endpoint's answers say, whatever its certificate: read once for all endpoints that answered alike.
import type { EvidenceRequest } from '../feeds/evidence.ts';
import { type Answer, hasUuid, headerOf, readAnswer } from './answer.ts';
import { type BuildInfo, readVersionBody, type VersionBody } from './build-info.ts';
import type { VersionSlug } from './data/distributions.ts';
import type { GitVersion } from './git-version.ts';
import { shareAnswer } from './shared-answers.ts';

export interface AnswerFacts {
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
}

/** The same, with what few ask for. */
export interface Said extends AnswerFacts {
  /** Error codes and ends of requests that got no answer. */
  readonly unanswered: readonly string[];
  /** True when other endpoints may have this very object: what follows from it alone is worth remembering. */
  readonly shared: boolean;
}

/** The UID of a priority and fairness header, and the path that it was sent for. */
export interface FlowSchema {
  readonly path: string;
  readonly uid: string;
}

/** Requests that are looked at. A probe makes two, a capture five. */
const MAX_REQUESTS = 16;
/** Lists of shared answers whose facts are kept, as many as answers; then all are forgotten and the next ones kept. */
const MAX_LISTS = 8192;

const FLOW_SCHEMA = 'x-kubernetes-pf-flowschema-uid';
const NONE: readonly never[] = [];

/** A list of shared answers, and those that are longer by one. */
class List {
  readonly answers: readonly Answer[];
  readonly longer = new Map<Answer, List>();
  #facts: Said | null = null;

  constructor(answers: readonly Answer[]) {
    this.answers = answers;
  }

  get facts(): Said {
    this.#facts ??= factsOf(this.answers, true);
    return this.#facts;
  }

  with(answer: Answer): List {
    let list = this.longer.get(answer);
    if (list !== undefined) return list;
    list = new List([...this.answers, answer]);
    if (lists++ < MAX_LISTS) this.longer.set(answer, list);
    else {
      empty = new List(NONE);
      lists = 0;
    }
    return list;
  }
}

let empty = new List(NONE);
let lists = 0;

/**
 * Reads the requests of evidence: the facts, and into `flowSchemas` what facts that are shared do not tell. Never throws for anything that JSON can hold.
 */
export function answersOf(requests: unknown, flowSchemas: FlowSchema[]): Said {
  if (!Array.isArray(requests)) return empty.facts;
  let list = empty;
  for (let at = 0; at < requests.length && at < MAX_REQUESTS; at++) {
    const request: unknown = requests[at];
    if (typeof request !== 'object' || request === null) continue;
    const { path, response, end } = request as { readonly [key in 'path' | 'response' | 'end']?: unknown };
    const shared =
      typeof path === 'string' && typeof response === 'string'
        ? shareAnswer(path, response, typeof end === 'string' ? end : null)
        : null;
    if (shared === null) return ownFacts(requests, flowSchemas);
    if (shared.flowSchema !== null) flowSchemas.push({ path: shared.answer.path, uid: shared.flowSchema });
    list = list.with(shared.answer);
  }
  return list.facts;
}

/** Facts of answers of which one at least is not shared. */
function ownFacts(requests: readonly unknown[], flowSchemas: FlowSchema[]): Said {
  const answers: Answer[] = [];
  for (const request of requests.slice(0, MAX_REQUESTS))
    if (typeof request === 'object' && request !== null) answers.push(readAnswer(request as EvidenceRequest));
  const facts = factsOf(answers, false);
  flowSchemas.length = 0;
  for (const answer of facts.heads)
    if (hasUuid(answer, FLOW_SCHEMA)) flowSchemas.push({ path: answer.path, uid: headerOf(answer, FLOW_SCHEMA)! });
  return facts;
}

function factsOf(all: readonly Answer[], shared: boolean): Said {
  const answers = withStatus(all);
  const version = answerTo(answers, '/version');
  const versionBody = version?.body == null ? null : readVersionBody(version.body);
  const build = version?.status === 200 && versionBody?.kind === 'kubernetes' ? versionBody.build : null;
  return {
    shared,
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
    unanswered: unansweredOf(all),
  };
}

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

function unansweredOf(answers: readonly Answer[]): readonly string[] {
  return answers.flatMap(({ status, end }): readonly string[] => (status === null && end !== null ? [end] : NONE));
}
