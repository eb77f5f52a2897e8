// Reads who named what: the feeds of each endpoint and certificate of a survey, or of everything that feeds named in one common window.
import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { DB } from '../platform/db/schema.ts';
import { KubecensusError } from '../platform/errors.ts';
import { requireObservations } from '../surveys/survey.store.ts';
import { type Combination, type FeedFacts, type Overlap, overlapOf } from './overlap.ts';

export interface SurveyOverlaps {
  /** Every endpoint of the survey, whatever it answered. */
  readonly endpoints: Overlap;
  /** Those at which a component of Kubernetes was recognised. */
  readonly kubernetesEndpoints: Overlap;
  /** Candidates of the survey that are names, whatever port was named with them and wherever they led. */
  readonly names: Overlap;
  /** Certificates by all feeds that named an endpoint which served them. */
  readonly certificates: Overlap;
}

/**
 * Overlaps of the feeds of one survey. The survey's own drawing is the common window: every feed stands for what it had named by then, and
 * its last runs up to then say whether it was whole. Throws KC_NO_SURVEY. Reads only.
 */
export async function surveyOverlaps(db: Kysely<DB>, surveyId: string): Promise<SurveyOverlaps> {
  const survey = await db.selectFrom('survey').select('created_at').where('id', '=', surveyId).executeTakeFirst();
  if (survey === undefined) throw new KubecensusError('KC_NO_SURVEY', `There is no survey ${surveyId}.`);
  await requireObservations(db, [surveyId]);
  const facts = await feedFacts(db, survey.created_at);
  const { rows } = await sql<{ feeds: string[]; endpoints: string; kubernetes: string }>`
    with thing as (
      select array_agg(distinct f.feed) as feeds, bool_or(o.component is not null and o.component <> 'other') as kubernetes
      from observation o cross join unnest(o.feeds) as f (feed)
      where o.survey_id = ${surveyId} and not o.superseded group by coalesce(host(o.address), o.host), o.port
    ) select feeds, count(*) as endpoints, count(*) filter (where kubernetes) as kubernetes from thing group by feeds
  `.execute(db);
  const read = async ({ which, key }: { which: RawBuilder<unknown>; key: RawBuilder<unknown> }) => {
    const { rows: counted } = await sql<CountedFeeds>`
      select feeds, count(*) from (
        select array_agg(distinct f.feed) as feeds from observation o cross join unnest(o.feeds) as f (feed)
        where o.survey_id = ${surveyId} and not o.superseded and ${which} group by ${key}
      ) t group by feeds
    `.execute(db);
    return combinations(counted);
  };
  const counted = (of: (row: (typeof rows)[number]) => string): Combination[] =>
    rows.map((row) => ({ feeds: row.feeds, count: Number(of(row)) }));
  return {
    endpoints: overlapOf(
      'endpoint',
      counted((row) => row.endpoints),
      facts,
    ),
    kubernetesEndpoints: overlapOf(
      'kubernetes endpoint',
      counted((row) => row.kubernetes),
      facts,
    ),
    names: overlapOf('name', await read(OBSERVED_NAME), facts),
    certificates: overlapOf('certificate', await read(OBSERVED_CERTIFICATE), facts),
  };
}

const OBSERVED_NAME = { which: sql`o.host is distinct from host(o.address)`, key: sql`o.host` } as const;
const OBSERVED_CERTIFICATE = { which: sql`o.certificate_id is not null`, key: sql`o.certificate_id` } as const;

export interface SightingOverlaps {
  /** Addresses with the port that a feed named; an address without a port is no endpoint yet. */
  readonly endpoints: Overlap;
  /** Names, whatever port was named with them. */
  readonly names: Overlap;
  /** Leaf certificates in evidence of that time. Feeds without evidence, certificate logs among them, show none. */
  readonly certificates: Overlap;
}

/** Feeds lag behind each other by days: a window of this many hours keeps what there is to name the same for all of them. */
export const LAG_HOURS = 72;

