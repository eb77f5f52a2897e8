// A headline that jumps against the last survey made alike: by more than a fifth, up or down, and compared with nothing else.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { sql } from 'kysely';
import type { Database } from '../../services/platform/db/database.ts';
import { countedSurvey } from '../../services/rollups/counted-survey.store.ts';
import type { IndicatorCounts } from '../../services/rollups/headline.ts';
import { jumpOf } from '../../services/rollups/headline-jump.ts';
import { rollUp } from '../../services/rollups/rollup.job.ts';
import { withDatabase } from '../support/database.ts';
import { NOW, observation, surveyOf } from '../support/observations.ts';

const counts = (certificateName: number, versionEndpoint: number): IndicatorCounts => ({
  ...{ certificateName, versionEndpoint, both: 0, onlyCertificateName: certificateName },
  ...{ onlyVersionEndpoint: versionEndpoint, either: certificateName + versionEndpoint },
});

describe('a jump', () => {
  it('is more than a fifth of what was counted before, up or down', () => {
    assert.equal(jumpOf(counts(1000, 500), counts(1200, 400)), null);
    assert.deepEqual(jumpOf(counts(1000, 500), counts(1201, 500)), {
      indicator: 'certificateName',
      from: 1000,
      to: 1201,
    });
    assert.deepEqual(jumpOf(counts(1000, 500), counts(1000, 399)), {
      indicator: 'versionEndpoint',
      from: 500,
      to: 399,
    });
  });

  it('is the larger of two, and none where there are few', () => {
    assert.equal(jumpOf(counts(1000, 500), counts(700, 100))?.indicator, 'versionEndpoint');
    assert.equal(jumpOf(counts(99, 10), counts(20, 99)), null);
    assert.deepEqual(jumpOf(counts(0, 0), counts(100, 0)), { indicator: 'certificateName', from: 0, to: 100 });
    assert.equal(jumpOf(counts(0, 0), counts(0, 0)), null);
  });
});

const hours = (count: number): Date => new Date(NOW.getTime() + count * 3_600_000);

/** A counted survey in which so many endpoints show both indicators. */
async function survey(
  database: Database,
  id: string,
  endpoints: number,
  at: Date,
  changes = sql`method = method`,
): Promise<void> {
  const seen = Array.from({ length: endpoints }, (_, i) =>
    observation({ host: `8.0.${i >> 8}.${i & 255}`, address: `8.0.${i >> 8}.${i & 255}`, observedAt: at }),
  );
  await surveyOf(database, id, seen, at);
  await sql`update survey set ${changes} where id = ${id}`.execute(database.db);
  await rollUp(id, { db: database.db, now: () => at });
}

const jump = async ({ db }: Database, id: string): Promise<unknown> =>
  (await db.selectFrom('survey').select('jump').where('id', '=', id).executeTakeFirstOrThrow()).jump;
const flags = async ({ db }: Database, id: string): Promise<readonly string[]> => (await countedSurvey(db, id)).flags;

describe('a survey', () => {
  it('keeps its jump against the one before, and says so beside its numbers', async (t) => {
    const { database } = await withDatabase(t);
    await survey(database, 'a', 100, hours(0));
    await survey(database, 'b', 120, hours(24));
    await survey(database, 'c', 150, hours(48));
    assert.deepEqual([await jump(database, 'a'), await jump(database, 'b')], [null, null]);
    assert.deepEqual(await jump(database, 'c'), { before: 'b', indicator: 'certificateName', from: 120, to: 150 });
    assert.ok((await flags(database, 'c')).includes('headline_jump'));
    assert.ok(!(await flags(database, 'b')).includes('headline_jump'));
  });

  it('is compared with the last that was made alike, and in which nothing stopped itself', async (t) => {
    const { database } = await withDatabase(t);
    await survey(database, 'a', 100, hours(0));
    const unlike = {
      method: sql`method = 'passive'`,
      ports: sql`ports = '{443}'`,
      feeds: sql`feeds = '{f}'`,
      scope: sql`scope = '{8.0.0.0/8}'`,
      vantage: sql`vantage = 'w'`,
      sample: sql`sample = 0.5`,
      stopped: sql`state = 'stopped'`,
      choice: sql`manifest = jsonb_set(manifest, '{plan,firstPass}', '"certificate"')`,
    };
    let hour = 1;
    for (const [id, changes] of Object.entries(unlike)) await survey(database, id, 300, hours(hour++), changes);
    for (const id of Object.keys(unlike)) assert.equal(await jump(database, id), null, id);
    await survey(database, 'tripped', 100, hours(hour++));
    await sql`
      insert into survey_trip (survey_id, tripped_at, window_from, window_to, asked, lost) values ('tripped', now(), now(), now(), 300, 300)`.execute(
      database.db,
    );
    await survey(database, 'z', 300, hours(hour));
    assert.deepEqual(await jump(database, 'z'), { before: 'a', indicator: 'certificateName', from: 100, to: 300 });
  });
});
