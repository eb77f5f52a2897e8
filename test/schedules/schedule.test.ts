// Schedules: each fire is claimed once in the world, missed ones run once, and a report and its deliveries arrive together.
import assert from 'node:assert/strict';
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { sql } from 'kysely';
import { nextFire } from '../../services/platform/cron.ts';
import type { Database } from '../../services/platform/db/database.ts';
import { runFire } from '../../services/schedules/fire.job.ts';
import {
  claimDue,
  claimNow,
  finishFire,
  listSchedules,
  removeSchedule,
} from '../../services/schedules/schedule.store.ts';
import type { Fire } from '../../services/schedules/schedule.ts';
import { withDatabase } from '../support/database.ts';
import { add, firing, later, NOW, REPORT_ID } from '../support/firing.ts';

const fires = async ({ db }: Database) => db.selectFrom('schedule_fire').selectAll().orderBy('fire_at').execute();

describe('a due schedule', () => {
  it('gives one fire to schedulers that look at the same moment', async (t) => {
    const { database } = await withDatabase(t);
    for (const name of ['a', 'b', 'c']) await add(database, name);
    const claimed = await Promise.all(Array.from({ length: 6 }, () => claimDue(database.db, NOW, nextFire)));
    assert.deepEqual(
      claimed
        .flat()
        .map((fire) => fire.schedule.name)
        .sort(),
      ['a', 'b', 'c'],
    );
    assert.equal((await fires(database)).length, 3);
    assert.deepEqual(await claimDue(database.db, NOW, nextFire), []);
  });

  it('that missed many fires runs once, under the time that it missed first, and is due next in the future', async (t) => {
    const { database } = await withDatabase(t);
    await add(database, 'a', { nextDueAt: later(-300) });
    const now = later(1);
    const [fire, ...more] = await claimDue(database.db, now, nextFire);
    assert.deepEqual([fire?.fireAt, more], [later(-300), []]);
    const [schedule] = await listSchedules(database.db);
    assert.deepEqual(schedule?.nextDueAt, later(60));
    await finishFire(database.db, fire as Fire, now, { failure: null, reportId: null });
    assert.deepEqual(await claimDue(database.db, later(2), nextFire), []);
    assert.equal((await claimDue(database.db, later(60), nextFire)).length, 1);
  });

  it('that is not due is left alone', async (t) => {
    const { database } = await withDatabase(t);
    await add(database, 'a', { nextDueAt: later(1) });
    assert.deepEqual(await claimDue(database.db, NOW, nextFire), []);
    assert.deepEqual((await listSchedules(database.db))[0]?.nextDueAt, later(1));
  });
});

describe('a claimed fire', () => {
  it('whose process died is claimed again after the lease, by one scheduler, until it has ended', async (t) => {
    const { database } = await withDatabase(t);
    await add(database, 'a');
    const [fire] = await claimDue(database.db, NOW, nextFire);
    assert.deepEqual(await claimDue(database.db, later(9), nextFire), []);
    const again = (await Promise.all([1, 2, 3].map(() => claimDue(database.db, later(11), nextFire)))).flat();
    assert.deepEqual(
      again.map(({ fireAt, schedule }) => [fireAt, schedule.name]),
      [[fire?.fireAt, 'a']],
    );
    await finishFire(database.db, again[0] as Fire, later(12), { failure: null, reportId: null });
    assert.deepEqual(await claimDue(database.db, later(40), nextFire), []);
  });

  it('by hand changes nothing of when the schedule is due', async (t) => {
    const { database } = await withDatabase(t);
    await add(database, 'a', { nextDueAt: later(30) });
    assert.deepEqual((await claimNow(database.db, 'a', NOW))?.fireAt, NOW);
    assert.equal(await claimNow(database.db, 'nobody', NOW), null);
    assert.deepEqual((await listSchedules(database.db))[0]?.nextDueAt, later(30));
  });
});

it('names are taken once, and a removed schedule takes its fires along and leaves its reports', async (t) => {
  const { database } = await withDatabase(t);
  await add(database, 'a');
  await assert.rejects(add(database, 'a'), { code: 'KC_SCHEDULE' });
  await claimDue(database.db, NOW, nextFire);
  assert.equal(await removeSchedule(database.db, 'a', NOW), true);
  assert.equal(await removeSchedule(database.db, 'a', NOW), false);
  assert.deepEqual(await fires(database), []);
});

