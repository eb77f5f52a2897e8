// What may be published is judged with the counting and read afterwards; what was counted anew, or with another k, is judged anew.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { sql } from 'kysely';
import type { Database } from '../../services/platform/db/database.ts';
import { rollUp } from '../../services/rollups/rollup.job.ts';
import { recompute } from '../../services/rollups/rollup.store.ts';
import { type PublicCells, publicCells } from '../../services/rollups/suppress.store.ts';
import { withDatabase } from '../support/database.ts';
import { NOW, observation, surveyOf } from '../support/observations.ts';

const K = 5;
/** Forty networks in one country and two in another, on two ports. */
const SEEN = Array.from({ length: 42 }, (_, i) =>
  observation({
    host: `8.0.${i}.1`,
    address: `8.0.${i}.1`,
    port: i % 2 === 0 ? 6443 : 443,
    country: i < 40 ? 'DE' : 'FR',
    observedAt: NOW,
  }),
);

async function hiddenCells({ db }: Database, cells: PublicCells): Promise<string[]> {
  const rows = await db.selectFrom('rollup').select(['dims', 'values']).where('unit', '=', 'endpoint').execute();
  return rows
    .filter(({ dims, values }) => cells.isHidden(dims as never, values))
    .map(({ dims, values }) => `${dims}: ${values}`)
    .sort();
}

it('what is kept with the counts hides what a judgement on request hides', async (t) => {
  const { database } = await withDatabase(t);
  const { db } = database;
  await surveyOf(database, 's', SEEN, NOW);
  await rollUp('s', { db, now: () => NOW });
  const asked = await hiddenCells(database, await publicCells(db, 's', K));
  assert.ok(asked.includes('country: FR') && !asked.includes(': '), asked.join('; '));
  await sql`update survey set rolled_up_at = null where id = 's'`.execute(db);
  await rollUp('s', { db, now: () => NOW, publicNetworks: K });
  assert.equal((await db.selectFrom('held_back').selectAll().execute()).length, 1);
  assert.deepEqual(await hiddenCells(database, await publicCells(db, 's', K)), asked);
});

it('is what readers get, until it is counted anew or another k is asked for', async (t) => {
  const { database } = await withDatabase(t);
  const { db } = database;
  await surveyOf(database, 's', SEEN, NOW);
  await rollUp('s', { db, now: () => NOW, publicNetworks: K });
  const [judged, more] = await Promise.all(
    [K, 42].map(async (k) => hiddenCells(database, await publicCells(db, 's', k))),
  );
  assert.ok(more!.length > judged!.length, 'a larger k hides more');
  await sql`update held_back set tables = '[{"dims": ["country"], "hidden": [["DE"]]}]'`.execute(db);
  const kept = await publicCells(db, 's', K);
  assert.deepEqual(
    [kept.isHidden(['country'], ['DE']), kept.isHidden(['country'], ['FR']), kept.hiddenIn(['country'])],
    [true, false, 1],
  );
  assert.ok(kept.isHidden(['asn'], ['1']) && !kept.hasTable(['asn']), 'a table that is not kept is not published');
  assert.deepEqual(await hiddenCells(database, await publicCells(db, 's', 42)), more);
  await recompute(db, 's', new Date(NOW.getTime() + 1000));
  assert.deepEqual(await hiddenCells(database, await publicCells(db, 's', K)), judged);
});
