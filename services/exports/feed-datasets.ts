// Datasets of what feeds said and how far each has read: provenance of every candidate, and the positions in certificate logs.
import { column, type Dataset, privateColumn } from './column.ts';
import { OPTED_OUT_CANDIDATE } from './opted-out.ts';

/** Who named what, first and last, by which runs. */
export const sightings = {
  description: 'every candidate under every feed that named it, with first and last time and run',
  unit: 'sightings',
  perSurvey: false,
  source: `sighting s join candidate c on c.id = s.candidate_id
    left join sighting_evidence e on e.feed = s.feed and e.candidate_id = s.candidate_id where true`,
  leavesOut: OPTED_OUT_CANDIDATE,
  since: {
    sql: "exists (select from feed_run r where r.id = s.last_run and coalesce(r.finished_at, 'infinity') > $SINCE)",
    means: 'sightings of which the last run ended later or still runs',
  },
  orderBy: 's.feed collate "C", c.key',
  columns: [
    column('feed', 'text', 's.feed', 'the feed'),
    privateColumn('candidate.key', 'candidate', 'text', 'c.key', 'canonical endpoint or name'),
    column('kind', 'text', 'c.kind', 'address or name'),
    privateColumn('candidate.host', 'host', 'text', 'c.host', 'address or name'),
    column('port', 'integer', 'c.port', 'port, empty when no feed named one'),
    column('first_seen', 'timestamp', 's.first_seen', 'earliest time that the feed states, else that of its run'),
    column('last_seen', 'timestamp', 's.last_seen', 'latest time that the feed states, else that of its run'),
    column('first_run', 'integer', 's.first_run', 'number of the run that named it first'),
    column('last_run', 'integer', 's.last_run', 'number of the run that named it last'),
    column(
      'evidence_at',
      'timestamp',
      'e.observed_at',
      "the feed's own time of the evidence that is kept; empty without any",
    ),
  ],
} as const satisfies Dataset;

/** A cursor of one log, or those of all logs of a list. */
const EACH_LOG = `(select f.cursor as c where f.cursor ? 'origin' union all
  select l.value from jsonb_each(case when jsonb_typeof(f.cursor->'logs') = 'object' then f.cursor->'logs' else '{}' end) l where l.value ? 'origin')`;
const [FROM, TO] = ["(log.c#>>'{done,0}')::bigint", "(log.c#>>'{done,1}')::bigint"];
const [SIZE, UNVERIFIED] = ["(log.c->>'size')::bigint", "coalesce((log.c->>'unverified')::bigint, 0)"];

export const logs = {
  description: 'how far each certificate log has been read and verified, and the gaps',
  unit: 'logs',
  perSurvey: false,
  source: `feed_cursor f cross join lateral ${EACH_LOG} log where true`,
  since: { sql: 'f.updated_at > $SINCE', means: 'logs of feeds that read on later' },
  orderBy: `f.feed collate "C", f.query collate "C", log.c->>'origin' collate "C"`,
  columns: [
    column('feed', 'text', 'f.feed', 'the feed'),
    column('query', 'text', 'f.query', 'what the feed reads; each has positions of its own'),
    column('log', 'text', "log.c->>'origin'", 'the log'),
    column('tree_size', 'integer', SIZE, 'entries under the last tree head whose signature was verified', 'entries'),
    column(
      'signed_at',
      'timestamp',
      "to_timestamp((log.c->>'timestamp')::double precision / 1000)",
      'when that was signed',
    ),
    column('read_from', 'integer', FROM, 'first entry that was read'),
    column('read_to', 'integer', TO, 'the entry behind the last one that was read'),
    column('read_entries', 'integer', `${TO} - ${FROM}`, 'entries that were read', 'entries'),
    column(
      'verified_entries',
      'integer',
      `${TO} - ${FROM} - ${UNVERIFIED}`,
      'those of them that were verified against the tree; names tiles are not',
      'entries',
    ),
    column('older_unread', 'integer', FROM, 'entries before the first that was read: the gap behind', 'entries'),
    column(
      'newer_unread',
      'integer',
      `${SIZE} - ${TO}`,
      'entries from there to the tree head: the gap before',
      'entries',
    ),
    column('run', 'integer', 'f.run_id', 'number of the run that read last'),
    column('read_at', 'timestamp', 'f.updated_at', 'when it did'),
  ],
} as const satisfies Dataset;
