// States of endpoints by their probes, the same in SQL, and who is left out of a survey because it is down.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { sql } from 'kysely';
import { endpointStateSql } from '../../services/exports/endpoint-state.ts';
import {
  DAY_MS,
  DOWN_MISSES,
  DOWN_WAITS_DAYS,
  type EndpointLife,
  endpointState,
  isResting,
} from '../../services/surveys/endpoint-life.ts';
import { restingAmong } from '../../services/surveys/resting.store.ts';
import type { SurveyTarget } from '../../services/surveys/survey.ts';
import { withDatabase } from '../support/database.ts';

const NOW = Date.parse('2026-11-24T12:00:00Z');
const HOUR = DAY_MS / 24;
/** Seen so many hours before the last probe, which was so many hours ago. */
const life = (misses: number, unseen: number, ago = 0): EndpointLife => ({
  lastSeen: NOW - (unseen + ago) * HOUR,
  lastProbed: NOW - ago * HOUR,
  misses,
});

describe('an endpoint is', () => {
  for (const [state, one] of [
    ['candidate', { ...life(9, 0), lastSeen: null }],
    ['up', life(0, 0, 40 * 24)],
    ['suspect', life(1, 24 * 7)],
    ['suspect', life(DOWN_MISSES, 71.9)],
    ['suspect', life(DOWN_MISSES - 1, 72)],
    ['down', life(DOWN_MISSES, 72)],
    // What was not probed was not missed: two hours of misses do not become days by waiting.
    ['suspect', life(DOWN_MISSES, 2, 100)],
    ['down', life(DOWN_MISSES, 29.9 * 24)],
    ['retired', life(DOWN_MISSES, 30 * 24)],
    ['retired', life(1, 24, 29 * 24)],
  ] as const)
    it(`${state} with ${one.misses} misses, unseen for ${(NOW - (one.lastSeen ?? NOW)) / HOUR} hours`, () =>
      assert.equal(endpointState(one, NOW), state));
});

describe('an endpoint that is down', () => {
  for (const [at, days] of DOWN_WAITS_DAYS.entries())
    it(`waits ${days} days after ${DOWN_MISSES + at} misses`, () => {
      assert.equal(isResting(life(DOWN_MISSES + at, 72, days * 24 - 0.1), NOW, NOW), true);
      assert.equal(isResting(life(DOWN_MISSES + at, 72, days * 24), null, NOW), false);
    });
  it('is probed after the last wait only when a feed named it since', () => {
    const last = life(DOWN_MISSES + DOWN_WAITS_DAYS.length, 72, 20 * 24);
    assert.equal(isResting(last, null, NOW), true);
    assert.equal(isResting(last, last.lastProbed, NOW), true);
    assert.equal(isResting(last, last.lastProbed + 1, NOW), false);
  });
  it('and nobody else rests', () => {
    for (const one of [life(0, 0), life(1, 24), life(DOWN_MISSES, 2), { ...life(9, 0), lastSeen: null }])
      assert.equal(isResting(one, null, NOW), false);
  });
});

const at = (ms: number | null): Date | null => (ms === null ? null : new Date(ms));

it('SQL says the same states, as of the newest active survey', async (t) => {
  const { database } = await withDatabase(t);
  const { db } = database;
  await sql`insert into survey (id, method, state, seed, ports, feeds, scope, vantage, rate, manifest, created_at, started_at)
    select m, m, 'complete', 's', '{}', '{}', '{}', 'v', 1, '{}', w, w from (values ('active', ${new Date(NOW)}::timestamptz), ('passive', ${new Date(NOW + 90 * DAY_MS)}::timestamptz)) t (m, w)`.execute(
    db,
  );
  const lives = fc.sample(
    fc.record({
      misses: fc.integer({ min: 0, max: 5 }),
      unseen: fc.constantFrom(1, 71, 72, 73, 29 * 24, 30 * 24, 31 * 24),
      ago: fc.constantFrom(0, 1, 100, 31 * 24),
      never: fc.boolean(),
    }),
    { numRuns: 200, seed: 1 },
  );
  for (const [n, { misses, unseen, ago, never }] of lives.entries()) {
    const one = { ...life(misses, unseen, ago), ...(never ? { lastSeen: null } : {}) };
    await sql`insert into endpoint_state (address, port, first_seen, last_seen, last_probed, last_changed, misses, outcome, grade)
      values ('8.0.0.1', ${n + 1}, ${at(one.lastSeen)}, ${at(one.lastSeen)}, ${at(one.lastProbed)}, ${at(one.lastProbed)}, ${misses}, 'x', 'not')`.execute(
      db,
    );
    const { rows } = await sql<{
      state: string;
    }>`select ${sql.raw(endpointStateSql('o'))} as state from endpoint_state o where port = ${n + 1}`.execute(db);
    assert.equal(rows[0]!.state, endpointState(one, NOW), JSON.stringify(lives[n]));
  }
});

it('targets rest by the state of their address and port, until their candidate is named again', async (t) => {
  const { database } = await withDatabase(t);
  const { db } = database;
  const target = (address: string | null, port: number, candidateId: number | null): SurveyTarget => ({
    candidateId,
    host: address ?? 'gone.example.org',
    address,
    port,
    serverName: null,
    feeds: ['f'],
    flags: [],
    outcome: null,
    evidenceFeed: null,
  });
  const done = DOWN_MISSES + DOWN_WAITS_DAYS.length;
  for (const [address, misses] of [
    ['8.0.0.1', done],
    ['8.0.0.2', done],
    ['8.0.0.3', 1],
  ] as const)
    await sql`insert into endpoint_state (address, port, first_seen, last_seen, last_probed, last_changed, misses, outcome, grade)
      values (${address}, 6443, ${at(NOW - 20 * DAY_MS)}, ${at(NOW - 20 * DAY_MS)}, ${at(NOW - 2 * DAY_MS)}, ${at(NOW)}, ${misses}, 'x', 'not')`.execute(
      db,
    );
  const { rows } = await sql<{ id: number }>`
    insert into candidate (key, kind, host, address, port, first_seen, last_seen) values ('8.0.0.2:6443', 'address', '8.0.0.2', '8.0.0.2', 6443, ${at(NOW)}, ${at(NOW)}) returning id`.execute(
    db,
  );
  const id = rows[0]!.id;
  const run = await sql<{ id: number }>`
    insert into feed_run (feed, kind, query, code_version, started_at) values ('f', 'sightings', 'q', 't', ${at(NOW)}) returning id`.execute(
    db,
  );
  await sql`insert into sighting (feed, candidate_id, first_seen, last_seen, first_run, last_run)
    values ('f', ${id}, ${at(NOW - DAY_MS)}, ${at(NOW - DAY_MS)}, ${run.rows[0]!.id}, ${run.rows[0]!.id})`.execute(db);
  const targets = [
    target('8.0.0.1', 6443, null),
    target('8.0.0.1', 443, null),
    target('8.0.0.2', 6443, Number(id)),
    target('8.0.0.3', 6443, null),
    target(null, 6443, 1),
  ];
  const resting = await restingAmong(db, targets, new Date(NOW));
  assert.deepEqual([...resting], [targets[0]]);
});
