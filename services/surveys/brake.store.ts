// The brake's truth: networks that a survey leaves alone, how networks ended, what was lost by the minute, and the pause that follows from it.
import { type Kysely, sql } from 'kysely';
import type { Database } from '../platform/db/database.ts';
import type { DB } from '../platform/db/schema.ts';
import {
  LOST,
  type Losses,
  STOP_AT,
  SYSTEM_ENDS,
  stopsSystem,
  systemScope,
  TRIP_ASKED,
  TRIP_MINUTES,
  TRIP_TAIL_MS,
  trips,
} from './brake.ts';
import { ITSELF, setPaused } from './pause.store.ts';

/** How a network with endpoints that were up ended so far: lost when more of its hosts were lost than answered. */
export interface NetworkEnd {
  /** A /24 or /48. */
  readonly network: string;
  readonly asn: number | null;
  readonly isLost: boolean;
}

/** A scope that is left alone, with the hosts (of an AS: the networks) that it is judged by. */
export interface ScopeStop extends Losses {
  readonly scope: string;
}

/** What a chunk under way has to say. */
export interface WatchReport {
  readonly ends: readonly NetworkEnd[];
  readonly minutes: readonly (Losses & { readonly minute: Date })[];
  readonly stops: readonly ScopeStop[];
}

/**
 * Stores what a chunk learned, stops the AS that it shows to refuse us, pauses the installation when too much is lost at once, and gives back every scope
 * that the survey leaves alone.
 */
export async function reportWatch(
  database: Pick<Database, 'db' | 'transaction'>,
  surveyId: string,
  { ends, minutes, stops }: WatchReport,
  at: Date,
): Promise<string[]> {
  const { db } = database;
  if (ends.length + minutes.length + stops.length > 0)
    await database.transaction(async (tx) => {
      await storeStops(tx, surveyId, stops, at);
      await storeEnds(tx, surveyId, ends, at);
      await storeStops(tx, surveyId, await refusingSystems(tx, surveyId, ends), at);
      await storeMinutes(tx, surveyId, minutes);
    });
  if (minutes.some(({ lost }) => lost > 0)) await tripIfDue(database, surveyId, at);
  const rows = await db.selectFrom('survey_stop').select('scope').where('survey_id', '=', surveyId).execute();
  return rows.map(({ scope }) => scope);
}

