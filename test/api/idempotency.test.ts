// One Idempotency-Key is one request: done once, answered alike for a day, and not claimed by work that failed.
import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import { type Answer, once, recall } from '../../services/api/idempotency.store.ts';
import type { RepeatableRequest } from '../../services/api/idempotency.ts';
import { createKey, listKeys } from '../../services/api/keys/api-key.store.ts';
import { IDEMPOTENCY_MS } from '../../services/schedules/retention.ts';
import { withDatabase } from '../support/database.ts';
import { NOW } from '../support/observations.ts';

async function setUp(t: TestContext) {
  const { database } = await withDatabase(t);
  const { db } = database;
  for (const prefix of ['1111111111', '2222222222'])
    await createKey(
      db,
      { prefix, secretSha256: prefix, name: prefix, scopes: ['admin'], networks: [], expiresAt: null },
      NOW,
    );
  const [second, first] = (await listKeys(db)).map(({ id }) => id);
  let done = 0;
  const work = async (): Promise<Answer<{ done: number }>> => ({ status: 201, body: { done: ++done } });
  const request = (changes: Partial<RepeatableRequest> = {}): RepeatableRequest => ({
    apiKeyId: first!,
    key: 'k',
    sha256: 'a',
    at: NOW,
    ...changes,
  });
  return { db, request, work, second: second!, done: () => done };
}

it('does the work once, and gives its answer to whoever repeats the request', async (t) => {
  const { db, request, work, done, second } = await setUp(t);
  assert.equal(await recall(db, request()), null);
  assert.deepEqual(await once(db, request(), work), { status: 201, body: { done: 1 }, isRepeated: false });
  assert.deepEqual(await once(db, request(), work), { status: 201, body: { done: 1 }, isRepeated: true });
  assert.deepEqual(await recall(db, request()), { status: 201, body: { done: 1 } });
  assert.equal(done(), 1);
  const other = request({ sha256: 'b' });
  await assert.rejects(once(db, other, work), { code: 'KC_API_IDEMPOTENCY' });
  await assert.rejects(recall(db, other), { code: 'KC_API_IDEMPOTENCY' });
  assert.equal((await once(db, request({ key: 'other' }), work)).body.done, 2);
  assert.equal((await once(db, request({ apiKeyId: second, sha256: 'b' }), work)).body.done, 3, 'keys of others');
});

it('lets those wait who ask at the same moment', async (t) => {
  const { db, request, work, done } = await setUp(t);
  const both = await Promise.all([once(db, request(), work), once(db, request(), work), once(db, request(), work)]);
  assert.deepEqual(
    both.map(({ body }) => body),
    Array(3).fill({ done: 1 }),
  );
  assert.equal(both.filter(({ isRepeated }) => !isRepeated).length, 1);
  assert.equal(done(), 1);
});

it('claims nothing for work that failed, and keeps what it did with the answer or not at all', async (t) => {
  const { db, request, work } = await setUp(t);
  const failing = once(db, request(), async (tx) => {
    await tx.deleteFrom('api_key').where('prefix', '=', '2222222222').execute();
    throw new Error('no');
  });
  await assert.rejects(failing, /no/);
  assert.equal((await listKeys(db)).length, 2);
  assert.equal(await recall(db, request()), null);
  assert.deepEqual((await once(db, request(), work)).isRepeated, false);
});

it('is forgotten after a day, when the key may be used for anything', async (t) => {
  const { db, request, work } = await setUp(t);
  await once(db, request(), work);
  const within = new Date(NOW.getTime() + IDEMPOTENCY_MS);
  assert.equal((await once(db, request({ at: within }), work)).isRepeated, true);
  const after = new Date(within.getTime() + 1);
  assert.deepEqual(await once(db, request({ at: after, sha256: 'b' }), work), {
    status: 201,
    body: { done: 2 },
    isRepeated: false,
  });
  assert.equal((await db.selectFrom('idempotency_key').select('key').execute()).length, 1);
});
