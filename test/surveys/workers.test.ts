// Workers that say that they live, what waits for those that do not, and how many are wanted.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { sql } from 'kysely';
import { storeChunks } from '../../services/surveys/chunk.store.ts';
import type { SurveyTarget } from '../../services/surveys/survey.ts';
import { beat, leave, liveWorkers, vantageStates, waitingSurveys } from '../../services/surveys/worker.store.ts';
import { workersWanted } from '../../services/surveys/workers-wanted.ts';
import { withDatabase } from '../support/database.ts';
import { plannedSurvey } from '../support/observations.ts';

const worker = (id: string, vantage: string, release = '1') => ({ id, vantage, release });

const target = (n: number): SurveyTarget => ({
  ...{ candidateId: null, host: `8.0.2.${n}`, address: `8.0.2.${n}`, port: 6443, serverName: null },
  ...{ feeds: ['f'], flags: [], outcome: null, evidenceFeed: null, wasUp: false },
});

describe('workers', () => {
  it('live while they say so, and are missed half a minute after they ceased to', async (t) => {
    const { db } = (await withDatabase(t)).database;
    await beat(db, worker('a', 'near'));
    await beat(db, worker('b', 'near', '2'));
    await beat(db, worker('c', 'far'));
    assert.deepEqual(await liveWorkers(db), [
      { vantage: 'far', release: '1', workers: 1 },
      { vantage: 'near', release: '1', workers: 1 },
      { vantage: 'near', release: '2', workers: 1 },
    ]);
    const silentFor = (seconds: number, id: string) =>
      sql`update worker set seen_at = now() - make_interval(secs => ${seconds}) where id = ${id}`.execute(db);
    await silentFor(20, 'a');
    await silentFor(31, 'c');
    await leave(db, 'b');
    assert.deepEqual(await liveWorkers(db), [{ vantage: 'near', release: '1', workers: 1 }]);
    await silentFor(2 * 86_400, 'c');
    await beat(db, worker('a', 'near'));
    assert.equal((await db.selectFrom('worker').select('id').execute()).length, 1, 'who died is forgotten after a day');
  });

  it('are missed by the surveys that demand their vantage, and by no others', async (t) => {
    const { db } = (await withDatabase(t)).database;
    const started = new Date(Date.now() - 3_600_000);
    await plannedSurvey({ db }, 'two', started, { vantages: ['near', 'far'] });
    await storeChunks(db, 'two', [[target(1)], [target(2)], [target(3)]], {}, started);
    await plannedSurvey({ db }, 'passive', started, { method: 'passive', vantage: 'nowhere' });
    await storeChunks(db, 'passive', [[target(1)]], {}, started);
    assert.deepEqual([...(await waitingSurveys(db))], [['two', ['far', 'near']]]);
    await beat(db, worker('a', 'near'));
    assert.deepEqual([...(await waitingSurveys(db))], [['two', ['far']]]);
    await sql`update survey_chunk set issued_at = now() - interval '100 s', committed_at = now() - interval '40 s' where survey_id = 'two' and chunk = 0`.execute(
      db,
    );
    const states = await vantageStates(db);
    assert.deepEqual(
      states.map(({ vantage, workers, openChunks, chunkSeconds }) => [vantage, workers, openChunks, chunkSeconds]),
      [
        ['far', 0, 3, null],
        ['near', 1, 2, 60],
      ],
    );
    for (const { goneSeconds } of states) assert.ok(goneSeconds >= 3600 && goneSeconds < 3700, String(goneSeconds));
    await sql`update survey_chunk set quarantined_at = now() where vantage = 'far'`.execute(db);
    assert.deepEqual([...(await waitingSurveys(db))], []);
  });

  it('are wanted as the work, its length and the time that is left ask for', () => {
    const plan = { atOnce: 4, windowSeconds: 20 * 3600 };
    const wanted = (openChunks: number, chunkSeconds: number | null, goneSeconds: number): number =>
      workersWanted({ ...plan, openChunks, chunkSeconds, goneSeconds });
    assert.equal(wanted(0, 600, 0), 0);
    assert.equal(wanted(3000, null, 0), 1, 'nobody knows yet');
    // 3,000 chunks of 10 minutes, 4 at once: 125 hours of one worker.
    assert.equal(wanted(3000, 600, 0), Math.ceil(125 / 20));
    assert.equal(wanted(3000, 600, 10 * 3600), Math.ceil(125 / 10));
    assert.equal(wanted(30, 600, 100 * 3600), Math.ceil((30 * 600) / (4 * 900)), 'late: in a quarter of an hour');
    assert.equal(wanted(6, 6000, 100 * 3600), 2, 'no more than have something to do');
    assert.equal(wanted(1, 1, 0), 1);
  });
});
