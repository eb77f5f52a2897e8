// C24: whoever receives reports is down for a day. Nothing else waits for it, and it gets its report once when it is back.
import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';
import { firing, later, NOW } from '../support/firing.ts';
import { webhookReceiver } from '../support/webhook-receiver.ts';

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const HOURS_DOWN = 24;
const HOURS_WATCHED = 72;
/** The scheduler looks every second; the waits between tries are longer than this but for the first two. */
const LOOK_MINUTES = 10;

const ok = (response: ServerResponse): void => void response.writeHead(204).end();

test('C24: a webhook receiver is down for 24 hours', async (t) => {
  const down = await webhookReceiver(ok);
  await down.close();
  const fired = await firing(t, (home) => [`dir:${home}/other`, `webhook:${down.url}`], {
    environment: { KUBECENSUS_WEBHOOK_ALLOW_HOSTS: '127.0.0.1', KUBECENSUS_WEBHOOK_SECRETS: SECRET },
  });
  assert.equal(await fired.fire(), null);
  /** Of the directory and of the webhook. */
  const states = async (): Promise<string[]> =>
    (await fired.deliveries()).toSorted((a, b) => (a.destination < b.destination ? -1 : 1)).map(({ state }) => state);
  const watch = async (from: number, to: number): Promise<void> => {
    for (let minute = from * 60; minute < to * 60; minute += LOOK_MINUTES) await fired.deliver(later(minute));
  };
  await fired.deliver(NOW);
  assert.deepEqual(await states(), ['delivered', 'waiting']);
  await watch(0, HOURS_DOWN);
  assert.deepEqual(await states(), ['delivered', 'waiting']);
  const back = await webhookReceiver(ok, Number(new URL(down.url).port));
  t.after(() => back.close());
  await watch(HOURS_DOWN, HOURS_WATCHED);
  assert.deepEqual(await states(), ['delivered', 'delivered']);
  assert.equal(back.received.length, 1);
});
