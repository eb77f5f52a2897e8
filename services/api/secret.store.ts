// The secret that signs cursors: made once per database, so that every process of an installation reads the cursors of the others.
import type { Kysely } from 'kysely';
import type { DB } from '../platform/db/schema.ts';

/** The secret of this database; `fresh` becomes it when there is none yet. */
export async function cursorSecret(db: Kysely<DB>, fresh: string): Promise<string> {
  await db
    .insertInto('api_secret')
    .values({ cursor_key: fresh })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .execute();
  return (await db.selectFrom('api_secret').select('cursor_key').executeTakeFirstOrThrow()).cursor_key;
}
