// Webhooks against a real receiver that verifies with an independent library: signatures, rotation, retries, 410, redirects, private targets, a killed sender.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { deliveryId } from '../../services/reports/delivery/destination.ts';
import { readSecrets, signedHeaders } from '../../services/reports/delivery/webhook-signature.ts';
import { type Firing, firing, later, NOW, REPORT_ID } from '../support/firing.ts';
import { type Received, type Receiver, verified, webhookReceiver } from '../support/webhook-receiver.ts';

const DELIVER_ONCE = fileURLToPath(new URL('../support/deliver-once.ts', import.meta.url));
const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const OLD_SECRET = `whsec_${Buffer.alloc(24, 9).toString('base64')}`;
const LOOPBACK = { KUBECENSUS_WEBHOOK_ALLOW_HOSTS: '127.0.0.1', KUBECENSUS_WEBHOOK_SECRETS: SECRET };

async function hooked(
  t: TestContext,
  answer: (response: ServerResponse, message: Received, nth: number) => void | Promise<void>,
  environment: Readonly<Record<string, string>> = LOOPBACK,
  destination = (url: string) => url,
): Promise<{ receiver: Receiver; destination: string } & Firing> {
  const receiver = await webhookReceiver(answer);
  t.after(() => receiver.close());
  const to = `webhook:${destination(receiver.url)}`;
  const fired = await firing(t, () => [to], { environment });
  assert.equal(await fired.fire(), null);
  return { ...fired, receiver, destination: to };
}

const ok = (response: ServerResponse): void => void response.writeHead(204).end();
const first = async (fired: Firing) => (await fired.deliveries())[0]!;

describe('a webhook', () => {
  it('is signed so that another library verifies it, and holds the report', async (t) => {
    const hook = await hooked(t, ok);
    // The library compares with the real clock.
    await hook.deliver(new Date());
    const [message] = hook.receiver.received;
    const { type, timestamp, data } = verified(message!, SECRET) as Record<string, Record<string, unknown>>;
    assert.deepEqual([type, timestamp], ['report.created', NOW.toISOString()]);
    assert.deepEqual(
      [data?.['id'], data?.['name'], data?.['schedule'], data?.['survey'], data?.['partial'], data?.['url']],
      [REPORT_ID, 'headline', 'daily', 's', false, null],
    );
    assert.ok(((data?.['report'] ?? { sections: [] }) as { sections: unknown[] }).sections.length > 5);
    assert.equal(message?.headers['webhook-id'], deliveryId(REPORT_ID, hook.destination));
    assert.equal(message?.headers['content-type'], 'application/json');
    assert.throws(() => verified(message!, OLD_SECRET), /signature/i);
    assert.throws(() => verified({ ...message!, body: `${message!.body} ` }, SECRET), /signature/i);
    assert.equal((await first(hook)).state, 'delivered');
  });

  it('verifies under the old and the new secret while both are set, and under no other', async (t) => {
    const hook = await hooked(t, ok, { ...LOOPBACK, KUBECENSUS_WEBHOOK_SECRETS: `${SECRET} ${OLD_SECRET}` });
    await hook.deliver(new Date());
    const [message] = hook.receiver.received;
    for (const secret of [SECRET, OLD_SECRET]) verified(message!, secret);
    assert.throws(() => verified(message!, `whsec_${randomBytes(32).toString('base64')}`), /signature/i);
  });

  it('is dated by its attempt, so that a receiver refuses what is older than five minutes', async (t) => {
    const hook = await hooked(t, ok);
    await hook.deliver(new Date(Date.now() - 6 * 60_000));
    assert.throws(() => verified(hook.receiver.received[0]!, SECRET), /too old/);
  });

  it('is signed with a secret of its own where the destination names one', async (t) => {
    const own = { ...LOOPBACK, KUBECENSUS_WEBHOOK_SECRETS_ACME_1: OLD_SECRET };
    const hook = await hooked(t, ok, own, (url) => `${url}#acme-1`);
    await hook.deliver(new Date());
    verified(hook.receiver.received[0]!, OLD_SECRET);
    assert.throws(() => verified(hook.receiver.received[0]!, SECRET), /signature/i);
    assert.equal(hook.receiver.received[0]?.path, '/hook', 'the name of the secret is not sent');
  });

  it('is not sent without a secret', async (t) => {
    const hook = await hooked(t, ok, { KUBECENSUS_WEBHOOK_ALLOW_HOSTS: '127.0.0.1' });
    await hook.deliver(NOW);
    assert.deepEqual(hook.receiver.received, []);
    assert.match((await first(hook)).attempts[0]?.detail ?? '', /KUBECENSUS_WEBHOOK_SECRETS/);
  });
});

