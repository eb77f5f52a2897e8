// API keys in Postgres: looked up afresh for every request, so that a key that is revoked is revoked at once.
import type { Kysely } from 'kysely';
import type { DB } from '../../platform/db/schema.ts';
import { KubecensusError } from '../../platform/errors.ts';
import { type ApiKey, type PresentedKey, type Scope, sameSecret } from './api-key.ts';

/** How exact `last used` is: one write per key in this time, whatever it is used for. */
const LAST_USED_MS = 60_000;

export interface KeyRow extends ApiKey {
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly lastUsedAt: Date | null;
  readonly revokedAt: Date | null;
}

/** Why a presented key opens nothing. */
export type KeyRefusal = 'unknown' | 'expired' | 'revoked';

/** Stores a new key; the digest is all that is kept of its secret. Throws KC_KEY when its prefix is taken. */
export async function createKey(
  db: Kysely<DB>,
  key: PresentedKey & Pick<ApiKey, 'name' | 'scopes' | 'networks'> & { readonly expiresAt: Date | null },
  at: Date,
): Promise<void> {
  const row = await db
    .insertInto('api_key')
    .values({
      prefix: key.prefix,
      secret_sha256: key.secretSha256,
      name: key.name,
      scopes: [...key.scopes],
      networks: [...key.networks],
      created_at: at,
      expires_at: key.expiresAt,
    })
    .onConflict((conflict) => conflict.column('prefix').doNothing())
    .returning('id')
    .executeTakeFirst();
  if (row === undefined) throw new KubecensusError('KC_KEY', `There is a key ${key.prefix} already.`);
}

/** All keys, newest first, those revoked and expired included. */
export async function listKeys(db: Kysely<DB>): Promise<KeyRow[]> {
  return (await db.selectFrom('api_key').selectAll().orderBy('id', 'desc').execute()).map(toKey);
}

/** Revokes the key of a prefix; false when there is none in force. It opens nothing from this moment on. */
export async function revokeKey(db: Kysely<DB>, prefix: string, at: Date): Promise<boolean> {
  const result = await db
    .updateTable('api_key')
    .set({ revoked_at: at })
    .where('prefix', '=', prefix)
    .where('revoked_at', 'is', null)
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

/** The key that was presented, when it is in force; else why not. Notes that it was used. */
export async function useKey(db: Kysely<DB>, presented: PresentedKey, at: Date): Promise<ApiKey | KeyRefusal> {
  const row = await db.selectFrom('api_key').selectAll().where('prefix', '=', presented.prefix).executeTakeFirst();
  if (row === undefined || !sameSecret(row.secret_sha256, presented.secretSha256)) return 'unknown';
  if (row.revoked_at !== null) return 'revoked';
  if (row.expires_at !== null && row.expires_at <= at) return 'expired';
  if (row.last_used_at === null || at.getTime() - row.last_used_at.getTime() >= LAST_USED_MS)
    await db.updateTable('api_key').set({ last_used_at: at }).where('id', '=', row.id).execute();
  return toKey(row);
}

function toKey(row: {
  id: number;
  prefix: string;
  name: string;
  scopes: string[];
  networks: string[];
  created_at: Date;
  expires_at: Date | null;
  last_used_at: Date | null;
  revoked_at: Date | null;
}): KeyRow {
  return {
    id: row.id,
    prefix: row.prefix,
    name: row.name,
    scopes: row.scopes as Scope[],
    networks: row.networks,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    lastUsedAt: row.last_used_at,
    revokedAt: row.revoked_at,
  };
}
