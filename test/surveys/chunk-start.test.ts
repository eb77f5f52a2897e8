// Starts of chunks: three without an end put a chunk into quarantine, halts and faults of the database do not, and a person lets it out.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { commitChunk } from '../../services/observations/observation.store.ts';
import { oneAtATime } from '../../services/platform/alone.ts';
import type { Database } from '../../services/platform/db/database.ts';
import { KubecensusError } from '../../services/platform/errors.ts';
import { rollUp } from '../../services/rollups/rollup.job.ts';
import { openChunks, storeChunks } from '../../services/surveys/chunk.store.ts';
import { MOST_STARTS, quarantinedChunks, releaseChunks, withStart } from '../../services/surveys/chunk-start.store.ts';
import { listSurveys } from '../../services/surveys/survey.store.ts';
import { withDatabase } from '../support/database.ts';
import { NOW, observation, plannedSurvey, stopSurvey } from '../support/observations.ts';

const now = (): Date => NOW;
const target = (n: number) => ({
  ...{ candidateId: null, host: `8.0.2.${n}`, address: `8.0.2.${n}`, port: 6443, serverName: null },
  ...{ feeds: ['list'], flags: [], outcome: null, evidenceFeed: null },
});
const key = (chunk: number) => ({ surveyId: 's', chunk });

async function survey(database: Database, chunks: number): Promise<void> {
  await plannedSurvey(database, 's');
  const targets = Array.from({ length: chunks }, (_, n) => [target(n)]);
  await storeChunks(database.db, 's', targets, {}, NOW);
}

const context = (signal = new AbortController().signal) => ({ now, alone: oneAtATime(), signal });
const commit = (database: Database, chunk: number): Promise<boolean> =>
  commitChunk(
    database,
    { ...key(chunk), vantage: 'v' },
    [observation({ host: `8.0.2.${chunk}`, address: `8.0.2.${chunk}` })],
    NOW,
  );

/** A start whose process died: it is counted and never ends. */
async function die({ db }: Database, chunk: number): Promise<boolean> {
  let isBegun = false;
  const begun = Promise.withResolvers<void>();
  void withStart(db, key(chunk), context(), () => {
    isBegun = true;
    begun.resolve();
    return new Promise<boolean>(() => undefined);
  }).then(() => begun.resolve());
  await begun.promise;
  return isBegun;
}

const starts = async ({ db }: Database, chunk: number): Promise<number | undefined> =>
  (await db.selectFrom('survey_chunk').select('starts').where('chunk', '=', chunk).executeTakeFirst())?.starts;

describe('a chunk that ends its process', () => {
  it('is begun three times and then no more; the survey completes without it and says so', async (t) => {
    const { database } = await withDatabase(t);
    const { db } = database;
    await survey(database, 3);
    for (let start = 1; start <= MOST_STARTS; start++) {
      assert.equal(await die(database, 1), true);
      assert.equal(await starts(database, 1), start);
      assert.equal((await openChunks(db, 10)).length, 3, 'it is issued until it is known');
    }
    assert.equal(await die(database, 1), false);
    assert.deepEqual(
      (await openChunks(db, 10)).map(({ chunk }) => chunk),
      [0, 2],
    );
    assert.deepEqual(await quarantinedChunks(db), [{ ...key(1), targets: 1, quarantinedAt: NOW }]);
    assert.equal(await rollUp('s', { db, now }), false);
    for (const chunk of [0, 2])
      assert.equal(await withStart(db, key(chunk), context(), () => commit(database, chunk)), true);
    assert.equal(await rollUp('s', { db, now }), true);
    const [row] = await listSurveys(db, 's');
    assert.deepEqual([row?.state, row?.chunks, row?.committed, row?.quarantined], ['complete', 3, 2, 1]);
  });

  it('is released by a person: it may be begun three times again, and its survey is counted anew', async (t) => {
    const { database } = await withDatabase(t);
    const { db } = database;
    await survey(database, 2);
    for (let start = 0; start <= MOST_STARTS; start++) await die(database, 0);
    await withStart(db, key(1), context(), () => commit(database, 1));
    await rollUp('s', { db, now });
    assert.equal(await releaseChunks(db, 's'), 1);
    assert.equal(await releaseChunks(db, 's'), 0);
    const [running] = await listSurveys(db, 's');
    assert.deepEqual([running?.state, running?.rolledUpAt, running?.quarantined], ['running', null, 0]);
    assert.equal(await withStart(db, key(0), context(), () => commit(database, 0)), true);
    assert.equal(await rollUp('s', { db, now }), true);
    const [row] = await listSurveys(db, 's');
    assert.deepEqual([row?.state, row?.committed], ['complete', 2]);
    await assert.rejects(releaseChunks(db, 'unknown'), { code: 'KC_NO_SURVEY' });
    await plannedSurvey(database, 'halted');
    await stopSurvey(db, 'halted', NOW);
    await assert.rejects(releaseChunks(db, 'halted'), { code: 'KC_USAGE' });
  });

  it('is committed all the same when a worker that was taken for dead comes back, and is in quarantine no more', async (t) => {
    const { database } = await withDatabase(t);
    await survey(database, 1);
    for (let start = 0; start <= MOST_STARTS; start++) await die(database, 0);
    assert.equal(await commit(database, 0), true);
    assert.deepEqual(await quarantinedChunks(database.db), []);
  });
});

