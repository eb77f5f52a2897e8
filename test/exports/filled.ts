// A database with rows of every dataset, among them all texts that break naive writers, and values at the ends of their types.
import type { TestContext } from 'node:test';
import { sql } from 'kysely';
import type { Database } from '../../services/platform/db/database.ts';
import { recompute } from '../../services/rollups/rollup.store.ts';
import { withDatabase } from '../support/database.ts';
import { leaf, NOW, observation, silence, surveyOf } from '../support/observations.ts';
import { NASTY } from './nasty.ts';

export async function filled(t: TestContext): Promise<Database> {
  const { database } = await withDatabase(t);
  const rows = NASTY.map((text, i) =>
    observation({
      port: i + 1,
      serverName: text,
      certificate: leaf({
        sha256: i.toString(16).padStart(64, '0'),
        subject: text,
        issuer: text,
        dnsNames: i % 2 === 0 ? [] : [text, '', 'second'],
        notBefore: '1969-12-31T23:59:59.999Z',
        notAfter: '9999-12-31T23:59:59.999Z',
      }),
      flags: [text, 'b'],
      asn: i === 0 ? 4_294_967_295 : i,
    }),
  );
  await surveyOf(database, 's', [
    ...rows,
    observation({ ...silence, host: 'gone.example.org', address: null, country: null, asn: null, flags: [] }),
  ]);
  await recompute(database.db, 's', NOW);
  await sql`insert into feed_run (feed, kind, query, state, partial_reason, code_version, started_at, claimed_total)
    values ('ct', 'sightings', '=q', 'partial', 'interrupted', 't', '2026-11-24 01:02:03.456789+00', 9007199254740993)`.execute(
    database.db,
  );
  await sql`insert into candidate (key, kind, host, port, first_seen, last_seen) values ('a', 'name', 'a', null, now(), now())`.execute(
    database.db,
  );
  await sql`insert into tally (feed, run_id, observed_at, query, field, unit, total) select feed, id, ${NOW}, 'q', 'f', 'hosts', 7 from feed_run`.execute(
    database.db,
  );
  await sql`insert into tally_bucket select id, '+v1', 7, 'vanilla', null, 'unknown' from tally`.execute(database.db);
  await sql`insert into sighting (feed, candidate_id, first_seen, last_seen, first_run, last_run)
    select 'ct', c.id, ${NOW}::timestamptz, ${NOW}::timestamptz, r.id, r.id from candidate c, feed_run r`.execute(
    database.db,
  );
  await sql`insert into feed_cursor (feed, query, run_id, updated_at, cursor) select 'ct', '@q', id, ${NOW}::timestamptz,
    '{"origin": "=log", "size": 9, "done": [1, 7], "timestamp": 1700000000123}'::jsonb from feed_run`.execute(
    database.db,
  );
  return database;
}
