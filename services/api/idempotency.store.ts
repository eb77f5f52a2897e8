// Requests that change something happen once for each Idempotency-Key of an API key: the answer is stored with what was done.
import type { Kysely } from 'kysely';
import type { DB } from '../platform/db/schema.ts';
import { KubecensusError } from '../platform/errors.ts';
import { IDEMPOTENCY_MS } from '../schedules/retention.ts';
import type { RepeatableRequest } from './idempotency.ts';

export interface Answer<Body> {
  readonly status: number;
  readonly body: Body;
}

/**
 * Does `work` and stores its answer in one transaction; a repeated request (same key, same digest) gets that answer and `work` is not run
 * again. Two at once wait for each other. Throws KC_API_IDEMPOTENCY when the key was used for another request in the last day.
 */
export async function once<Body extends object>(
  db: Kysely<DB>,
  request: RepeatableRequest,
  work: (tx: Kysely<DB>) => Promise<Answer<Body>>,
): Promise<Answer<Body> & { readonly isRepeated: boolean }> {
  const { apiKeyId, key, sha256, at } = request;
  return db.transaction().execute(async (tx) => {
    await tx
      .deleteFrom('idempotency_key')
      .where('created_at', '<', new Date(at.getTime() - IDEMPOTENCY_MS))
      .execute();
    const claimed = await tx
      .insertInto('idempotency_key')
      .values({ api_key_id: apiKeyId, key, request_sha256: sha256, status: 0, body: '{}', created_at: at })
      .onConflict((conflict) => conflict.columns(['api_key_id', 'key']).doNothing())
      .returning('key')
      .executeTakeFirst();
    if (claimed === undefined) return { ...((await recall<Body>(tx, request)) as Answer<Body>), isRepeated: true };
    const answer = await work(tx);
    await tx
      .updateTable('idempotency_key')
      .set({ status: answer.status, body: JSON.stringify(answer.body) })
      .where('api_key_id', '=', apiKeyId)
      .where('key', '=', key)
      .execute();
    return { ...answer, isRepeated: false };
  });
}

/** The answer that the request got before, or null. Throws KC_API_IDEMPOTENCY when its key was used for another one. */
export async function recall<Body extends object>(
  db: Kysely<DB>,
  { apiKeyId, key, sha256 }: RepeatableRequest,
): Promise<Answer<Body> | null> {
  const known = await db
    .selectFrom('idempotency_key')
    .selectAll()
    .where('api_key_id', '=', apiKeyId)
    .where('key', '=', key)
    .executeTakeFirst();
  if (known === undefined) return null;
  if (known.request_sha256 !== sha256) throw new KubecensusError('KC_API_IDEMPOTENCY', '');
  return { status: known.status, body: known.body as unknown as Body };
}
