// Turns candidates into the chunks of a survey: ports, names resolved once, policy, one target per endpoint, seeded order.
import type { Kysely } from 'kysely';
import { type CandidateRow, candidatesOf } from '../candidates/candidate.store.ts';
import type { Policy } from '../candidates/policy.ts';
import type { Resolver } from '../candidates/resolve.ts';
import { openScratch } from '../feeds/scratch.feed.ts';
import type { Clock } from '../platform/clock.ts';
import type { DB } from '../platform/db/schema.ts';
import { parseAddress } from '../platform/net/address.ts';
import { storeChunks } from './chunk.store.ts';
import { ChunkCutter } from './chunk.ts';
import { boundCrowds, FLAG_MANY_PORTS } from './crowds.ts';
import { type EvidenceRow, evidenceOf } from './evidence.store.ts';
import { sampled } from './order.ts';
import { RESTING, restingAmong } from './resting.store.ts';
import { SortedTargets } from './sorted-targets.ts';
import { findPlan } from './survey.store.ts';
import type { SurveyPlan, SurveyTarget } from './survey.ts';

/** Names resolved at once: a resolver of one's own stands this; more gains nothing. */
const RESOLVING_AT_ONCE = 64;

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
  const scratch = await openScratch();
  try {
    const sorted = new SortedTargets(scratch, survey.seed);
    const targets = new Targets(sorted, context.policy);
    if (survey.method === 'passive') {
      for await (const page of evidenceOf(context.db, survey.feeds))
        for (const row of page) await addEvidence(targets, row, survey, context.policy);
    } else {
      for await (const page of candidatesOf(context.db, survey.feeds))
        await addCandidates(targets, page, survey, context);
    }
    const excludedBy: Record<string, number> = {};
    const chunks = chunksOf(sorted, survey, context, excludedBy);
    return await storeChunks(context.db, id, chunks, excludedBy, context.now());
  } finally {
    await scratch.close();
  }
}

/** The chunks of all targets in their order. How many endpoints, or candidates without one, were left out is counted on the way. */
async function* chunksOf(
  sorted: SortedTargets,
  { seed, method }: SurveyPlan,
  { db, now, chunkSize }: PlanContext,
  excludedBy: Record<string, number>,
): AsyncGenerator<readonly SurveyTarget[], void, void> {
  const cutter = new ChunkCutter<SurveyTarget>(seed, chunkSize);
  for await (const { targets, excluded } of sorted.parts()) {
    // Evidence of feeds costs no packet: only who would be dialled may rest.
    const resting = method === 'active' ? await restingAmong(db, targets, now()) : NONE;
    const { kept, left } = boundCrowds(targets.filter((target) => !resting.has(target)));
    const reasons = [...excluded.values(), ...left.map(() => FLAG_MANY_PORTS), ...Array.from(resting, () => RESTING)];
    for (const reason of reasons) excludedBy[reason] = (excludedBy[reason] ?? 0) + 1;
    yield* cutter.cut(kept);
  }
  yield* cutter.rest();
}

const NONE: ReadonlySet<SurveyTarget> = new Set();

/** What policy lets pass, each endpoint under one key. */
class Targets {
  readonly #policy: Policy;
  readonly #sorted: SortedTargets;

  constructor(sorted: SortedTargets, policy: Policy) {
    this.#sorted = sorted;
    this.#policy = policy;
  }

  /** Adds one endpoint unless policy forbids it; `seen` in milliseconds, where the latest candidate of an endpoint is to win. */
  add(target: SurveyTarget, seen = 0): Promise<void> {
    const address = target.address === null ? null : parseAddress(target.address);
    const key = `${address?.text ?? `name ${target.host}`} ${target.port}`;
    if (target.address !== null) {
      const decision =
        address === null ? ({ allowed: false, reason: 'bad_address' } as const) : this.#policy.decide(address);
      if (!decision.allowed) return this.exclude(key, decision.reason);
    }
    return this.#sorted.add(key, address === null ? target : { ...target, address: address.text }, seen);
  }

  exclude(key: string, reason: string): Promise<void> {
    return this.#sorted.exclude(key, reason);
  }
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
    for (const [index, row] of slice.entries()) await addCandidate(targets, row, resolved[index] ?? null, survey);
  }
}

async function addCandidate(
  targets: Targets,
  row: CandidateRow,
  resolution: Awaited<ReturnType<Resolver['resolve']>> | null,
  survey: SurveyPlan,
): Promise<void> {
  if (row.port !== null && survey.portsOnly && !survey.ports.includes(row.port)) {
    await targets.exclude(row.key, 'port_not_chosen');
    return;
  }
  const common = { candidateId: row.id, host: row.host, feeds: row.feeds, evidenceFeed: null };
  const ports = row.port === null ? survey.ports : [row.port];
  if (row.kind === 'name' && resolution === null) {
    await targets.exclude(row.key, 'opted_out');
    return;
  }
  if (resolution === null) {
    for (const port of ports)
      await targets.add({ ...common, address: row.host, port, serverName: null, flags: [], outcome: null });
  } else if (resolution.outcome !== null) {
    await targets.add({
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
        await targets.add({
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

/** Further than any two times of evidence lie apart: when a run brought evidence says nothing of its age, so that any that is dated wins over it. */
const UNDATED_BEHIND_MS = 200 * 365 * 86_400_000;

async function addEvidence(targets: Targets, row: EvidenceRow, survey: SurveyPlan, policy: Policy): Promise<void> {
  if (survey.sample !== null && !sampled(survey.seed, row.key, survey.sample)) return;
  if (row.kind === 'name' && !policy.decideName(row.host).allowed) {
    await targets.exclude(row.key, 'opted_out');
    return;
  }
  if (row.port === null) {
    await targets.exclude(row.key, 'no_port');
    return;
  }
  if (survey.portsOnly && !survey.ports.includes(row.port)) {
    await targets.exclude(row.key, 'port_not_chosen');
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
  await targets.add(target, row.observedAt.getTime() - (row.isDated ? 0 : UNDATED_BEHIND_MS));
}
