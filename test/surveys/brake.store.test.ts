// The brake in Postgres: what one worker learns stops the others, and losses that can only be our own pause everything and make no host down.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { sql } from 'kysely';
import { commitChunk } from '../../services/observations/observation.store.ts';
import type { Observation } from '../../services/observations/observation.ts';
import type { Database } from '../../services/platform/db/database.ts';
import { type NetworkEnd, reportWatch, surveyBrakes, type WatchReport } from '../../services/surveys/brake.store.ts';
import { TRIP_ASKED } from '../../services/surveys/brake.ts';
import { storeChunks } from '../../services/surveys/chunk.store.ts';
import { endpointState } from '../../services/surveys/endpoint-life.ts';
import { ITSELF, readPause, setPaused } from '../../services/surveys/pause.store.ts';
import { until } from '../platform/until.ts';
import { withDatabase } from '../support/database.ts';
import { NOW, observation, plannedSurvey, runningSurvey, silence, surveyOf } from '../support/observations.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const later = (ms: number): Date => new Date(NOW.getTime() + ms);
const nothing: WatchReport = { ends: [], minutes: [], stops: [] };
const ends = (from: number, count: number, isLost: boolean, asn = 64512): NetworkEnd[] =>
  Array.from({ length: count }, (_, i) => ({ network: `8.0.${from + i}.0/24`, asn, isLost }));
const minutes = (at: Date, asked: number, lost: number): WatchReport['minutes'] => [
  { minute: new Date(Math.floor(at.getTime() / MINUTE_MS) * MINUTE_MS), asked, lost },
];

async function misses({ db }: Database): Promise<Record<string, number>> {
  const rows = await db.selectFrom('endpoint_state').select(['address', 'misses']).orderBy('address').execute();
  return Object.fromEntries(rows.map((row) => [row.address.split('/')[0], row.misses]));
}

async function states({ db }: Database, at: Date): Promise<Record<string, string>> {
  const rows = await db.selectFrom('endpoint_state').selectAll().orderBy('address').execute();
  return Object.fromEntries(
    rows.map((row) => {
      const life = {
        lastSeen: row.last_seen?.getTime() ?? null,
        lastProbed: row.last_probed.getTime(),
        misses: row.misses,
      };
      return [row.address.split('/')[0], endpointState(life, at.getTime())];
    }),
  );
}

const host = (n: number, changes: Parameters<typeof observation>[0] = {}): Observation =>
  observation({ host: `8.1.0.${n}`, address: `8.1.0.${n}`, ...changes });

describe('scopes that a survey leaves alone', () => {
  it('are told to whoever reports next, in this survey and in no other', async (t) => {
    const { database } = await withDatabase(t);
    await runningSurvey(database, 's', 1);
    await runningSurvey(database, 'other', 1);
    const stop = { scope: '8.0.0.0/24', asked: 9, lost: 9 };
    assert.deepEqual(await reportWatch(database, 's', { ...nothing, stops: [stop] }, NOW), ['8.0.0.0/24']);
    assert.deepEqual(await reportWatch(database, 's', nothing, later(1)), ['8.0.0.0/24']);
    // Found twice: the first stands.
    await reportWatch(database, 's', { ...nothing, stops: [{ ...stop, asked: 20 }] }, later(2));
    assert.deepEqual(await reportWatch(database, 'other', nothing, later(3)), []);
    assert.deepEqual((await surveyBrakes(database.db, 's')).scopes, [{ ...stop, stoppedAt: NOW }]);
  });

  it('are an AS when networks that different workers asked say so together', async (t) => {
    const { database } = await withDatabase(t);
    await runningSurvey(database, 's', 1);
    const answered = ends(100, 20, false);
    assert.deepEqual(await reportWatch(database, 's', { ...nothing, ends: answered }, NOW), []);
    const workers = [ends(0, 4, true), ends(10, 4, true), ends(30, 40, true, 64513).slice(0, 8)];
    for (const [i, lost] of workers.entries())
      assert.deepEqual(await reportWatch(database, 's', { ...nothing, ends: lost }, later(i + 1)), []);
    assert.deepEqual(await reportWatch(database, 's', { ...nothing, ends: ends(20, 1, true) }, later(9)), ['AS64512']);
    assert.deepEqual((await surveyBrakes(database.db, 's')).scopes, [
      { scope: 'AS64512', asked: 29, lost: 9, stoppedAt: later(9) },
    ]);
  });

  it('are no AS when one network is asked again and again, as by a chunk that is begun anew', async (t) => {
    const { database } = await withDatabase(t);
    await runningSurvey(database, 's', 1);
    for (let turn = 0; turn < 12; turn++)
      assert.deepEqual(await reportWatch(database, 's', { ...nothing, ends: ends(0, 2, true) }, later(turn)), []);
  });
});

