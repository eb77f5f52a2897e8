// Leaving by the link of a mail: a real relay takes the mail, a real API the link, and the outbox sends no more.
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import fc from 'fast-check';
import { apiServer, listen } from '../../services/api-server.ts';
import { compose } from '../../services/compose.ts';
import { loadConfig } from '../../services/config.ts';
import { readToken, writeToken } from '../../services/reports/delivery/unsubscribe.ts';
import { deliverContext } from '../../services/roles.ts';
import { deliverDue } from '../../services/schedules/deliver.job.ts';
import { sendAgain } from '../../services/schedules/delivery.store.ts';
import { removeSchedule } from '../../services/schedules/schedule.store.ts';
import { silentLog } from '../support/database.ts';
import { add, type Firing, firing, later, NOW } from '../support/firing.ts';
import { type Relay, smtpRelay } from '../support/smtp-relay.ts';

/** What others reach the API by: behind a proxy that speaks TLS, below a path. */
const PUBLIC = 'https://census.example.org/k8s';
const [TO, OTHER] = ['mailto:team@example.org', 'mailto:other@example.org'];

interface Running extends Firing {
  readonly relay: Relay;
  /** Fires and mails what is due at that minute. */
  send(minute: number): Promise<void>;
  /** Where the proxy would lead the newest mail's link. */
  link(): string;
  ask(link: string, init?: RequestInit): Promise<{ status: number; text: string; headers: Headers }>;
}

async function running(t: TestContext, publicUrl = PUBLIC): Promise<Running> {
  const fired = await firing(t, () => [TO, OTHER]);
  const relay = await smtpRelay();
  const environment = {
    DATABASE_URL: fired.url,
    KUBECENSUS_DATA_DIR: fired.dataDir,
    KUBECENSUS_API_PUBLIC_URL: publicUrl,
    KUBECENSUS_SMTP_HOST: '127.0.0.1',
    KUBECENSUS_SMTP_PORT: String(relay.port),
    KUBECENSUS_SMTP_SECURITY: 'none',
    KUBECENSUS_MAIL_FROM: 'census@example.org',
  };
  let now = NOW;
  const parts = await compose(loadConfig(environment, null), silentLog, { now: () => now });
  // Whether this machine can draw PNG is not what these tests are about.
  const deliveries = { ...parts.deliveries, mail: { ...parts.deliveries.mail!, pictureOf: async () => null } };
  const api = await apiServer(parts);
  const url = await listen(api, '127.0.0.1:0');
  t.after(async () => {
    await api.close();
    await parts.close();
    await relay.close();
  });
  return {
    ...fired,
    relay,
    send: async (minute) => {
      now = later(minute);
      assert.equal(await fired.fire(now), null);
      await deliverDue({ ...deliverContext(parts), deliveries });
    },
    link: () => {
      const team = relay.taken.findLast((one) => one.to[0] === TO.slice('mailto:'.length));
      const [, link = ''] = /^List-Unsubscribe: ?<([^>]+)>/m.exec(headersOf(team?.raw)) ?? [];
      assert.ok(link.startsWith(`${publicUrl}/unsubscribe/`), link);
      return `${url}${link.slice(publicUrl.length)}`;
    },
    ask: async (link, init) => {
      const response = await fetch(link, { redirect: 'error', ...init });
      return { status: response.status, text: await response.text(), headers: response.headers };
    },
  };
}

const headersOf = (raw = ''): string => raw.replaceAll(/\r\n[ \t]+/g, '');
const form = (fields: Record<string, string>): RequestInit => ({ method: 'POST', body: new URLSearchParams(fields) });
const ONE_CLICK = { 'List-Unsubscribe': 'One-Click' };

