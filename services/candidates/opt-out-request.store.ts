// Opt-outs that are asked for: small ones hold at once, larger ones wait until somebody has checked who asked.
import type { Kysely, Selectable } from 'kysely';
import type { DB } from '../platform/db/schema.ts';
import { KubecensusError } from '../platform/errors.ts';
import { addOptOut, namesBelow } from './opt-out.store.ts';
import type { OptOutKind, OptOutRow } from './opt-out.ts';
import { holdsUnverified, type Proof, txtRecords, UNVERIFIED_NAMES } from './opt-out-verification.ts';

/** A request that nobody verified yet. */
export interface OpenRequest extends OptOutRow {
  readonly id: number;
  readonly note: string;
  readonly token: string;
  readonly askedAt: Date;
}

export interface Asked {
  readonly note: string;
  /** How it is verified already; null: not yet. */
  readonly proof: Proof | null;
  /** For the DNS, should it be verified there: 128 random bits in hex. */
  readonly token: string;
  /** Applied whatever its size: somebody complained, and a few data points are less than that. Default: by size. */
  readonly atOnce?: boolean;
  /** Whether one that holds unverified is to be verified later. Default: no. */
  readonly verifyLater?: boolean;
}

export interface Taken {
  /** Pending: it holds for nobody until it is verified. */
  readonly state: 'applied' | 'pending';
  /** False when it was in force already. */
  readonly added: boolean;
  /** What waits to be verified, if anything does. */
  readonly request: OpenRequest | null;
}

/** Takes a request in canonical form. Call in a transaction. */
export async function takeOptOut(tx: Kysely<DB>, row: OptOutRow, asked: Asked, at: Date): Promise<Taken> {
  const { note, proof, atOnce = false, verifyLater = false } = asked;
  if (proof !== null) {
    const added = await addOptOut(tx, row, note, at, proof);
    await decide(tx, row, 'verified', at);
    return { state: 'applied', added, request: null };
  }
  const names = row.kind === 'dns-suffix' ? await namesBelow(tx, row.value, UNVERIFIED_NAMES + 1) : 0;
  const isSmall = holdsUnverified(row, names);
  const applies = isSmall || atOnce || (await isInForce(tx, row));
  const added = applies && (await addOptOut(tx, row, note, at));
  const request = isSmall && !verifyLater ? null : await ask(tx, row, asked, at);
  return { state: applies ? 'applied' : 'pending', added, request };
}

/** Requests that wait to be verified, oldest first. */
export async function openRequests(db: Kysely<DB>): Promise<OpenRequest[]> {
  const rows = await db
    .selectFrom('opt_out_request')
    .selectAll()
    .where('decided_at', 'is', null)
    .orderBy('id')
    .execute();
  return rows.map(requestOf);
}

/** Applies a request that was verified. Call in a transaction. Throws KC_OPT_OUT when none of that id is open. */
export async function verifyRequest(tx: Kysely<DB>, id: number, proof: Proof, at: Date): Promise<OpenRequest> {
  const request = await requireRequest(tx, id);
  await addOptOut(tx, request, request.note, at, proof);
  await decide(tx, request, 'verified', at);
  return request;
}

/** The open request of that id. Throws KC_OPT_OUT. */
export async function requireRequest(db: Kysely<DB>, id: number): Promise<OpenRequest> {
  const row = await db
    .selectFrom('opt_out_request')
    .selectAll()
    .where('id', '=', id)
    .where('decided_at', 'is', null)
    .executeTakeFirst();
  if (row === undefined) throw new KubecensusError('KC_OPT_OUT', `No request ${id} waits to be verified.`);
  return requestOf(row);
}

/** Ends the open request for this scope; false when there is none. */
export async function decide(
  db: Kysely<DB>,
  row: OptOutRow,
  decision: 'verified' | 'refused',
  at: Date,
): Promise<boolean> {
  const result = await db
    .updateTable('opt_out_request')
    .set({ decision, decided_at: at })
    .where('kind', '=', row.kind)
    .where('value', '=', row.value)
    .where('decided_at', 'is', null)
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

/** What has to be done with a request, in a sentence for whoever asked. */
export function howToVerify(request: OpenRequest): string {
  const records = txtRecords(request, request.token);
  const byPeople = `kubecensus opt-out verify ${request.id} --verified-by HOW`;
  if (records === null) return byPeople;
  return `TXT "${records.text}" at ${records.names.join(', ')}, then kubecensus opt-out verify ${request.id}; or ${byPeople}`;
}

async function ask(tx: Kysely<DB>, row: OptOutRow, { note, token }: Asked, at: Date): Promise<OpenRequest> {
  await tx
    .insertInto('opt_out_request')
    .values({ kind: row.kind, value: row.value, note, token, asked_at: at })
    .onConflict((conflict) => conflict.columns(['kind', 'value']).where('decided_at', 'is', null).doNothing())
    .execute();
  const asked = await tx
    .selectFrom('opt_out_request')
    .selectAll()
    .where('kind', '=', row.kind)
    .where('value', '=', row.value)
    .where('decided_at', 'is', null)
    .executeTakeFirstOrThrow();
  return requestOf(asked);
}

async function isInForce(tx: Kysely<DB>, row: OptOutRow): Promise<boolean> {
  const active = await tx
    .selectFrom('opt_out')
    .select('id')
    .where('kind', '=', row.kind)
    .where('value', '=', row.value)
    .where('withdrawn_at', 'is', null)
    .executeTakeFirst();
  return active !== undefined;
}

const requestOf = (row: Selectable<DB['opt_out_request']>): OpenRequest => ({
  id: row.id,
  kind: row.kind as OptOutKind,
  value: row.value,
  note: row.note,
  token: row.token,
  askedAt: row.asked_at,
});