describe('what was up before a survey', () => {
  it('is marked in its targets: seen by the last probe, within eight days', async (t) => {
    const { database } = await withDatabase(t);
    const day = 24 * HOUR_MS;
    await surveyOf(database, 'old', [
      host(1, { observedAt: later(-9 * day) }),
      host(2, { observedAt: later(-7 * day) }),
    ]);
    await surveyOf(database, 'newer', [host(3), host(4, silence), host(5, { observedAt: later(-day) })]);
    await surveyOf(database, 'newest', [host(5, { ...silence, observedAt: NOW })]);
    await plannedSurvey(database, 's');
    const target = (n: number) => ({
      ...{ candidateId: null, host: `8.1.0.${n}`, address: `8.1.0.${n}`, port: 6443, serverName: null },
      ...{ feeds: ['list'], flags: [], outcome: null, evidenceFeed: null },
    });
    await storeChunks(database.db, 's', [[1, 2, 3, 4, 5, 6].map(target)], {}, NOW);
    const rows = await database.db
      .selectFrom('survey_target')
      .select(['host', 'was_up'])
      .where('was_up', '=', true)
      .orderBy('host')
      .execute();
    assert.deepEqual(
      rows.map((row) => row.host),
      ['8.1.0.2', '8.1.0.3'],
    );
  });
});

