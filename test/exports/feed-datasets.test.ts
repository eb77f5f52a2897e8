// Provenance as rows: who named what and when, and how far each certificate log is read, verified and not read yet.
import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { it } from 'node:test';
import { sql } from 'kysely';
import type { DatasetName } from '../../services/exports/columns.ts';
import { exportDataset } from '../../services/exports/export.store.ts';
import type { Database } from '../../services/platform/db/database.ts';
import { withDatabase } from '../support/database.ts';

const NOW = new Date('2026-11-24T12:00:00Z');

async function rowsOf(database: Database, dataset: DatasetName): Promise<Record<string, unknown>[]> {
  let text = '';
  const out = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      text += chunk.toString();
      done();
    },
  });
  const request = { dataset, surveyId: null, format: 'ndjson', out, codeVersion: 't', at: NOW } as const;
  await exportDataset(request, database, new AbortController().signal);
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

async function run({ db }: Database, feed: string): Promise<number> {
  const { rows } = await sql<{ id: number }>`insert into feed_run (feed, kind, query, state, code_version, started_at)
    values (${feed}, 'sightings', 'q', 'complete', 't', ${NOW}) returning id`.execute(db);
  return Number(rows[0]!.id);
}

it('sightings: a candidate stands once under each of its feeds, with times and runs of that feed', async (t) => {
  const { database } = await withDatabase(t);
  const { db } = database;
  const [first, last, other] = [await run(database, 'a'), await run(database, 'a'), await run(database, 'b')];
  await sql`insert into candidate (key, kind, host, address, port, first_seen, last_seen)
    values ('8.0.0.1:6443', 'address', '8.0.0.1', '8.0.0.1', 6443, '2026-11-01', '2026-11-20')`.execute(db);
  const sight = (feed: string, from: string, to: string, runs: [number, number]) =>
    sql`insert into sighting (feed, candidate_id, first_seen, last_seen, first_run, last_run)
      select ${feed}, id, ${from}::timestamptz, ${to}::timestamptz, ${runs[0]}, ${runs[1]} from candidate`.execute(db);
  await sight('b', '2026-11-05', '2026-11-05', [other, other]);
  await sight('a', '2026-11-01', '2026-11-20', [first, last]);
  await sql`insert into sighting_evidence (feed, candidate_id, observed_at, body)
    select 'a', id, '2026-11-19T01:02:03Z', '{}' from candidate`.execute(db);
  const rows = await rowsOf(database, 'sightings');
  assert.deepEqual(
    rows.map((row) => [
      row['feed'],
      row['candidate'],
      row['first_seen'],
      row['last_seen'],
      row['first_run'],
      row['last_run'],
      row['evidence_at'],
    ]),
    [
      [
        'a',
        '8.0.0.1:6443',
        '2026-11-01T00:00:00.000Z',
        '2026-11-20T00:00:00.000Z',
        first,
        last,
        '2026-11-19T01:02:03.000Z',
      ],
      ['b', '8.0.0.1:6443', '2026-11-05T00:00:00.000Z', '2026-11-05T00:00:00.000Z', other, other, null],
    ],
  );
});

it('logs: what was read, what of it was verified and the gaps are columns of their own, for one log and for every log of a list', async (t) => {
  const { database } = await withDatabase(t);
  const { db } = database;
  const id = await run(database, 'logs');
  const cursor = (origin: string, size: number, done: [number, number], more: object = {}) => ({
    origin,
    size,
    root: 'x',
    timestamp: NOW.getTime(),
    done,
    ...more,
  });
  const save = (feed: string, value: unknown) =>
    sql`insert into feed_cursor (feed, query, cursor, run_id, updated_at)
      values (${feed}, 'q', ${JSON.stringify(value)}::jsonb, ${id}, ${NOW})`.execute(db);
  await save('one', cursor('a.example/1', 1000, [256, 900]));
  await save('names', cursor('a.example/1', 1000, [0, 1000], { unverified: 744 }));
  await save('list', {
    logs: { x: cursor('c.example', 10, [10, 10]), y: cursor('b.example', 20, [0, 20]), z: null },
    last: 'y',
  });
  // Cursors of other feeds are no logs.
  await save('search', { token: 't', pages: 2 });
  await save('odd', { logs: 7 });
  const rows = await rowsOf(database, 'logs');
  const numbers = [
    'tree_size',
    'read_from',
    'read_to',
    'read_entries',
    'verified_entries',
    'older_unread',
    'newer_unread',
  ];
  assert.deepEqual(
    rows.map((row) => [row['feed'], row['log'], ...numbers.map((name) => row[name])]),
    [
      ['list', 'b.example', 20, 0, 20, 20, 20, 0, 0],
      ['list', 'c.example', 10, 10, 10, 0, 0, 10, 0],
      ['names', 'a.example/1', 1000, 0, 1000, 1000, 256, 0, 0],
      ['one', 'a.example/1', 1000, 256, 900, 644, 644, 256, 100],
    ],
  );
  assert.deepEqual([rows[0]?.['signed_at'], rows[0]?.['run']], [NOW.toISOString(), id]);
});