describe('the link of a mail', () => {
  it('shows a page that ends nothing, and ends the subscription of its recipient by one POST', async (t) => {
    const { relay, send, link, ask, schedule, deliveries, database } = await running(t);
    await send(0);
    assert.deepEqual(relay.taken.map((one) => one.to[0]).sort(), ['other@example.org', 'team@example.org']);
    const { raw, mail } = relay.taken.find((one) => one.to[0] === 'team@example.org')!;
    assert.match(headersOf(raw), /^List-Unsubscribe-Post: List-Unsubscribe=One-Click\r$/m);
    assert.doesNotMatch(link(), /team|example\.org|%40/, 'logs learn no address');
    assert.equal(mail.text?.match(/open (\S+) or\s+write to/)?.[1], `${PUBLIC}${new URL(link()).pathname}`);
    assert.ok(String(mail.html).includes(`<a href="${PUBLIC}${new URL(link()).pathname}"`));

    for (const method of ['GET', 'HEAD', 'GET']) {
      const page = await ask(link(), { method });
      assert.equal(page.status, 200);
      assert.match(page.headers.get('content-security-policy') ?? '', /^default-src 'none';/);
      assert.equal(page.headers.get('cache-control'), 'no-store');
      if (method === 'GET')
        assert.match(page.text, /<form[^>]* method="post">.*daily|daily.*<form[^>]* method="post">/s);
      assert.doesNotMatch(page.text, /<script|team@example/);
    }
    assert.deepEqual((await schedule()).ended, [], 'looking ends nothing');
    for (const nothing of [form({}), form({ 'List-Unsubscribe': 'x' }), { method: 'POST' }])
      assert.ok([400, 415].includes((await ask(link(), nothing)).status));
    assert.deepEqual((await schedule()).ended, [], 'and so does a POST that does not say it');

    const left = await ask(link(), form(ONE_CLICK));
    assert.equal(left.status, 200);
    assert.match(left.text, /You get no more/);
    assert.deepEqual((await schedule()).ended, [TO]);
    assert.equal((await ask(link(), form(ONE_CLICK))).status, 200, 'again is no mistake');
    assert.doesNotMatch((await ask(link())).text, /<form/);

    relay.taken.length = 0;
    await send(60);
    assert.deepEqual(
      relay.taken.map((one) => one.to[0]),
      ['other@example.org'],
    );
    assert.deepEqual(
      (await deliveries()).slice(0, 2).map((one) => [one.destination, one.state]),
      [
        [OTHER, 'delivered'],
        [TO, 'stopped'],
      ],
    );

    // Sending all of it again is not asking for one of them again.
    const { id } = await schedule();
    assert.deepEqual(
      (await sendAgain(database.db, id, null, later(61))).map((one) => one.destination),
      [OTHER],
    );
    assert.deepEqual((await schedule()).ended, [TO]);
    await sendAgain(database.db, id, TO, later(61));
    assert.deepEqual((await schedule()).ended, []);
    relay.taken.length = 0;
    await send(120);
    assert.equal(relay.taken.filter((one) => one.to[0] === 'team@example.org').length, 2, 'that report and the next');
  });

  it('takes the other form of mail programs, and stops what waits already', async (t) => {
    const { relay, send, fire, link, ask, deliveries } = await running(t);
    await send(0);
    const leave = link();
    assert.equal(await fire(later(60)), null);
    const body = new FormData();
    body.set('List-Unsubscribe', 'One-Click');
    assert.equal((await ask(leave, { method: 'POST', body })).status, 200);
    relay.taken.length = 0;
    await send(120);
    assert.deepEqual([...new Set(relay.taken.map((one) => one.to[0]))], ['other@example.org']);
    assert.deepEqual(
      (await deliveries()).filter((one) => one.destination === TO).map((one) => one.state),
      ['stopped', 'stopped', 'delivered'],
    );
  });

  it('is refused when a letter of it was changed, and is about a schedule by its name', async (t) => {
    const { send, link, ask, schedule, database } = await running(t);
    await send(0);
    const leave = link();
    const last = leave.at(-2) === 'A' ? 'B' : 'A';
    for (const wrong of [`${leave.slice(0, -2)}${last}${leave.at(-1)}`, `${leave}A`, leave.slice(0, -10)])
      for (const init of [{}, form(ONE_CLICK)]) {
        const refused = await ask(wrong, init);
        assert.deepEqual([refused.status, /not one of ours/.test(refused.text)], [404, true]);
      }
    assert.deepEqual((await schedule()).ended, []);
    await removeSchedule(database.db, 'daily', NOW);
    assert.match((await ask(leave, form(ONE_CLICK))).text, /You get no more/);
    await add(database, 'daily', { destinations: [TO] });
    assert.match((await ask(leave)).text, /<form/);
    await ask(leave, form(ONE_CLICK));
    assert.deepEqual((await schedule()).ended, [TO]);
  });

  it('is announced as one click only where it speaks TLS', async (t) => {
    const { relay, send, link, ask } = await running(t, 'http://census.example.org');
    await send(0);
    assert.doesNotMatch(relay.taken[0]?.raw ?? '', /One-Click/);
    assert.equal((await ask(link(), form(ONE_CLICK))).status, 200);
  });
});

describe('a token', () => {
  it('is of one schedule, one destination and one secret', () => {
    const text = fc.string({ minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(text, text, text, text, (schedule, destination, other, secret) => {
        const token = writeToken(schedule, destination, secret);
        assert.match(token, /^[A-Za-z0-9_-]+$/);
        const read = readToken(token, secret);
        assert.equal(read?.schedule, Buffer.from(schedule).toString());
        assert.equal(read?.isDestination(destination), true);
        assert.equal(read?.isDestination(`${destination}${other}`), false);
        assert.equal(readToken(token, `${secret}${other}`), null);
        assert.equal(readToken(`${token}A`, secret), null);
        assert.equal(readToken(other, secret), null);
      }),
    );
  });
});
