// Reads who named what: the feeds of each endpoint and certificate of a survey, or of everything that feeds named in one common window.
import { type Kysely, sql } from 'kysely';
import type { DB } from '../platform/db/schema.ts';
import { KubecensusError } from '../platform/errors.ts';
import { type Combination, type FeedFacts, type Overlap, overlapOf } from './overlap.ts';

export interface SurveyOverlaps {
  /** Every endpoint of the survey, whatever it answered. */
  readonly endpoints: Overlap;
  /** Those at which a component of Kubernetes was recognised. */
  readonly kubernetesEndpoints: Overlap;
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
  const facts = await feedFacts(db, survey.created_at);
  const { rows } = await sql<{ feeds: string[]; endpoints: string; kubernetes: string }>`
    with thing as (
      select array_agg(distinct f.feed) as feeds, bool_or(o.component is not null and o.component <> 'other') as kubernetes
      from observation o cross join unnest(o.feeds) as f (feed)
      where o.survey_id = ${surveyId} group by coalesce(host(o.address), o.host), o.port
    ) select feeds, count(*) as endpoints, count(*) filter (where kubernetes) as kubernetes from thing group by feeds
  `.execute(db);
  const certificates = await sql<CountedFeeds>`
    select feeds, count(*) from (
      select array_agg(distinct f.feed) as feeds from observation o cross join unnest(o.feeds) as f (feed)
      where o.survey_id = ${surveyId} and o.certificate_id is not null group by o.certificate_id
    ) t group by feeds
  `.execute(db);
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
    certificates: overlapOf('certificate', combinations(certificates.rows), facts),
  };
}

export interface SightingOverlaps {
  /** Addresses with the port that a feed named; an address without a port is no endpoint yet. */
  readonly endpoints: Overlap;
  /** Names, whatever port was named with them. */
  readonly names: Overlap;
}

/**
 * Overlaps of all feeds in the window from <= t < to: a feed counts for what it first saw before the end and last saw since the start, by
 * its own times where it states them. Feeds lag by days, so that a window of 24 to 72 hours keeps the population closed. Reads only.
 */
export async function sightingOverlaps(
  db: Kysely<DB>,
  { from, to }: { readonly from: Date; readonly to: Date },
): Promise<SightingOverlaps> {
  const facts = await feedFacts(db, to);
  const read = async (thing: typeof ENDPOINT): Promise<Combination[]> => {
    const { rows } = await sql<CountedFeeds>`
      select feeds, count(*) from (
        select array_agg(distinct s.feed) as feeds from sighting s join candidate c on c.id = s.candidate_id
        where s.last_seen >= ${from} and s.first_seen < ${to} and ${thing.which} group by ${thing.key}
      ) t group by feeds
    `.execute(db);
    return combinations(rows);
  };
  return {
    endpoints: overlapOf('endpoint', await read(ENDPOINT), facts),
    names: overlapOf('name', await read(NAME), facts),
  };
}

const ENDPOINT = { which: sql`c.kind = 'address' and c.port is not null`, key: sql`c.id` } as const;
const NAME = { which: sql`c.kind = 'name'`, key: sql`c.host` } as const;

interface CountedFeeds {
  readonly feeds: string[];
  readonly count: string;
}

function combinations(rows: readonly CountedFeeds[]): Combination[] {
  return rows.map((row) => ({ feeds: row.feeds, count: Number(row.count) }));
}

/** What the last run of every query up to `until` says of its feed, and what all runs up to then cost. */
async function feedFacts(db: Kysely<DB>, until: Date | string): Promise<FeedFacts[]> {
  const { rows } = await sql<FeedFacts>`
    with run as (
      select *, row_number() over (partition by feed, query, source_sha256 order by id desc) as age
      from feed_run where kind = 'sightings' and started_at <= ${until}::timestamptz
    )
    select r.feed, bool_or(r.state <> 'complete' or r.cap_hit) filter (where r.age = 1) as partial,
      (select sum(c.cost) from run c where c.feed = r.feed) as cost,
      array(select distinct u from run x cross join unnest(x.upstreams) as u where x.feed = r.feed and x.age = 1 order by u) as upstreams
    from run r group by r.feed order by r.feed
  `.execute(db);
  return rows;
}
