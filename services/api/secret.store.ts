// The secret that signs cursors and links to unsubscribe by: made once per database, so that every process of an installation reads what the others wrote.
import { randomBytes } from 'node:crypto';
import type { Kysely } from 'kysely';
import type { DB } from '../platform/db/schema.ts';

const SECRET_BYTES = 32;

/** The secret of this database, made when there is none yet. */
export async function signingSecret(db: Kysely<DB>): Promise<string> {
  await db
    .insertInto('api_secret')
    .values({ cursor_key: randomBytes(SECRET_BYTES).toString('hex') })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .execute();
  return (await db.selectFrom('api_secret').select('cursor_key').executeTakeFirstOrThrow()).cursor_key;
}
