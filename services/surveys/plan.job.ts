// Turns candidates into the chunks of a survey: ports, names resolved once, policy, one target per endpoint, seeded order.
import type { Kysely } from 'kysely';
import { type CandidateRow, candidatesOf } from '../candidates/candidate.store.ts';
import type { Policy } from '../candidates/policy.ts';
import type { Resolver } from '../candidates/resolve.ts';
import type { Clock } from '../platform/clock.ts';
import type { DB } from '../platform/db/schema.ts';
import { parseAddress } from '../platform/net/address.ts';
import { storeChunks } from './chunk.store.ts';
import { cutChunks } from './chunk.ts';
import { type EvidenceRow, evidenceOf } from './evidence.store.ts';
import { sampled } from './order.ts';
import { findPlan } from './survey.store.ts';
import type { SurveyPlan, SurveyTarget } from './survey.ts';

/** Names resolved at once: a resolver of one's own stands this; more gains nothing. */
const RESOLVING_AT_ONCE = 64;
/** Names kept per endpoint: shared hosting has thousands; one is used, the rest are provenance in sightings. */
const FLAG_MANY_NAMES = 'many_names';

export interface PlanContext {
  readonly db: Kysely<DB>;
  readonly now: Clock;
  /** Policy with the survey's scope. */
  readonly policy: Policy;
  readonly resolver: Resolver;
  readonly chunkSize: number;
}

/**
 * Plans a survey that is 'planning'; planning again after a crash starts over and leaves one plan. Nothing is dialled but resolvers.
 * Returns false when the survey was planned before.
 */
export async function plan(id: string, context: PlanContext): Promise<boolean> {
  const survey = await findPlan(context.db, id);
  if (survey === null) return false;
  const targets = new Targets(context.policy);
  if (survey.method === 'passive') {
    for await (const page of evidenceOf(context.db, survey.feeds))
      for (const row of page) addEvidence(targets, row, survey, context.policy);
  } else {
    for await (const page of candidatesOf(context.db, survey.feeds))
      await addCandidates(targets, page, survey, context);
  }
  const chunks = cutChunks(targets.list(), survey.seed, context.chunkSize);
  return storeChunks(context.db, id, chunks, targets.excludedBy(), context.now());
}

/** Targets by endpoint, with what was excluded, each endpoint once. */
class Targets {
  readonly #policy: Policy;
  readonly #byEndpoint = new Map<string, { target: SurveyTarget; seen: number }>();
  readonly #excluded = new Map<string, string>();

  constructor(policy: Policy) {
    this.#policy = policy;
  }

  /**
   * Adds one endpoint unless policy forbids it; a second candidate of the same endpoint adds its feeds. The candidate that was `seen` later
   * is the target's own (milliseconds; equal ones: the first).
   */
  add(target: SurveyTarget, seen = 0): void {
    const address = target.address === null ? null : parseAddress(target.address);
    const key = `${address?.text ?? `name ${target.host}`} ${target.port}`;
    if (target.address !== null) {
      const decision =
        address === null ? ({ allowed: false, reason: 'bad_address' } as const) : this.#policy.decide(address);
      if (!decision.allowed) {
        this.exclude(key, decision.reason);
        return;
      }
    }
    const canonical = address === null ? target : { ...target, address: address.text };
    const known = this.#byEndpoint.get(key);
    if (known === undefined) this.#byEndpoint.set(key, { target: canonical, seen });
    else if (seen > known.seen) this.#byEndpoint.set(key, { target: merge(canonical, known.target), seen });
    else known.target = merge(known.target, canonical);
  }

  exclude(key: string, reason: string): void {
    this.#excluded.set(key, reason);
  }

  /** How many endpoints, or candidates without one, were left out for each reason. */
  excludedBy(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const reason of this.#excluded.values()) counts[reason] = (counts[reason] ?? 0) + 1;
    return counts;
  }

  list(): SurveyTarget[] {
    return [...this.#byEndpoint.values()].map(({ target }) => target);
  }
}

/** Candidates come in key order, so that the first name of an endpoint is the same in every plan of the same candidates. */
function merge(known: SurveyTarget, other: SurveyTarget): SurveyTarget {
  const feeds = [...new Set([...known.feeds, ...other.feeds])].sort();
  const manyNames = known.serverName !== null && other.serverName !== null && known.serverName !== other.serverName;
  const flags = [...new Set([...known.flags, ...other.flags, ...(manyNames ? [FLAG_MANY_NAMES] : [])])].sort();
  return { ...known, serverName: known.serverName ?? other.serverName, feeds, flags };
}

async function addCandidates(
  targets: Targets,
  page: readonly CandidateRow[],
  survey: SurveyPlan,
  context: PlanContext,
): Promise<void> {
  const drawn = page.filter((row) => survey.sample === null || sampled(survey.seed, row.key, survey.sample));
  for (let start = 0; start < drawn.length; start += RESOLVING_AT_ONCE) {
    const slice = drawn.slice(start, start + RESOLVING_AT_ONCE);
    const resolved = await Promise.all(
      slice.map((row) =>
        row.kind === 'name' && context.policy.decideName(row.host).allowed ? context.resolver.resolve(row.host) : null,
      ),
    );
    for (const [index, row] of slice.entries()) addCandidate(targets, row, resolved[index] ?? null, survey);
  }
}

function addCandidate(
  targets: Targets,
  row: CandidateRow,
  resolution: Awaited<ReturnType<Resolver['resolve']>> | null,
  survey: SurveyPlan,
): void {
  if (row.port !== null && survey.portsOnly && !survey.ports.includes(row.port)) {
    targets.exclude(row.key, 'port_not_chosen');
    return;
  }
  const common = { candidateId: row.id, host: row.host, feeds: row.feeds, evidenceFeed: null };
  const ports = row.port === null ? survey.ports : [row.port];
  if (row.kind === 'name' && resolution === null) {
    targets.exclude(row.key, 'opted_out');
    return;
  }
  if (resolution === null) {
    for (const port of ports)
      targets.add({ ...common, address: row.host, port, serverName: null, flags: [], outcome: null });
  } else if (resolution.outcome !== null) {
    targets.add({
      ...common,
      address: null,
      port: ports[0] as number,
      serverName: row.host,
      flags: resolution.flags,
      outcome: resolution.outcome,
    });
  } else {
    for (const address of resolution.addresses) {
      for (const port of ports)
        targets.add({
          ...common,
          address: address.text,
          port,
          serverName: row.host,
          flags: resolution.flags,
          outcome: null,
        });
    }
  }
}

function addEvidence(targets: Targets, row: EvidenceRow, survey: SurveyPlan, policy: Policy): void {
  if (survey.sample !== null && !sampled(survey.seed, row.key, survey.sample)) return;
  if (row.kind === 'name' && !policy.decideName(row.host).allowed) {
    targets.exclude(row.key, 'opted_out');
    return;
  }
  if (row.port === null) {
    targets.exclude(row.key, 'no_port');
    return;
  }
  if (survey.portsOnly && !survey.ports.includes(row.port)) {
    targets.exclude(row.key, 'port_not_chosen');
    return;
  }
  const target = {
    candidateId: row.id,
    host: row.host,
    address: row.kind === 'address' ? row.host : row.address,
    port: row.port,
    serverName: row.kind === 'name' ? row.host : null,
    feeds: [row.feed],
    flags: [],
    outcome: null,
    evidenceFeed: row.feed,
  };
  targets.add(target, row.observedAt.getTime());
}
