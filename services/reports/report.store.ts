// Reads what the headline report is made of: survey, rollups, the two indicators per unit, feed runs, tallies.
import type { Kysely } from 'kysely';
import type { DB } from '../platform/db/schema.ts';
import { KubecensusError } from '../platform/errors.ts';
import type { SurveySummary } from '../rollups/headline.ts';
import type { HeadlineJump } from '../rollups/headline-jump.ts';
import { LAG_HOURS, sightingOverlaps, surveyOverlaps } from '../rollups/overlap.store.ts';
import type { Dimension, Unit } from '../rollups/rollup.ts';
import { surveySummary } from '../rollups/summary.store.ts';
import { surveyBrakes } from '../surveys/brake.store.ts';
import { quarantinedChunks } from '../surveys/chunk-start.store.ts';
import { listSurveys, requireObservations } from '../surveys/survey.store.ts';
import { earlierSurvey, readDifferences, readFlows, readSurvival, readVersionPairs } from './change.store.ts';
import type { ChangeData } from './change-data.ts';
import type { FeedsData } from './feeds-data.ts';
import type { FeedRunFacts, GeoSource, HeadlineData, Rollup, SurveyFacts, TallyFacts } from './headline-data.ts';
import { readOwned, requireOwner } from './owner.store.ts';
import type { OwnerData } from './owner-data.ts';

export interface HeadlineRequest {
  readonly surveyId: string;
  /** An earlier survey whose headline stands beside; null for none. */
  readonly compareId: string | null;
  /** RFC 3339. */
  readonly generatedAt: string;
  readonly codeVersion: string;
  readonly geo: readonly GeoSource[];
  /** For whom an owner's report is; null for every other report. */
  readonly owner: string | null;
  /** The name of the network that an address lies in, or null when no source names it. */
  readonly networkName: (address: string) => string | null;
}

/**
 * Everything the headline report says, read in one repeatable-read snapshot, so that its numbers agree with each other while
 * a survey or an import goes on. Throws KC_NO_SURVEY when either survey does not exist. Reads only.
 */
export function readHeadlineData(db: Kysely<DB>, request: HeadlineRequest): Promise<HeadlineData> {
  return inSnapshot(db, (snapshot) => headlineData(snapshot, request));
}

/** Everything the report on feeds says; the rest as for the headline report. */
export function readFeedsData(db: Kysely<DB>, request: HeadlineRequest): Promise<FeedsData> {
  return inSnapshot(db, async (snapshot) => {
    const data = await headlineData(snapshot, request);
    const to = new Date(data.survey.createdAt);
    const window = { from: new Date(to.getTime() - LAG_HOURS * 3_600_000), to };
    const overlaps = await surveyOverlaps(snapshot, request.surveyId);
    // A report speaks of the survey's feeds: of one that is withheld not even how much it alone has.
    const sightings = await sightingOverlaps(snapshot, window, data.survey.feeds);
    return { ...data, overlaps, window, sightings };
  });
}

/** Everything the report on change says: this survey, the one before it, and what happened in between. Throws KC_NO_SURVEY when there is none before it. */
export function readChangeData(db: Kysely<DB>, request: HeadlineRequest): Promise<ChangeData> {
  return inSnapshot(db, async (snapshot) => {
    const earlier = await earlierSurvey(snapshot, request.surveyId, request.compareId);
    const data = await headlineData(snapshot, { ...request, compareId: earlier });
    const pair = { earlier, later: request.surveyId };
    await requireObservations(snapshot, Object.values(pair));
    return {
      ...data,
      compare: data.compare!,
      flows: await readFlows(snapshot, pair),
      versionPairs: await readVersionPairs(snapshot, pair),
      differences: await readDifferences(snapshot, pair),
      survival: await readSurvival(snapshot, request.surveyId),
    };
  });
}

/** Everything an owner's report says. Throws KC_OWNER when no owner of that name is verified. */
export function readOwnerData(db: Kysely<DB>, request: HeadlineRequest): Promise<OwnerData> {
  return inSnapshot(db, async (snapshot) => {
    const owner = await requireOwner(snapshot, request.owner);
    await requireObservations(snapshot, [request.surveyId]);
    return {
      ...(await headlineData(snapshot, request)),
      owner,
      ...(await readOwned(snapshot, request.surveyId, owner.prefixes)),
    };
  });
}

