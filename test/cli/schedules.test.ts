// Schedules as a user has them: added with four kinds of destinations or refused, run, looked at, sent again, ended.
import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it, type TestContext } from 'node:test';
import { recompute } from '../../services/rollups/rollup.store.ts';
import { type Finished, runCommand } from '../support/command.ts';
import { withDatabase } from '../support/database.ts';
import { NOW, observation, surveyOf } from '../support/observations.ts';
import { smtpRelay } from '../support/smtp-relay.ts';
import { verified, webhookReceiver } from '../support/webhook-receiver.ts';

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

async function counted(t: TestContext): Promise<{ home: string; environment: Record<string, string> }> {
  const { database, url, onEnd } = await withDatabase(t);
  await surveyOf(database, 's', [observation()]);
  await recompute(database.db, 's', NOW);
  const home = await mkdtemp(join(tmpdir(), 'kubecensus-cli-schedules-'));
  onEnd(() => rm(home, { recursive: true }));
  return { home, environment: { DATABASE_URL: url, KUBECENSUS_DATA_DIR: join(home, 'data') } };
}

const row = (finished: Finished): Record<string, unknown> => finished.rows[0] ?? {};

it('a report goes where it was told to, says how it fared, and can be sent again or no more', async (t) => {
  const { home, environment } = await counted(t);
  const relay = await smtpRelay();
  t.after(() => relay.close());
  const receiver = await webhookReceiver(
    (response) => void response.writeHead(receiver.received.length > 1 ? 200 : 500).end(),
  );
  t.after(() => receiver.close());
  const means = {
    ...environment,
    KUBECENSUS_SMTP_HOST: '127.0.0.1',
    KUBECENSUS_SMTP_PORT: String(relay.port),
    KUBECENSUS_SMTP_SECURITY: 'none',
    KUBECENSUS_MAIL_FROM: 'census@example.org',
    KUBECENSUS_WEBHOOK_SECRETS: SECRET,
    KUBECENSUS_WEBHOOK_ALLOW_HOSTS: '127.0.0.1',
  };
  const webhook = `webhook:${receiver.url}`;
  const add = ['schedule', 'add', '--report', 'headline', '--cron', '0 6 * * 1', '--even-partial', '--deliver'];
  const added = await runCommand([...add, 'mailto:a@example.org,b@example.org', webhook, `dir:${home}/out`], means);
  assert.deepEqual([added.code, added.stderr], [0, '']);
  assert.deepEqual(row(added)['destinations'], [
    'mailto:a@example.org',
    'mailto:b@example.org',
    webhook,
    `dir:${home}/out`,
  ]);

  const run = await runCommand(['schedule', 'run', 'headline'], means);
  assert.deepEqual([run.code, row(run)['delivered'], row(run)['undelivered']], [3, 3, 1]);
  assert.deepEqual(relay.taken.flatMap((one) => one.to).sort(), ['a@example.org', 'b@example.org']);
  assert.equal((await readdir(join(home, 'out'))).length, 1);

  const list = row(await runCommand(['schedule', 'list'], means));
  assert.deepEqual([list['delivered'], list['undelivered'], list['lastFailure']], [3, 1, 'HTTP 500']);
  assert.ok(Date.parse(String(list['nextAttemptAt'])) > Date.parse(String(list['lastFireAt'])));
  assert.ok(Date.parse(String(list['nextDueAt'])) > Date.parse(String(list['lastFireAt'])));

  const resent = await runCommand(['schedule', 'resend', 'headline', '--deliver', webhook], means);
  assert.deepEqual([resent.code, row(resent)['state'], row(resent)['detail']], [0, 'delivered', 'HTTP 200']);
  const [first, again] = receiver.received;
  assert.equal(first?.headers['webhook-id'], again?.headers['webhook-id']);
  verified(again!, SECRET);

  const shown = await runCommand(['schedule', 'show', 'headline'], means);
  assert.deepEqual(
    shown.rows
      .filter((one) => one['destination'] === webhook)
      .map((one) => [one['attempt'], one['result'], one['detail']]),
    [
      [1, 'failed', 'HTTP 500'],
      [2, 'delivered', 'HTTP 200'],
    ],
  );

  const ended = await runCommand(['schedule', 'unsubscribe', 'headline', 'mailto:a@example.org'], means);
  assert.equal(ended.code, 0);
  await runCommand(['schedule', 'run', 'headline'], means);
  assert.deepEqual(
    relay.taken.slice(2).flatMap((one) => one.to),
    ['b@example.org'],
  );
  const after = await runCommand(['schedule', 'show', 'headline', '--limit', '4'], means);
  assert.match(after.stderr, /mailto:a@example\.org gets no more since .*: unsubscribed\./);
});

it('what cannot be delivered is refused when it is added, and what is missing is said', async (t) => {
  const { environment } = await counted(t);
  const add = (...words: string[]) => runCommand(['schedule', 'add', '--cron', '0 6 * * 1', ...words], environment);
  for (const [words, expected] of [
    [['--report', 'headline', '--deliver', 'pigeon:loft'], /^KC_SCHEDULE: .*not to pigeon:loft/],
    [['--report', 'headline'], /^KC_SCHEDULE: .*needs a destination/],
    [['--report', 'owner', '--deliver', 'dir:x'], /^KC_SCHEDULE: .*needs --owner NAME/],
    [['--report', 'owner', '--owner', 'nobody', '--deliver', 'dir:x'], /^KC_OWNER: No owner nobody is verified/],
    [['--report', 'feeds', '--country', 'de', '--deliver', 'dir:x'], /^KC_SCHEDULE: .*cannot be limited to countries/],
    [['--report', 'headline', '--country', 'Germany', '--deliver', 'dir:x'], /^KC_SCHEDULE: .*two letters/],
    [['--survey', '--even-partial'], /^KC_SCHEDULE: .*go with --report/],
    [
      ['--report', 'countries', '--section', 'places', 'weather', 'tallies-2', '--deliver', 'dir:x'],
      /^KC_USAGE: The report countries has no section weather, tallies-2; it has: map, places, sources\./,
    ],
  ] as const) {
    const refused = await add(...words);
    assert.deepEqual([refused.code, refused.rows], [2, []], words.join(' '));
    assert.match(refused.stderr, expected);
  }
  assert.equal((await add('--report', 'versions', '--section', 'ranges', 'tallies-2', '--deliver', 'dir:x')).code, 0);
  const added = await add(
    '--report',
    'headline',
    '--deliver',
    'mailto:a@example.org',
    's3://bucket',
    'webhook:https://example.org',
  );
  assert.equal(added.code, 0);
  assert.match(added.stderr, /mailto:a@example\.org needs the setting smtp\.host and the setting mail\.from/);
  assert.match(added.stderr, /s3:\/\/bucket needs the secret AWS_ACCESS_KEY_ID and the secret AWS_SECRET_ACCESS_KEY/);
  assert.match(added.stderr, /webhook:https:\/\/example\.org needs the secret KUBECENSUS_WEBHOOK_SECRETS,/);
});