async function storeStops(tx: Kysely<DB>, surveyId: string, stops: readonly ScopeStop[], at: Date): Promise<void> {
  if (stops.length === 0) return;
  await tx
    .insertInto('survey_stop')
    .values(stops.map((stop) => ({ ...stop, survey_id: surveyId, stopped_at: at })))
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** In the order of networks, so that workers which share some wait for each other and no longer. */
async function storeEnds(tx: Kysely<DB>, surveyId: string, ends: readonly NetworkEnd[], at: Date): Promise<void> {
  if (ends.length === 0) return;
  await sql`
    insert into survey_network (survey_id, network, asn, is_lost, ended_at)
    select ${surveyId}, network, asn, is_lost, ${at}::timestamptz from unnest(
      ${ends.map(({ network }) => network)}::cidr[], ${ends.map(({ asn }) => asn)}::bigint[], ${ends.map(({ isLost }) => isLost)}::boolean[]
    ) as t (network, asn, is_lost) order by network
    on conflict (survey_id, network) do update set is_lost = excluded.is_lost, ended_at = excluded.ended_at`.execute(
    tx,
  );
}

/** Those AS of which networks were lost just now, and whose last networks say that they refuse us. */
async function refusingSystems(tx: Kysely<DB>, surveyId: string, ends: readonly NetworkEnd[]): Promise<ScopeStop[]> {
  const touched = new Set(ends.flatMap(({ asn, isLost }) => (asn !== null && isLost ? [asn] : [])));
  const stops: ScopeStop[] = [];
  for (const asn of touched) {
    const rows = await tx
      .selectFrom('survey_network')
      .select('is_lost')
      .where('survey_id', '=', surveyId)
      .where('asn', '=', asn)
      .orderBy('ended_at', 'desc')
      .orderBy('network')
      .limit(SYSTEM_ENDS)
      .execute();
    const inOrder = rows.map((row) => row.is_lost).reverse();
    if (inOrder.length < STOP_AT || !stopsSystem(inOrder)) continue;
    stops.push({ scope: systemScope(asn), asked: inOrder.length, lost: inOrder.filter((isLost) => isLost).length });
  }
  return stops;
}

async function storeMinutes(tx: Kysely<DB>, surveyId: string, minutes: WatchReport['minutes']): Promise<void> {
  for (const { minute, asked, lost } of minutes.toSorted((a, b) => a.minute.getTime() - b.minute.getTime()))
    await sql`
      insert into survey_minute as m (survey_id, minute, asked, lost) values (${surveyId}, ${minute}, ${asked}, ${lost})
      on conflict (survey_id, minute) do update set asked = m.asked + excluded.asked, lost = m.lost + excluded.lost`.execute(
      tx,
    );
}

/** Commits of a survey share this lock, a trip has it alone: it sees every miss that was committed before, and those after see it. */
export async function lockTrips(tx: Kysely<DB>, surveyId: string, how: 'shared' | 'alone'): Promise<void> {
  const key = sql`hashtextextended(${`kubecensus trip ${surveyId}`}, 0)`;
  await (how === 'shared'
    ? sql`select pg_advisory_xact_lock_shared(${key})`
    : sql`select pg_advisory_xact_lock(${key})`
  ).execute(tx);
}

/**
 * Pauses everything when more than TRIP_SHARE of what was up is lost within TRIP_MINUTES, and takes the misses of that time back: they are more likely ours. Minutes
 * before the last pause or resume count no more, so that whoever resumes is not paused at once for what they know.
 */
async function tripIfDue(database: Pick<Database, 'transaction'>, surveyId: string, at: Date): Promise<void> {
  await database.transaction(async (tx) => {
    await lockTrips(tx, surveyId, 'alone');
    const control = await tx.selectFrom('control').selectAll().forUpdate().executeTakeFirstOrThrow();
    if (control.paused) return;
    const windowFrom = new Date(
      Math.max(at.getTime() - TRIP_MINUTES * 60_000, control.changed_at === null ? 0 : control.changed_at.getTime()),
    );
    const { rows } = await sql<Losses>`
      select coalesce(sum(asked), 0)::int as asked, coalesce(sum(lost), 0)::int as lost from survey_minute
      where survey_id = ${surveyId} and minute >= ${windowFrom} and minute <= ${at}`.execute(tx);
    const losses = rows[0] as Losses;
    if (!trips(losses)) return;
    const trip = { survey_id: surveyId, tripped_at: at, window_from: windowFrom, ...losses };
    await tx
      .insertInto('survey_trip')
      .values({ ...trip, window_to: new Date(at.getTime() + TRIP_TAIL_MS) })
      .execute();
    await takeMissesBack(tx, surveyId, windowFrom);
    await setPaused(tx, true, at, { by: ITSELF, reason: tripReason(surveyId, losses) });
  });
}

const tripReason = (surveyId: string, { asked, lost }: Losses): string =>
  `${lost} of ${asked} endpoints that were up did not answer survey ${surveyId} within ${TRIP_MINUTES} minutes (from ${TRIP_ASKED} on, more than one in five pauses)`;

/** A miss of that time leaves an endpoint suspect at most, and one that was down as it was. */
async function takeMissesBack(tx: Kysely<DB>, surveyId: string, from: Date): Promise<void> {
  await sql`
    update endpoint_state e set misses = greatest(e.misses - 1, 1) from observation o
    where o.survey_id = ${surveyId} and o.observed_at >= ${from} and o.method = 'active' and o.outcome = any(${[...LOST]}::text[])
      and e.address = o.address and e.port = o.port and e.last_probed = o.observed_at and e.misses > 0`.execute(tx);
}

/** Forgets what a survey that has ended was watched by; what was stopped stays. Idempotent. */
export async function forgetWatch(db: Kysely<DB>, surveyId: string): Promise<void> {
  await db.deleteFrom('survey_network').where('survey_id', '=', surveyId).execute();
  await db.deleteFrom('survey_minute').where('survey_id', '=', surveyId).execute();
}

/** What stopped itself in a survey. */
export interface SurveyBrakes {
  /** Networks and AS that were left alone for the rest. */
  readonly scopes: readonly (ScopeStop & { readonly stoppedAt: Date })[];
  /** Endpoints that were not asked for it. */
  readonly unasked: number;
  readonly trips: readonly (Losses & { readonly trippedAt: Date })[];
}

/** What stopped itself in a survey, as far as it is committed. Reads only. */
export async function surveyBrakes(db: Kysely<DB>, surveyId: string): Promise<SurveyBrakes> {
  const scopes = await db
    .selectFrom('survey_stop')
    .select(['scope', 'asked', 'lost', 'stopped_at as stoppedAt'])
    .where('survey_id', '=', surveyId)
    .orderBy('stopped_at')
    .orderBy('scope')
    .execute();
  const tripped = await db
    .selectFrom('survey_trip')
    .select(['asked', 'lost', 'tripped_at as trippedAt'])
    .where('survey_id', '=', surveyId)
    .orderBy('tripped_at')
    .execute();
  const { rows } =
    scopes.length === 0
      ? { rows: [] }
      : await sql<{ count: number }>`
          select count(*)::int as count from observation where survey_id = ${surveyId} and outcome = 'scope_blocked_us'`.execute(
          db,
        );
  return { scopes, unasked: rows[0]?.count ?? 0, trips: tripped };
}
