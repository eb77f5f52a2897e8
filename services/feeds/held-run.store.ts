// A person decides on a run that is held: its rows are let in, or dropped while its record stays.
import type { Kysely } from 'kysely';
import type { DB } from '../platform/db/schema.ts';
import { KubecensusError } from '../platform/errors.ts';
import { deliveryOf } from './delivery.store.ts';
import { forgetPlaces } from './feed-cursor.store.ts';
import { withLease } from './feed-lease.store.ts';
import { type FeedRun, findRun } from './feed-run.store.ts';
import { type Release, releaseAll } from './record-run.store.ts';

/**
 * Lets in what a run holds, and what earlier runs of the same delivery hold. Approving again goes on where a killed approval stopped.
 * Throws KC_FEED_NOT_HELD, or KC_FEED_BUSY while the feed runs.
 */
export async function approveRun(db: Kysely<DB>, runId: number, at: Date, release: Release): Promise<FeedRun> {
  const { feed } = await heldRun(db, runId);
  return withLease(db, feed, async () => {
    const delivery = await heldDelivery(db, runId);
    await db.transaction().execute(async (tx) => {
      for (const run of delivery)
        await tx
          .updateTable('feed_run')
          .set({ state: run.hold?.otherwise ?? run.state, decided_at: at })
          .where('id', '=', run.id)
          .execute();
    });
    await releaseAll(db, delivery, release);
    return (await findRun(db, runId)) as FeedRun;
  });
}

/** Drops what a run and earlier runs of the same delivery hold. The next run of the feed begins anew. Throws as approveRun. */
export async function rejectRun(db: Kysely<DB>, runId: number, at: Date): Promise<FeedRun> {
  const { feed } = await heldRun(db, runId);
  return withLease(db, feed, async () => {
    const ids = (await heldDelivery(db, runId)).map((run) => run.id);
    await db.transaction().execute(async (tx) => {
      for (const table of ['held_sighting', 'held_tally'] as const)
        await tx.deleteFrom(table).where('run_id', 'in', ids).execute();
      await tx.updateTable('feed_run').set({ state: 'rejected', decided_at: at }).where('id', 'in', ids).execute();
      await forgetPlaces(tx, ids);
    });
    return (await findRun(db, runId)) as FeedRun;
  });
}

async function heldRun(db: Kysely<DB>, runId: number): Promise<FeedRun> {
  const run = await findRun(db, runId);
  if (run === null) throw new KubecensusError('KC_FEED_NOT_HELD', `There is no run ${runId}.`);
  if (!isHeld(run))
    throw new KubecensusError(
      'KC_FEED_NOT_HELD',
      `Run ${runId} of the feed ${run.feed} is ${run.state} and holds nothing.`,
    );
  return run;
}

/** Waits for a decision, or was approved by a process that died before all was let in. */
const isHeld = (run: FeedRun): boolean =>
  run.state === 'held' || (run.held > 0 && !['running', 'rejected'].includes(run.state));

/** Read again under the lease: somebody may have decided meanwhile. */
async function heldDelivery(db: Kysely<DB>, runId: number): Promise<FeedRun[]> {
  await heldRun(db, runId);
  return (await deliveryOf(db, runId)).filter(isHeld);
}