function inSnapshot<Data>(db: Kysely<DB>, read: (snapshot: Kysely<DB>) => Promise<Data>): Promise<Data> {
  return db.transaction().setIsolationLevel('repeatable read').setAccessMode('read only').execute(read);
}

async function headlineData(snapshot: Kysely<DB>, request: HeadlineRequest): Promise<HeadlineData> {
  const survey = await readSurvey(snapshot, request.surveyId);
  const rollups = await readRollups(snapshot, survey.id);
  const summary = await surveySummary(snapshot, survey.id);
  return {
    generatedAt: request.generatedAt,
    codeVersion: request.codeVersion,
    survey,
    headline: summary.headline,
    clusters: summary.clusters,
    sampling: summary.sampling,
    vantages: summary.vantages ?? null,
    rollups,
    feedRuns: await readFeedRuns(snapshot, survey),
    tallies: await readTallies(snapshot),
    networkNames: networkNames(summary, request.networkName),
    geo: request.geo,
    compare: request.compareId === null ? null : await readCompared(snapshot, request.compareId),
  };
}

async function readCompared(db: Kysely<DB>, id: string): Promise<NonNullable<HeadlineData['compare']>> {
  const survey = await readSurvey(db, id);
  return { survey, headline: (await surveySummary(db, survey.id)).headline };
}

/** What stopped itself in a survey; fields that say nothing are left out. */
async function readStops(
  db: Kysely<DB>,
  id: string,
): Promise<Pick<SurveyFacts, 'flags' | 'leftAlone' | 'givenUp' | 'jump'>> {
  const [row] = await listSurveys(db, id);
  if (row === undefined || row.flags.length === 0) return {};
  const { scopes, unasked } = await surveyBrakes(db, id);
  const given = await quarantinedChunks(db, id);
  return {
    flags: row.flags,
    ...(scopes.length === 0 ? {} : { leftAlone: { scopes: scopes.length, endpoints: unasked } }),
    ...(given.length === 0 ? {} : { givenUp: given.reduce((sum, { targets }) => sum + targets, 0) }),
    ...(row.jump === null ? {} : { jump: row.jump as HeadlineJump }),
  };
}

async function readSurvey(db: Kysely<DB>, id: string): Promise<SurveyFacts> {
  const row = await db.selectFrom('survey').selectAll().where('id', '=', id).executeTakeFirst();
  if (row === undefined) throw new KubecensusError('KC_NO_SURVEY', `There is no survey ${id}.`);
  const chunks = await db
    .selectFrom('survey_chunk')
    .select((eb) => [eb.fn.countAll().as('total'), eb.fn.count('committed_at').as('committed')])
    .where('survey_id', '=', id)
    .executeTakeFirstOrThrow();
  return {
    id: row.id,
    method: row.method as SurveyFacts['method'],
    state: row.state as SurveyFacts['state'],
    seed: row.seed,
    sample: row.sample,
    ports: row.ports,
    feeds: row.feeds,
    scope: row.scope,
    vantage: row.vantage,
    rate: row.rate,
    targetCount: Number(row.target_count),
    excludedBy: counts(row.excluded_by),
    chunks: { total: Number(chunks.total), committed: Number(chunks.committed) },
    createdAt: time(row.created_at),
    startedAt: row.started_at === null ? null : time(row.started_at),
    finishedAt: row.finished_at === null ? null : time(row.finished_at),
    ...(await readStops(db, id)),
    manifest: row.manifest as Readonly<Record<string, unknown>>,
  };
}

async function readRollups(db: Kysely<DB>, surveyId: string): Promise<Rollup[]> {
  const rows = await db
    .selectFrom('rollup')
    .select(['unit', 'dims', 'values', 'count'])
    .where('survey_id', '=', surveyId)
    .orderBy('unit')
    .orderBy('dims')
    .execute();
  const sets = Map.groupBy(rows, (row) => JSON.stringify([row.unit, row.dims]));
  return [...sets.values()].map((cells) => ({
    unit: cells[0]!.unit as Unit,
    dims: cells[0]!.dims as Dimension[],
    cells: cells.map((cell) => ({
      values: Object.fromEntries(cell.dims.map((dim, at) => [dim, cell.values[at] || null])),
      count: Number(cell.count),
    })),
  }));
}