describe('losses everywhere', () => {
  it('pause the installation by itself, with the reason, once', async (t) => {
    const { database } = await withDatabase(t);
    await runningSurvey(database, 's', 1);
    await reportWatch(database, 's', { ...nothing, minutes: minutes(NOW, TRIP_ASKED - 1, 200) }, NOW);
    assert.equal(await readPause(database.db), null);
    // Another worker's.
    await reportWatch(database, 's', { ...nothing, minutes: minutes(later(MINUTE_MS), 1, 1) }, later(MINUTE_MS));
    const pause = await readPause(database.db);
    assert.deepEqual([pause?.by, pause?.since], [ITSELF, later(MINUTE_MS)]);
    assert.match(pause?.reason ?? '', /^201 of 300 endpoints that were up did not answer survey s within 10 minutes/);
    await reportWatch(database, 's', { ...nothing, minutes: minutes(later(MINUTE_MS), 50, 50) }, later(MINUTE_MS + 1));
    assert.equal((await surveyBrakes(database.db, 's')).trips.length, 1);
  });

  it('do not while one in five or fewer are lost, and not over more than ten minutes', async (t) => {
    const { database } = await withDatabase(t);
    await runningSurvey(database, 's', 1);
    await reportWatch(database, 's', { ...nothing, minutes: minutes(NOW, 1000, 200) }, NOW);
    await reportWatch(
      database,
      's',
      { ...nothing, minutes: minutes(later(11 * MINUTE_MS), 299, 299) },
      later(11 * MINUTE_MS),
    );
    assert.equal(await readPause(database.db), null);
    await reportWatch(
      database,
      's',
      { ...nothing, minutes: minutes(later(11 * MINUTE_MS), 1, 0) },
      later(11 * MINUTE_MS),
    );
    assert.equal(await readPause(database.db), null, 'nothing more was lost');
    await reportWatch(
      database,
      's',
      { ...nothing, minutes: minutes(later(12 * MINUTE_MS), 1, 1) },
      later(12 * MINUTE_MS),
    );
    assert.equal((await readPause(database.db))?.by, ITSELF);
  });

  it('count from a resume on, so that whoever resumes is not paused for what they know', async (t) => {
    const { database } = await withDatabase(t);
    await runningSurvey(database, 's', 1);
    await reportWatch(database, 's', { ...nothing, minutes: minutes(NOW, 400, 400) }, NOW);
    assert.equal((await readPause(database.db))?.by, ITSELF);
    await setPaused(database.db, false, later(30_000));
    await reportWatch(database, 's', { ...nothing, minutes: minutes(later(40_000), 100, 100) }, later(40_000));
    assert.equal(await readPause(database.db), null);
    await reportWatch(
      database,
      's',
      { ...nothing, minutes: minutes(later(2 * MINUTE_MS), 300, 300) },
      later(2 * MINUTE_MS),
    );
    assert.equal((await readPause(database.db))?.by, ITSELF);
    assert.equal((await surveyBrakes(database.db, 's')).trips.length, 2);
  });

  it('leave a pause of a person alone', async (t) => {
    const { database } = await withDatabase(t);
    await runningSurvey(database, 's', 1);
    await setPaused(database.db, true, NOW, { by: 'ada', reason: 'maintenance' });
    await reportWatch(database, 's', { ...nothing, minutes: minutes(NOW, 400, 400) }, NOW);
    assert.deepEqual(await readPause(database.db), { since: NOW, by: 'ada', reason: 'maintenance' });
    assert.deepEqual((await surveyBrakes(database.db, 's')).trips, []);
  });

  /** Endpoints 1: up; 2: missed twice, three days ago at the last sight; 3: down for long. Then a survey that finds none of them. */
  async function threeLives(database: Database): Promise<void> {
    const at = (hours: number): Date => later(hours * HOUR_MS);
    await surveyOf(
      database,
      'a',
      [1, 2, 3].map((n) => host(n, { observedAt: at(-80) })),
    );
    await surveyOf(
      database,
      'b',
      [2, 3].map((n) => host(n, { ...silence, observedAt: at(-50) })),
    );
    await surveyOf(
      database,
      'c',
      [2, 3].map((n) => host(n, { ...silence, observedAt: at(-30) })),
    );
    await surveyOf(database, 'd', [host(3, { ...silence, observedAt: at(-2) }), host(1, { observedAt: at(-2) })]);
    assert.deepEqual(await states(database, NOW), { '8.1.0.1': 'up', '8.1.0.2': 'suspect', '8.1.0.3': 'down' });
  }
  const lostAll = (at: Date): Observation[] => [1, 2, 3].map((n) => host(n, { ...silence, observedAt: at }));

  it('without a trip make the second down: what the next tests guard against', async (t) => {
    const { database } = await withDatabase(t);
    await threeLives(database);
    await surveyOf(database, 's', lostAll(NOW));
    assert.deepEqual(await states(database, NOW), { '8.1.0.1': 'suspect', '8.1.0.2': 'down', '8.1.0.3': 'down' });
  });

  it('take the misses of their time back: nobody becomes down, who was down stays so, and what was observed is kept', async (t) => {
    const { database } = await withDatabase(t);
    await threeLives(database);
    const before = await misses(database);
    await runningSurvey(database, 's', 2);
    await commitChunk(database, { surveyId: 's', chunk: 0, vantage: 'v' }, lostAll(NOW), later(1000));
    await reportWatch(database, 's', { ...nothing, minutes: minutes(NOW, 400, 400) }, later(2000));
    assert.deepEqual(await states(database, later(2000)), {
      '8.1.0.1': 'suspect',
      '8.1.0.2': 'suspect',
      '8.1.0.3': 'down',
    });
    assert.deepEqual(await misses(database), { ...before, '8.1.0.1': 1 });
    const kept = await database.db.selectFrom('observation').select('outcome').where('survey_id', '=', 's').execute();
    assert.deepEqual(
      kept.map(({ outcome }) => outcome),
      ['tcp_timeout', 'tcp_timeout', 'tcp_timeout'],
    );
  });

  it('also of chunks that are committed long after it, and only of their time', async (t) => {
    const { database } = await withDatabase(t);
    await threeLives(database);
    await runningSurvey(database, 's', 2);
    await reportWatch(database, 's', { ...nothing, minutes: minutes(NOW, 400, 400) }, later(2000));
    await commitChunk(database, { surveyId: 's', chunk: 0, vantage: 'v' }, lostAll(later(1000)), later(HOUR_MS));
    assert.deepEqual(await states(database, later(HOUR_MS)), {
      '8.1.0.1': 'suspect',
      '8.1.0.2': 'suspect',
      '8.1.0.3': 'down',
    });
    // Asked again after the resume and missed again: that counts.
    await commitChunk(database, { surveyId: 's', chunk: 1, vantage: 'v' }, lostAll(later(HOUR_MS)), later(2 * HOUR_MS));
    assert.equal((await states(database, later(2 * HOUR_MS)))['8.1.0.2'], 'down');
  });

  it('and of chunks that are being committed at that very moment', async (t) => {
    const { database } = await withDatabase(t);
    await threeLives(database);
    await runningSurvey(database, 's', 1);
    const stored = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    const slow: Pick<Database, 'transaction'> = {
      transaction: (work) =>
        database.transaction(async (tx) => {
          const result = await work(tx);
          stored.resolve();
          await gate.promise;
          return result;
        }),
    };
    const commits = commitChunk(slow, { surveyId: 's', chunk: 0, vantage: 'v' }, lostAll(NOW), later(1000));
    await stored.promise;
    const trip = reportWatch(database, 's', { ...nothing, minutes: minutes(NOW, 400, 400) }, later(1000));
    const waits = until('the trip to wait for the commit', async () => {
      const { rows } = await sql`
        select from pg_locks where locktype = 'advisory' and not granted
          and database = (select oid from pg_database where datname = current_database())`.execute(database.db);
      return rows.length > 0;
    });
    await Promise.race([waits, trip]);
    gate.resolve();
    await Promise.all([commits, trip]);
    assert.deepEqual(await states(database, later(1000)), {
      '8.1.0.1': 'suspect',
      '8.1.0.2': 'suspect',
      '8.1.0.3': 'down',
    });
  });
});

describe('our own faults', () => {
  it('make no host down, however often a survey meets them', async (t) => {
    const { database } = await withDatabase(t);
    await surveyOf(database, 'a', [host(1, { observedAt: later(-100 * HOUR_MS) })]);
    for (let survey = 0; survey < 5; survey++)
      await surveyOf(database, `s${survey}`, [
        host(1, { ...silence, outcome: 'error_ours', observedAt: later(survey * HOUR_MS) }),
      ]);
    assert.deepEqual(await states(database, later(5 * HOUR_MS)), { '8.1.0.1': 'up' });
  });
});