describe('a start is taken back', () => {
  const fails = (error: unknown) => () => Promise.reject(error);
  const cases: readonly [string, () => Promise<boolean>][] = [
    ['nothing of it was observed, because work was halted', async () => false],
    ['the database is out of disk', fails(Object.assign(new Error('disk full'), { code: '53100' }))],
    ['the database takes no writes', fails(Object.assign(new Error('read only'), { code: '25006' }))],
    ['the connection broke', fails(Object.assign(new Error('reset'), { code: 'ECONNRESET' }))],
    ['the installation is at fault, as when the opt-outs cannot be read', fails(new KubecensusError('KC_SCOPE', ''))],
  ];
  it('when the chunk is not to blame', async (t) => {
    const { database } = await withDatabase(t);
    await survey(database, 1);
    for (const [what, work] of cases)
      for (let turn = 0; turn < MOST_STARTS + 1; turn++) {
        await withStart(database.db, key(0), context(), work).catch(() => undefined);
        assert.equal(await starts(database, 0), 0, what);
      }
    const halted = new AbortController();
    const dial = async (): Promise<boolean> => {
      halted.abort();
      halted.signal.throwIfAborted();
      return true;
    };
    await assert.rejects(withStart(database.db, key(0), context(halted.signal), dial), { name: 'AbortError' });
    assert.equal(await starts(database, 0), 0);
  });

  it('and not when it fails by itself: three such failures, and it is begun no more', async (t) => {
    const { database } = await withDatabase(t);
    await survey(database, 1);
    let runs = 0;
    const fail = async (): Promise<boolean> => {
      runs++;
      throw new RangeError('a target that nobody thought of');
    };
    for (let turn = 0; turn < 5; turn++)
      await withStart(database.db, key(0), context(), fail).catch((error: unknown) =>
        assert.ok(error instanceof RangeError),
      );
    assert.equal(runs, MOST_STARTS);
    assert.equal((await quarantinedChunks(database.db)).length, 1);
  });
});

describe('chunks that were begun before', () => {
  it('wait for each other in a process, and new ones for nobody', async (t) => {
    const { database } = await withDatabase(t);
    await survey(database, 4);
    for (const chunk of [0, 1, 2]) await die(database, chunk);
    const oneByOne = oneAtATime();
    const gate = Promise.withResolvers<void>();
    let waiting = 0;
    // Nobody who waits may begin before the new chunk has ended.
    const alone = <T>(work: () => Promise<T>): Promise<T> => {
      waiting++;
      return oneByOne(async () => {
        await gate.promise;
        return work();
      });
    };
    const run = (chunk: number): Promise<boolean> =>
      withStart(database.db, key(chunk), { ...context(), alone }, () => commit(database, chunk));
    const suspects = [0, 1, 2].map(run);
    assert.equal(await run(3), true);
    gate.resolve();
    assert.deepEqual(await Promise.all(suspects), [true, true, true]);
    assert.equal(waiting, 3);
  });

  it('are not counted while they wait: the process may die of another', async (t) => {
    const { database } = await withDatabase(t);
    await survey(database, 1);
    await die(database, 0);
    const asked = Promise.withResolvers<void>();
    const never = <T>(): Promise<T> => {
      asked.resolve();
      return new Promise<T>(() => undefined);
    };
    void withStart(database.db, key(0), { ...context(), alone: never }, () => commit(database, 0));
    await asked.promise;
    assert.equal(await starts(database, 0), 1);
  });
});

describe('one at a time', () => {
  it('runs in the order of asking, never two at once, and goes on after a failure', async () => {
    const alone = oneAtATime();
    let running = 0;
    const order: number[] = [];
    const work = (n: number) => async (): Promise<number> => {
      assert.equal(++running, 1);
      await new Promise((resolve) => setImmediate(resolve));
      running--;
      order.push(n);
      if (n === 1) throw new Error('one');
      return n;
    };
    const ends = await Promise.allSettled([0, 1, 2, 3].map((n) => alone(work(n))));
    assert.deepEqual(
      ends.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled', 'fulfilled'],
    );
    assert.deepEqual(order, [0, 1, 2, 3]);
  });
});