describe('a receiver that does not say 2xx', () => {
  it('gets the message again under the same id, each attempt recorded with its end and the next', async (t) => {
    const hook = await hooked(t, (response, _message, nth) => void response.writeHead(nth < 3 ? 503 : 200).end());
    for (const minute of [0, 0, 1, 5, 6]) await hook.deliver(later(minute));
    assert.equal(hook.receiver.received.length, 3);
    assert.equal(new Set(hook.receiver.received.map((one) => one.headers['webhook-id'])).size, 1);
    assert.equal(new Set(hook.receiver.received.map((one) => one.body)).size, 1);
    const { attempts, state } = await first(hook);
    assert.equal(state, 'delivered');
    assert.deepEqual(
      attempts.map((one) => [
        one.attempt,
        new Date(one.startedAt),
        one.result,
        one.detail,
        one.nextAttemptAt === null ? null : new Date(one.nextAttemptAt),
      ]),
      [
        [1, NOW, 'failed', 'HTTP 503', later(1)],
        [2, later(1), 'failed', 'HTTP 503', later(6)],
        [3, later(6), 'delivered', 'HTTP 200', null],
      ],
    );
  });

  it('is waited for as long as it asks', async (t) => {
    const hook = await hooked(t, (response) => void response.writeHead(429, { 'retry-after': '1800' }).end());
    await hook.deliver(NOW);
    assert.deepEqual((await first(hook)).nextAttemptAt, later(30));
  });

  it('ends the subscription with 410, for this report and for those to come, until it is sent again by hand', async (t) => {
    const hook = await hooked(t, (response) => void response.writeHead(410).end());
    await hook.deliver(NOW);
    assert.equal((await first(hook)).state, 'gone');
    assert.equal(await hook.fire(later(60)), null);
    await hook.deliver(later(2000));
    assert.equal(hook.receiver.received.length, 1);
    assert.equal((await first(hook)).state, 'stopped');
    const { stopped, undelivered } = await hook.schedule();
    assert.deepEqual([stopped, undelivered], [2, 0]);
  });

  it('is not followed elsewhere', async (t) => {
    const elsewhere = await webhookReceiver(ok);
    t.after(() => elsewhere.close());
    const hook = await hooked(t, (response) => void response.writeHead(307, { location: elsewhere.url }).end());
    await hook.deliver(NOW);
    assert.deepEqual(elsewhere.received, []);
    assert.deepEqual(
      (await first(hook)).attempts.map((one) => one.detail),
      ['HTTP 307: redirects are not followed'],
    );
  });

  it('that sends without end is cut, and the delivery is tried again', async (t) => {
    const hook = await hooked(t, (response) => {
      response.writeHead(200);
      const flood = (): void => {
        if (!response.destroyed) response.write(Buffer.alloc(64 * 1024), () => setImmediate(flood));
      };
      flood();
    });
    await hook.deliver(NOW);
    assert.match((await first(hook)).attempts[0]?.detail ?? '', /longer than 1048576 bytes/);
  });
});

describe('a private target', () => {
  for (const [says, destination, environment, expected] of [
    ['by address', (url: string) => url.replace('http:', 'https:'), {}, /127\.0\.0\.1 may not be connected to/],
    [
      'by a name that leads there',
      (url: string) => url.replace('http://127.0.0.1', 'https://localhost'),
      {},
      /localhost may not be connected to/,
    ],
    [
      'as a mapped address',
      (url: string) => url.replace('http://127.0.0.1', 'https://[::ffff:7f00:1]'),
      {},
      /may not be connected to/,
    ],
    ['without TLS', (url: string) => url, {}, /without TLS only when/],
    [
      'when another host is allowed',
      (url: string) => url.replace('http:', 'https:'),
      { KUBECENSUS_WEBHOOK_ALLOW_HOSTS: 'localhost,127.0.0.2' },
      /may not be connected to/,
    ],
  ] as const) {
    it(`${says} is refused before a byte is sent`, async (t) => {
      const secrets = { KUBECENSUS_WEBHOOK_SECRETS: SECRET, ...environment };
      const hook = await hooked(t, ok, secrets, destination);
      await hook.deliver(NOW);
      assert.deepEqual(hook.receiver.received, []);
      assert.match((await first(hook)).attempts[0]?.detail ?? '', expected);
    });
  }
});

it('a sender that is killed after it sent and before it recorded sends again, under the same id', async (t) => {
  let child: ReturnType<typeof spawn> | null = null;
  const hook = await hooked(t, async (response, _message, nth) => {
    if (nth === 1) {
      child?.kill('SIGKILL');
      await once(child!, 'close');
    }
    ok(response);
  });
  child = spawn(process.execPath, [DELIVER_ONCE, hook.url, hook.dataDir, NOW.toISOString()], {
    env: { PATH: process.env['PATH'], ...LOOPBACK },
    stdio: 'inherit',
  });
  await once(child, 'close');
  assert.equal(child.signalCode, 'SIGKILL');
  assert.equal(hook.receiver.received.length, 1);
  await hook.deliver(later(9));
  assert.equal(hook.receiver.received.length, 1, 'its lease runs');
  await hook.deliver(later(10));
  const [once1, again] = hook.receiver.received;
  assert.equal(hook.receiver.received.length, 2);
  assert.equal(once1?.headers['webhook-id'], again?.headers['webhook-id']);
  assert.equal(once1?.body, again?.body);
  const { attempts, state } = await first(hook);
  assert.equal(state, 'delivered');
  assert.deepEqual(
    attempts.map((one) => one.result),
    [null, 'delivered'],
  );
});

it('secrets are read strictly', () => {
  const bytes = (length: number): string => Buffer.alloc(length, 1).toString('base64');
  assert.equal(readSecrets(`whsec_${bytes(24)}\n${bytes(64)}, whsec_${bytes(32)}`)?.length, 3);
  for (const bad of ['', '   ', `whsec_${bytes(23)}`, bytes(65), 'whsec_!!', `${SECRET} short`])
    assert.equal(readSecrets(bad), null, bad);
});

it('the signature is that of the specification', () => {
  // Computed with openssl: printf '%s' 'msg_1.1700000000.{"a":1}' | openssl dgst -sha256 -mac HMAC -macopt hexkey:$(printf '07%.0s' $(seq 32)) -binary | base64
  const headers = signedHeaders(
    { id: 'msg_1', body: '{"a":1}', at: new Date(1_700_000_000_900) },
    readSecrets(SECRET) ?? [],
  );
  assert.deepEqual(headers, {
    'webhook-id': 'msg_1',
    'webhook-timestamp': '1700000000',
    'webhook-signature': 'v1,LInk7lWC3DLGgRP3k/Xpm933fgj/SEGrik4mpkLgnKE=',
  });
});