describe('a report that fires', () => {
  it('is stored with a delivery for every destination, and delivered whole, once', async (t) => {
    const { database, fire, deliver, directory } = await firing(t, (home) => [`dir:${home}/one`, `dir:${home}/two`]);
    assert.equal(await fire(), null);
    const [done] = await fires(database);
    assert.deepEqual([done?.report_id, done?.finished_at, done?.failure], [REPORT_ID, NOW, null]);
    assert.equal((await listSchedules(database.db))[0]?.undelivered, 2);
    await Promise.all([deliver(NOW), deliver(NOW)]);
    const [schedule] = await listSchedules(database.db);
    assert.deepEqual([schedule?.delivered, schedule?.undelivered, schedule?.lastFailure], [2, 0, null]);
    for (const place of ['one', 'two']) {
      const entries = await readdir(join(directory, place));
      assert.deepEqual(entries, [`headline-${REPORT_ID}`], 'nothing half made lies beside it');
      const manifest = JSON.parse(
        await readFile(join(directory, place, entries[0] as string, 'manifest.json'), 'utf8'),
      );
      assert.equal(manifest.id, REPORT_ID);
    }
    assert.deepEqual(
      (await database.db.selectFrom('delivery').select('attempts').execute()).map((row) => row.attempts),
      [1, 1],
    );
  });

  it('leaves a whole copy alone when it is delivered again, and mends a damaged one', async (t) => {
    const { database, fire, deliver, directory } = await firing(t, (home) => [`dir:${home}/place`]);
    await fire();
    await deliver(NOW);
    const page = join(directory, 'place', `headline-${REPORT_ID}`, 'index.html');
    const made = await stat(page);
    const again = () => sql`update delivery set delivered_at = null, next_attempt_at = ${NOW}`.execute(database.db);
    await again();
    await deliver(NOW);
    assert.equal((await stat(page)).ino, made.ino, 'the same file');
    await writeFile(page, 'damaged');
    await again();
    await deliver(NOW);
    assert.notEqual(await readFile(page, 'utf8'), 'damaged');
    assert.equal((await listSchedules(database.db))[0]?.delivered, 1);
  });

  it('is stored together with its deliveries or not at all', async (t) => {
    const { database, fire } = await firing(t, (home) => [`dir:${home}/good`, 'dir:forbidden']);
    await sql`alter table delivery add check (destination <> 'dir:forbidden')`.execute(database.db);
    assert.match((await fire()) ?? '', /check constraint/);
    assert.deepEqual(await database.db.selectFrom('report').selectAll().execute(), []);
    assert.deepEqual(await database.db.selectFrom('delivery').selectAll().execute(), []);
    assert.match((await listSchedules(database.db))[0]?.lastFailure ?? '', /check constraint/);
  });

  it('makes the same report under the same id when its fire is run again after a crash', async (t) => {
    const { database, context, fire } = await firing(t, (home) => [`dir:${home}/place`]);
    await fire();
    await sql`update schedule_fire set finished_at = null`.execute(database.db);
    const [reclaimed] = await claimDue(database.db, later(11), nextFire);
    assert.equal(await runFire(reclaimed as Fire, context), null);
    assert.deepEqual(
      (await database.db.selectFrom('report').select('id').execute()).map((row) => row.id),
      [REPORT_ID],
    );
    assert.equal((await database.db.selectFrom('delivery').select('id').execute()).length, 1);
  });

  it('says why it failed when there is no survey to report on', async (t) => {
    const { database, fire } = await firing(t, (home) => [`dir:${home}/place`]);
    await sql`truncate survey cascade`.execute(database.db);
    await add(database, 'again', { destinations: ['dir:place'] });
    assert.match((await fire()) ?? '', /No survey/);
  });
});

describe('a delivery that fails', () => {
  it('is tried again after 1, 5 and 15 minutes, says why in the list of schedules, and arrives when its place is mended', async (t) => {
    const { database, fire, deliver, directory } = await firing(t, (home) => [`dir:${home}/blocked`]);
    await writeFile(join(directory, 'blocked'), 'a file where a directory should be');
    await fire();
    const tries = async () => {
      const row = await database.db.selectFrom('delivery').selectAll().executeTakeFirstOrThrow();
      return [row.attempts, row.next_attempt_at];
    };
    await deliver(NOW);
    assert.deepEqual(await tries(), [1, later(1)]);
    const [schedule] = await listSchedules(database.db);
    assert.deepEqual([schedule?.delivered, schedule?.undelivered], [0, 1]);
    assert.match(schedule?.lastFailure ?? '', /ENOTDIR|EEXIST/);
    await deliver(NOW);
    assert.deepEqual(await tries(), [1, later(1)], 'it is not due yet');
    await deliver(later(1));
    assert.deepEqual(await tries(), [2, later(6)]);
    await deliver(later(6));
    assert.deepEqual(await tries(), [3, later(21)]);
    await rm(join(directory, 'blocked'));
    await deliver(later(21));
    const [mended] = await listSchedules(database.db);
    assert.deepEqual([mended?.delivered, mended?.undelivered, mended?.lastFailure], [1, 0, null]);
  });

  it('does not hold up the others, and is given up after eight tries; what cannot be sent at all after one', async (t) => {
    const { database, fire, deliver } = await firing(t, (home) => [
      'dir:/dev/null/nowhere',
      'carrier-pigeon:coop',
      `dir:${home}/good`,
    ]);
    await fire();
    for (let day = 0; day < 12; day++) await deliver(later(day * 1440));
    const rows = await database.db.selectFrom('delivery').selectAll().orderBy('id').execute();
    assert.deepEqual(
      rows.map((row) => row.attempts),
      [8, 1, 1],
    );
    assert.deepEqual(
      rows.map((row) => row.delivered_at !== null),
      [false, false, true],
    );
    assert.deepEqual(
      rows.map((row) => row.stopped_reason),
      ['given-up', 'refused', null],
    );
    assert.match(rows[1]?.last_failure ?? '', /no way to deliver/);
  });
});

it('a feed that fires is put in the queue, a survey that fires has an id of its fire', async (t) => {
  const feed = await firing(t, () => [], { spec: { kind: 'feed', feed: 'ct' } });
  assert.equal(await feed.fire(), null);
  assert.deepEqual(feed.started, ['feed ct']);
  await add(feed.database, 'survey', { spec: { kind: 'survey', feeds: ['ct', 'list'] }, nextDueAt: later(1) });
  assert.equal(await feed.fire(later(1)), null);
  assert.deepEqual(feed.started.slice(1), ['survey s-survey-20261124-120100 ct,list']);
});