/** A span of time, from <= t < to. */
export interface Window {
  readonly from: Date;
  readonly to: Date;
}

/**
 * Overlaps of all feeds in the window from <= t < to: a feed counts for what it first saw before the end and last saw since the start, by
 * its own times where it states them. A window is LAG_HOURS or a few days long: in longer ones endpoints come and go. `only`: as if no other
 * feeds than these were there; none named: all. Reads only.
 */
export async function sightingOverlaps(
  db: Kysely<DB>,
  { from, to }: Window,
  only: readonly string[] = [],
): Promise<SightingOverlaps> {
  const facts = (await feedFacts(db, to)).filter(({ feed }) => only.length === 0 || only.includes(feed));
  const counts = (feed: RawBuilder<unknown>) =>
    only.length === 0 ? sql`true` : sql`${feed} = any(${[...only]}::text[])`;
  const read = async (thing: typeof ENDPOINT): Promise<Combination[]> => {
    const { rows } = await sql<CountedFeeds>`
      select feeds, count(*) from (
        select array_agg(distinct s.feed) as feeds from sighting s join candidate c on c.id = s.candidate_id
        where s.last_seen >= ${from} and s.first_seen < ${to} and ${thing.which} and ${counts(sql`s.feed`)} group by ${thing.key}
      ) t group by feeds
    `.execute(db);
    return combinations(rows);
  };
  const { rows: certificates } = await sql<CountedFeeds>`
    select feeds, count(*) from (
      select array_agg(distinct e.feed) as feeds from sighting_evidence e
      cross join lateral (select ${LEAF_DIGEST} as sha256) leaf
      where e.observed_at >= ${from} and e.observed_at < ${to} and leaf.sha256 is not null and ${counts(sql`e.feed`)} group by leaf.sha256
    ) t group by feeds
  `.execute(db);
  return {
    endpoints: overlapOf('endpoint', await read(ENDPOINT), facts),
    names: overlapOf('name', await read(NAME), facts),
    certificates: overlapOf('certificate', combinations(certificates), facts),
  };
}

/** SHA-256 of the leaf in hex, as the feed states it, else of its DER. What is no base64 is passed over: evidence is what others wrote. */
const LEAF_DIGEST = sql`coalesce(lower(e.body #>> '{certificate,sha256}'), case
  when e.body #>> '{tls,chain,0}' ~ '^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$'
    then encode(sha256(decode(e.body #>> '{tls,chain,0}', 'base64')), 'hex') end)`;

const ENDPOINT = { which: sql`c.kind = 'address' and c.port is not null`, key: sql`c.id` } as const;
const NAME = { which: sql`c.kind = 'name'`, key: sql`c.host` } as const;

interface CountedFeeds {
  readonly feeds: string[];
  readonly count: string;
}

function combinations(rows: readonly CountedFeeds[]): Combination[] {
  return rows.map((row) => ({ feeds: row.feeds, count: Number(row.count) }));
}

/** What the last run of every query up to `until` says of its feed, and what all runs up to then cost. Held and rejected runs named nothing, but cost. */
async function feedFacts(db: Kysely<DB>, until: Date | string): Promise<FeedFacts[]> {
  const { rows } = await sql<FeedFacts>`
    with run as (
      select *, row_number() over (partition by feed, query, source_sha256, state in ('held', 'rejected') order by id desc) as age
      from feed_run where kind = 'sightings' and started_at <= ${until}::timestamptz
    ), used as (
      select * from run where state not in ('held', 'rejected')
    )
    select r.feed, bool_or(r.state <> 'complete' or r.cap_hit) filter (where r.age = 1) as partial,
      (select sum(c.cost) from run c where c.feed = r.feed) as cost,
      array(select distinct u from used x cross join unnest(x.upstreams) as u where x.feed = r.feed and x.age = 1 order by u) as upstreams
    from used r group by r.feed order by r.feed
  `.execute(db);
  return rows;
}
