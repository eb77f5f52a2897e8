// A headline that jumped blocks what would be published by itself: reports are held for everybody, until a person sends them.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { it } from 'node:test';
import { keepJump } from '../../services/rollups/headline-jump.store.ts';
import { rollUp } from '../../services/rollups/rollup.job.ts';
import { keepSummary } from '../../services/rollups/summary.store.ts';
import { sendAgain } from '../../services/schedules/delivery.store.ts';
import { firing, later, NOW, REPORT_ID } from '../support/firing.ts';
import { observation, surveyOf } from '../support/observations.ts';

it('a report on a headline that jumped is held, also from those who take partial ones, and `resend` sends it', async (t) => {
  const spec = { kind: 'report', report: 'headline', evenPartial: true } as const;
  const fired = await firing(t, (home) => [`dir:${home}/place`], { spec });
  const { db } = fired.database;
  const many = Array.from({ length: 120 }, (_, i) => observation({ host: `8.0.9.${i}`, address: `8.0.9.${i}` }));
  const before = later(-24 * 60);
  await surveyOf(fired.database, 'before', many, before);
  await rollUp('before', { db, now: () => before });
  await keepSummary(db, 's');
  const jump = await keepJump(db, 's');
  assert.deepEqual([jump?.before, jump?.from], ['before', 120]);

  assert.equal(await fired.fire(), null);
  await fired.deliver(later(3000));
  const [held] = await fired.deliveries();
  assert.deepEqual([held?.state, held?.attempts], ['held: jump', []]);
  const { id, held: count, stopped } = await fired.schedule();
  assert.deepEqual([count, stopped], [1, 0]);

  await sendAgain(db, id, null, NOW);
  await fired.deliver(later(3000));
  assert.equal((await fired.deliveries())[0]?.state, 'delivered');
  const manifest = JSON.parse(
    await readFile(join(fired.directory, 'place', `headline-${REPORT_ID}`, 'manifest.json'), 'utf8'),
  );
  assert.deepEqual(manifest.survey.flags, ['headline_jump']);
  assert.deepEqual(manifest.survey.jump, { ...jump, unit: 'endpoints' });
});
