// The early end of a survey: nothing of it begins any more, what is under way is committed, and then it is over.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { commitChunk } from '../../services/observations/observation.store.ts';
import type { Database } from '../../services/platform/db/database.ts';
import { openChunks, openTargets, openTurn } from '../../services/surveys/chunk.store.ts';
import { releaseChunks } from '../../services/surveys/chunk-start.store.ts';
import { endRequested, isEnding, requestEnd } from '../../services/surveys/early-end.store.ts';
import { listSurveys } from '../../services/surveys/survey.store.ts';
import { withDatabase } from '../support/database.ts';
import { NOW, observation, plannedSurvey, runningSurvey } from '../support/observations.ts';

const later = (seconds: number): Date => new Date(NOW.getTime() + seconds * 1000);
const stateOf = async ({ db }: Database, id = 's'): Promise<unknown[]> => {
  const [row] = await listSurveys(db, id);
  return [row?.state, row?.finishedAt];
};
const begin = ({ db }: Database, chunk: number) =>
  db.updateTable('survey_chunk').set({ starts: 1 }).where('chunk', '=', chunk).execute();
const commit = (database: Database, chunk: number): Promise<boolean> =>
  commitChunk(database, { surveyId: 's', chunk, vantage: 'v' }, [observation()], NOW);

describe('a survey whose end is asked for', () => {
  it('begins nothing, and ends when what was under way is committed', async (t) => {
    const { database } = await withDatabase(t);
    const { db } = database;
    await runningSurvey(database, 's', 3);
    await begin(database, 0);
    assert.equal(await isEnding(db, 's'), false);
    assert.equal(await requestEnd(db, 's', NOW), true);
    assert.equal(await isEnding(db, 's'), true);
    assert.deepEqual(await openChunks(db, 10), []);
    assert.equal(await openTurn(db, 's', 1), null);
    assert.equal(await openTargets(db, 's', 1), null);
    await endRequested(db, later(1));
    assert.deepEqual(await stateOf(database), ['running', null]);
    assert.equal(await commit(database, 0), true, 'what was seen is kept');
    await endRequested(db, later(2));
    assert.deepEqual(await stateOf(database), ['stopped', later(2)]);
    assert.equal(await requestEnd(db, 's', later(3)), false, 'it has ended already');
    assert.equal(await commit(database, 1), false);
  });

  it('waits half a minute for a worker that does not answer, from the first time that it was asked for', async (t) => {
    const { database } = await withDatabase(t);
    await runningSurvey(database, 's', 1);
    await begin(database, 0);
    await requestEnd(database.db, 's', NOW);
    await requestEnd(database.db, 's', later(20));
    await endRequested(database.db, later(29));
    assert.deepEqual(await stateOf(database), ['running', null]);
    await endRequested(database.db, later(30));
    assert.deepEqual(await stateOf(database), ['stopped', later(30)]);
  });

  it('is complete when nothing was left to do, and stopped when it was not even planned', async (t) => {
    const { database } = await withDatabase(t);
    const { db } = database;
    await runningSurvey(database, 's', 1);
    await plannedSurvey(database, 'planned');
    await runningSurvey(database, 'other', 1);
    await begin(database, 0);
    await requestEnd(db, 's', NOW);
    await requestEnd(db, 'planned', NOW);
    await commit(database, 0);
    await endRequested(db, NOW);
    assert.deepEqual(await stateOf(database), ['complete', NOW]);
    assert.deepEqual(await stateOf(database, 'planned'), ['stopped', NOW]);
    assert.deepEqual(await stateOf(database, 'other'), ['running', null]);
    await assert.rejects(requestEnd(db, 'unknown', NOW), { code: 'KC_NO_SURVEY' });
  });

  it('is left for later while its plan is stored, and never taken for complete', async (t) => {
    const { database } = await withDatabase(t);
    const { db } = database;
    await runningSurvey(database, 's', 1);
    await requestEnd(db, 's', NOW);
    await db.transaction().execute(async (tx) => {
      await tx.selectFrom('survey').select('id').forUpdate().execute();
      await endRequested(db, later(60));
    });
    assert.deepEqual(await stateOf(database), ['running', null]);
    await endRequested(db, later(61));
    assert.deepEqual(await stateOf(database), ['stopped', later(61)]);
  });

  it('runs again when chunks of it are released afterwards: the last word counts', async (t) => {
    const { database } = await withDatabase(t);
    const { db } = database;
    await runningSurvey(database, 's', 2);
    await commit(database, 0);
    await db.updateTable('survey_chunk').set({ quarantined_at: NOW, starts: 3 }).where('chunk', '=', 1).execute();
    await requestEnd(db, 's', NOW);
    await endRequested(db, NOW);
    assert.deepEqual(await stateOf(database), ['complete', NOW]);
    assert.equal(await releaseChunks(db, 's'), 1);
    assert.equal((await openChunks(db, 10)).length, 1);
  });
});