/** The latest run of each query of the survey's feeds that began before the survey was drawn; every feed when the survey names none. */
async function readFeedRuns(db: Kysely<DB>, survey: SurveyFacts): Promise<FeedRunFacts[]> {
  const rows = await db
    .selectFrom('feed_run')
    .selectAll()
    .distinctOn(['feed', 'query', 'source_sha256'])
    // What is held or rejected is in no number.
    .where('state', 'not in', ['held', 'rejected'])
    .where((eb) =>
      eb.or([
        eb('kind', '=', 'counts'),
        eb.and([
          eb('started_at', '<=', new Date(survey.createdAt)),
          survey.feeds.length === 0 ? eb.lit(true) : eb('feed', 'in', survey.feeds),
        ]),
      ]),
    )
    .orderBy('feed')
    .orderBy('query')
    .orderBy('source_sha256')
    .orderBy('id', 'desc')
    .execute();
  return rows.map((row) => ({
    feed: row.feed,
    kind: row.kind as FeedRunFacts['kind'],
    query: row.query,
    sourceSha256: row.source_sha256,
    upstreams: row.upstreams,
    state: row.state as FeedRunFacts['state'],
    partialReason: row.partial_reason,
    claimedTotal: row.claimed_total === null ? null : Number(row.claimed_total),
    read: Number(row.read),
    accepted: Number(row.accepted),
    duplicate: Number(row.duplicate),
    rejected: Number(row.rejected),
    rejectedBy: counts(row.rejected_by),
    capHit: row.cap_hit,
    startedAt: time(row.started_at),
  }));
}

async function readTallies(db: Kysely<DB>): Promise<TallyFacts[]> {
  const tallies = await db
    .selectFrom('tally')
    .selectAll()
    .orderBy('observed_at')
    .orderBy('feed')
    .orderBy('id')
    .execute();
  const sums = {
    distribution: await sumBuckets(db, 'distribution'),
    minor: await sumBuckets(db, 'minor'),
    support: await sumBuckets(db, 'support'),
  };
  return tallies.map((row) => ({
    feed: row.feed,
    observedAt: time(row.observed_at),
    query: row.query,
    field: row.field,
    unit: row.unit,
    total: Number(row.total),
    omitted: row.omitted === null ? null : Number(row.omitted),
    deviation: row.deviation === null ? null : Number(row.deviation),
    byDistribution: sums.distribution.get(String(row.id)) ?? {},
    byMinor: sums.minor.get(String(row.id)) ?? {},
    bySupport: sums.support.get(String(row.id)) ?? {},
  }));
}

async function sumBuckets(
  db: Kysely<DB>,
  column: 'distribution' | 'minor' | 'support',
): Promise<Map<string, Record<string, number>>> {
  const rows = await db
    .selectFrom('tally_bucket')
    .select((eb) => ['tally_id', `${column} as value` as const, eb.fn.sum('count').as('count')])
    .groupBy(['tally_id', column])
    .orderBy('tally_id')
    .execute();
  const sums = new Map<string, Record<string, number>>();
  for (const row of rows) {
    const of = sums.get(String(row.tally_id)) ?? {};
    of[row.value ?? ''] = Number(row.count);
    sums.set(String(row.tally_id), of);
  }
  return sums;
}

function networkNames(
  { addressOfNetwork }: SurveySummary,
  networkName: HeadlineRequest['networkName'],
): Record<string, string> {
  const named = Object.entries(addressOfNetwork).map(([asn, address]) => [asn, networkName(address)] as const);
  return Object.fromEntries(named.filter((pair): pair is readonly [string, string] => pair[1] !== null));
}

function counts(json: unknown): Record<string, number> {
  if (typeof json !== 'object' || json === null) return {};
  return Object.fromEntries(Object.entries(json).map(([reason, count]) => [reason, Number(count)]));
}

function time(value: Date | string): string {
  return new Date(value).toISOString();
}
