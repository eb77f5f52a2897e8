// Complaints: each stops what it is about the moment it is recorded, and stays on record with what became of it. Who complained is told to nobody.
import { type Kysely, type Selectable, sql } from 'kysely';
import type { DB } from '../platform/db/schema.ts';
import { KubecensusError } from '../platform/errors.ts';
import type { OptOutKind, OptOutRow } from './opt-out.ts';
import { takeOptOut } from './opt-out-request.store.ts';

export type ComplaintState = 'open' | 'answered' | 'closed';

export interface Complaint extends OptOutRow {
  readonly id: number;
  readonly contact: string;
  readonly note: string;
  readonly state: ComplaintState;
  /** What was done at once: the scope was opted out, or everything was paused. */
  readonly stoppedBy: 'opt-out' | 'pause';
  readonly receivedAt: Date;
  readonly answeredAt: Date | null;
  readonly closedAt: Date | null;
  readonly outcome: string | null;
}

export interface NewComplaint {
  readonly about: OptOutRow;
  /** Who complains, as they can be reached. */
  readonly contact: string;
  readonly note: string;
  readonly stoppedBy: Complaint['stoppedBy'];
  /** For the request to verify a large opt-out. */
  readonly token: string;
}

/** Records a complaint; with 'opt-out' its scope is opted out in the same transaction, whatever its size. With 'pause' the caller pauses. */
export async function addComplaint(db: Kysely<DB>, complaint: NewComplaint, at: Date): Promise<Complaint> {
  const { about, contact, note, stoppedBy, token } = complaint;
  return db.transaction().execute(async (tx) => {
    const row = await tx
      .insertInto('complaint')
      .values({ kind: about.kind, value: about.value, contact, note, stopped_by: stoppedBy, received_at: at })
      .returningAll()
      .executeTakeFirstOrThrow();
    const asked = { note: `complaint ${row.id}`, proof: null, token, atOnce: true };
    if (stoppedBy === 'opt-out') await takeOptOut(tx, about, asked, at);
    return complaintOf(row);
  });
}

/** Complaints, oldest first; without `all` those that are not closed. */
export async function listComplaints(db: Kysely<DB>, all: boolean): Promise<Complaint[]> {
  const rows = await db
    .selectFrom('complaint')
    .selectAll()
    .$if(!all, (query) => query.where('state', '<>', 'closed'))
    .orderBy('id')
    .execute();
  return rows.map(complaintOf);
}

/** Notes that an open complaint was answered. Throws KC_COMPLAINT. */
export async function answerComplaint(db: Kysely<DB>, id: number, at: Date): Promise<void> {
  const result = await db
    .updateTable('complaint')
    .set({ state: 'answered', answered_at: at })
    .where('id', '=', id)
    .where('state', '=', 'open')
    .executeTakeFirst();
  if (result.numUpdatedRows === 0n) throw new KubecensusError('KC_COMPLAINT', `No complaint ${id} is open.`);
}

/** Closes a complaint, saying what became of it. The opt-out stays until it is withdrawn. Throws KC_COMPLAINT. */
export async function closeComplaint(db: Kysely<DB>, id: number, outcome: string, at: Date): Promise<void> {
  const result = await db
    .updateTable('complaint')
    .set({ state: 'closed', closed_at: at, outcome })
    .where('id', '=', id)
    .where('state', '<>', 'closed')
    .executeTakeFirst();
  if (result.numUpdatedRows === 0n)
    throw new KubecensusError('KC_COMPLAINT', `No complaint ${id} is open or answered.`);
}

/** How many complaints nobody answered, and since when the oldest of them waits. */
export async function unansweredComplaints(
  db: Kysely<DB>,
): Promise<{ readonly count: number; readonly oldest: Date | null }> {
  const { rows } = await sql<{ count: number; oldest: Date | null }>`
    select count(*) as count, min(received_at) as oldest from complaint where state = 'open'`.execute(db);
  return rows[0] ?? { count: 0, oldest: null };
}

const complaintOf = (row: Selectable<DB['complaint']>): Complaint => ({
  id: row.id,
  kind: row.kind as OptOutKind,
  value: row.value,
  contact: row.contact,
  note: row.note,
  state: row.state as ComplaintState,
  stoppedBy: row.stopped_by as Complaint['stoppedBy'],
  receivedAt: row.received_at,
  answeredAt: row.answered_at,
  closedAt: row.closed_at,
  outcome: row.outcome,
});
