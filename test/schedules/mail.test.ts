// Reports by e-mail through a real relay, read back by an independent parser: parts, pictures, sizes, ways out, encryption, refusals.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import type { SMTPServerAuthentication } from 'smtp-server';
import { loadConfig } from '../../services/config.ts';
import { createMailer } from '../../services/platform/mailer.ts';
import type { Parcel } from '../../services/reports/delivery/delivery.ts';
import { deliveryId } from '../../services/reports/delivery/destination.ts';
import { MAX_ATTACHED_BYTES, mailOf } from '../../services/reports/delivery/mail.ts';
import { MAIL_ROWS, mailText } from '../../services/reports/delivery/mail-text.ts';
import { headline } from '../../services/reports/headline.ts';
import { figuresOf } from '../../services/reports/section.ts';
import { contentsOf } from '../../services/reports/write.ts';
import { hostileData } from '../reports/hostile-data.ts';
import { sampleData, sampleTallies } from '../reports/sample-data.ts';
import { type Firing, type FiringOptions, firing, later, NOW, REPORT_ID } from '../support/firing.ts';
import { loopbackCertificate, type Relay, smtpRelay } from '../support/smtp-relay.ts';

/** The smallest PNG there is: one pixel. */
const PIXEL = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
const TO = 'mailto:team@example.org';

const environment = (relay: Relay): Record<string, string> => ({
  KUBECENSUS_SMTP_HOST: '127.0.0.1',
  KUBECENSUS_SMTP_PORT: String(relay.port),
  KUBECENSUS_SMTP_SECURITY: 'none',
  KUBECENSUS_MAIL_FROM: 'Census <census@example.org>',
  KUBECENSUS_CONTACT_EMAIL: 'optout@example.org',
});

async function mailed(
  t: TestContext,
  settings: Record<string, string> = {},
  { relay, ...options }: FiringOptions & { relay?: Relay } = {},
): Promise<{ relay: Relay } & Firing> {
  const started = relay ?? (await smtpRelay());
  t.after(() => started.close());
  const fired = await firing(t, () => [TO], {
    // Whether this machine can draw PNG is not what these tests are about.
    means: (means) => ({ ...means, mail: { ...means.mail!, pictureOf: async () => PIXEL } }),
    ...options,
    environment: { ...environment(started), ...settings },
  });
  assert.equal(await fired.fire(), null);
  return { ...fired, relay: started };
}

describe('a report by mail', () => {
  it('has a text, a page with its pictures inside, and the files beside them', async (t) => {
    const { relay, deliver, deliveries } = await mailed(t);
    await deliver(NOW);
    const [{ mail, from, to, raw }] = relay.taken as [Relay['taken'][number]];
    assert.deepEqual([from, to], ['census@example.org', ['team@example.org']]);
    assert.match(raw, /Content-Type: multipart\/alternative/);
    assert.match(mail.text ?? '', /^Kubernetes APIs that answer from the internet\n=+\n/);
    assert.doesNotMatch(mail.text ?? '', /\*\*|\]\(|&amp;|<(?!https:)\w/);
    const html = String(mail.html);
    const cids = [...html.matchAll(/src="cid:([^"]+)"/g)].map(([, cid]) => `<${cid}>`);
    const inline = mail.attachments.filter((one) => one.contentType === 'image/png');
    assert.ok(cids.length >= 5, 'pictures are shown');
    assert.deepEqual(new Set(cids), new Set(inline.map((one) => one.contentId)));
    assert.ok(inline.every((one) => one.contentDisposition === 'inline' && one.content.equals(PIXEL)));
    assert.doesNotMatch(html, /<script|<style|<svg|https?:\/\/[^"]*\.(?:png|css|js)|var\(--/);
    assert.deepEqual(
      mail.attachments.filter((one) => !inline.includes(one)).map((one) => one.filename),
      ['html', 'json', 'manifest.json'].map((end) => `headline-${REPORT_ID}.${end}`),
    );
    assert.equal((await deliveries())[0]?.state, 'delivered');
  });

  it('says how to get no more of it, to people and to programs', async (t) => {
    const page = 'https://census.example.org/leave?s={schedule}&r={recipient}';
    const { relay, deliver } = await mailed(t, { KUBECENSUS_MAIL_UNSUBSCRIBE_URL: page });
    await deliver(NOW);
    const raw = (relay.taken[0]?.raw ?? '').replaceAll(/\r\n[ \t]+/g, ' ');
    assert.match(
      raw,
      /^List-Unsubscribe: <https:\/\/census\.example\.org\/leave\?s=daily&r=team%40example\.org>, <mailto:optout@example\.org\?subject=unsubscribe%20daily>\r$/m,
    );
    assert.match(raw, /^List-Unsubscribe-Post: List-Unsubscribe=One-Click\r$/m);
    assert.match(raw, /^Auto-Submitted: auto-generated\r$/m);
    assert.match(relay.taken[0]?.mail.text ?? '', /write to optout@example\.org/);
  });

  it('offers one click only where a page for it is configured', async (t) => {
    const { relay, deliver } = await mailed(t);
    await deliver(NOW);
    assert.doesNotMatch(relay.taken[0]?.raw ?? '', /One-Click/);
    assert.match(relay.taken[0]?.raw ?? '', /^List-Unsubscribe: <mailto:/m);
  });

  it('has one Message-ID, however often it is sent', async (t) => {
    let busy = true;
    const relay = await smtpRelay({
      onMailFrom: (_address, _session, callback) =>
        callback(busy ? Object.assign(new Error('busy'), { responseCode: 451 }) : null),
    });
    const { deliver, deliveries } = await mailed(t, {}, { relay });
    await deliver(NOW);
    assert.match((await deliveries())[0]?.attempts[0]?.detail ?? '', /451/);
    busy = false;
    await deliver(later(1));
    assert.equal(relay.taken[0]?.mail.messageId, `<${deliveryId(REPORT_ID, TO)}@example.org>`);
    assert.deepEqual(relay.taken[0]?.mail.date, later(1));
  });

  it('is given up at once where the relay does not know the recipient', async (t) => {
    const relay = await smtpRelay({
      onRcptTo: (_address, _session, callback) =>
        callback(Object.assign(new Error('no such user'), { responseCode: 550 })),
    });
    const { deliver, deliveries } = await mailed(t, {}, { relay });
    await deliver(NOW);
    await deliver(later(60));
    const [delivery] = await deliveries();
    assert.equal(delivery?.state, 'refused');
    assert.match(delivery?.attempts.map((one) => one.detail).join('|') ?? '', /^[^|]*no such user[^|]*$/);
  });

  it('carries pictures as files where none can be drawn', async (t) => {
    const { relay, deliver } = await mailed(
      t,
      {},
      { means: (means) => ({ ...means, mail: { ...means.mail!, pictureOf: async () => null } }) },
    );
    await deliver(NOW);
    const { mail } = relay.taken[0]!;
    assert.doesNotMatch(String(mail.html), /cid:|<img/);
    assert.ok(mail.attachments.filter((one) => one.contentType === 'image/svg+xml').length >= 5);
  });

  it('fails with what is missing where no relay is configured', async (t) => {
    const { deliver, deliveries } = await mailed(t, { KUBECENSUS_SMTP_HOST: '' }, { means: (means) => means });
    await deliver(NOW);
    assert.match((await deliveries())[0]?.attempts[0]?.detail ?? '', /smtp\.host/);
  });
});

describe('what a mail carries', () => {
  const parcel = (padding: number, changes: Partial<Parcel> = {}): Parcel => {
    const report = headline(sampleData({ endpoints: 400, weight: 1, seed: 3 }));
    const contents = new Map<string, Uint8Array>(
      [...contentsOf(report, ['html', 'json'])].map(([path, text]) => [path, Buffer.from(text)]),
    );
    contents.set('manifest.json', Buffer.alloc(padding, 'x'));
    const files = { id: 'r-1', name: 'headline', directory: '/', files: [] };
    return { id: 'r-1.abc', files, contents, report, manifest: {}, schedule: 'daily', sentAt: NOW, ...changes };
  };
  const settings = { from: 'a@example.org', unsubscribeMail: 'b@example.org', unsubscribeUrl: null };
  const sizeOf = (mail: ReturnType<typeof mailOf>): number =>
    mail.attachments.reduce((sum, one) => sum + one.content.byteLength, 0);

  it('stays below five megabytes: files that are more become a link, pictures stay', () => {
    const url = 'https://reports.example.org/r-1/';
    const pictures = new Map([['indicators', PIXEL]]);
    const small = mailOf(parcel(1000), 't@example.org', { ...settings, reportUrl: url }, pictures);
    const rest = sizeOf(small) - 1000;
    const exact = mailOf(parcel(MAX_ATTACHED_BYTES - rest), 't@example.org', { ...settings, reportUrl: url }, pictures);
    assert.equal(sizeOf(exact), MAX_ATTACHED_BYTES);
    const large = mailOf(
      parcel(MAX_ATTACHED_BYTES - rest + 1),
      't@example.org',
      { ...settings, reportUrl: url },
      pictures,
    );
    assert.deepEqual(
      large.attachments.map((one) => one.contentType),
      small.attachments.filter((one) => one.cid !== undefined).map((one) => one.contentType),
    );
    for (const part of [large.text, large.html])
      assert.match(part, /larger than a mail should carry\. They are at https/);
    assert.doesNotMatch(small.text, /larger than/);
    const nowhere = mailOf(parcel(MAX_ATTACHED_BYTES), 't@example.org', { ...settings, reportUrl: null }, pictures);
    assert.match(nowhere.text, /Ask who runs this census for report r-1/);
  });

  it('says first that a survey is partial', () => {
    const manifest = { survey: { partial: true } };
    const mail = mailOf(parcel(10, { manifest }), 't@example.org', { ...settings, reportUrl: null }, null);
    assert.match(mail.subject, /^\[partial\] /);
    for (const part of [mail.text, mail.html]) assert.match(part, /partial: it was stopped, or a feed was cut short/);
  });

  it('lets nothing of the certificate world become markup, a header or a loaded thing', () => {
    const report = headline(hostileData());
    const mail = mailOf(parcel(10, { report }), 't@example.org', { ...settings, reportUrl: null }, null);
    assert.doesNotMatch(mail.html, /<script|<img|<iframe|<[^>]*\bonerror=|="javascript:/i);
    assert.doesNotMatch(mail.subject + mail.messageId + Object.values(mail.headers).join(''), /[\r\n]/);
    assert.doesNotMatch(mail.text, /[\u0000-\u0009\u000b-\u001f\u202e\u200b]/);
  });

  it('is short enough for mail programs that cut what is longer than 102 kilobytes', () => {
    const report = headline(sampleData({ endpoints: 3000, weight: 1, seed: 3, tallies: sampleTallies(30) }));
    const figures = figuresOf(report).map(({ id }) => [id, PIXEL] as const);
    const mail = mailOf(parcel(10, { report }), 't@example.org', { ...settings, reportUrl: null }, new Map(figures));
    assert.match(mail.html, /in the files/);
    assert.ok(Buffer.byteLength(mail.html) < 102_000, `${Buffer.byteLength(mail.html)} bytes`);
  });

  it('has lines that mail programs leave whole, and tables that are cut and say so', () => {
    const report = headline(sampleData({ endpoints: 4000, weight: 1, seed: 3 }));
    const text = mailText(report);
    const prose = text.split('\n').filter((line) => line !== '' && !line.startsWith('  ') && line.includes(' '));
    // Titles of tables and sections are one line each, whatever their length.
    const titles = report.sections.flatMap((section) => [section.title, ...section.tables.map((table) => table.title)]);
    assert.deepEqual(
      prose.filter((line) => line.length > 76 && !titles.some((title) => line.startsWith(title))),
      [],
    );
    const long = report.sections.flatMap((one) => one.tables).find((table) => table.rows.length > MAIL_ROWS + 5)!;
    assert.match(text, new RegExp(`${long.title.replaceAll(/[()]/g, '\\$&')} \\(\\d+ more rows in the files\\)`));
  });
});

describe('the relay', () => {
  const message = {
    from: 'a@example.org',
    to: 'b@example.org',
    subject: 's',
    messageId: '<m@example.org>',
    date: NOW,
    headers: {},
    text: 't',
    html: '<p>h</p>',
    attachments: [],
  };
  const login = { user: 'census', password: 'open sesame' };
  const auth = (
    { username, password }: SMTPServerAuthentication,
    callback: (error: Error | null, response?: { user: string }) => void,
  ): void =>
    username === login.user && password === login.password
      ? callback(null, { user: username })
      : callback(new Error('wrong'));

  for (const security of ['starttls', 'tls'] as const)
    it(`is spoken to by ${security}, with a password, and not when its certificate is unknown`, async (t) => {
      const pair = await loopbackCertificate(new Date());
      const relay = await smtpRelay({
        ...pair,
        secure: security === 'tls',
        authOptional: false,
        onAuth: (given, _session, callback) => auth(given, callback),
      });
      t.after(() => relay.close());
      const settings = { host: '127.0.0.1', port: relay.port, security, login };
      assert.match(await createMailer({ ...settings, ca: pair.cert })(message), /^250 /);
      assert.deepEqual([relay.taken[0]?.secure, relay.taken[0]?.user], [true, 'census']);
      await assert.rejects(createMailer(settings)(message), /self-signed certificate/);
      const wrong = { ...settings, ca: pair.cert, login: { ...login, password: 'x' } };
      await assert.rejects(createMailer(wrong)(message), { responseCode: 535 });
      assert.equal(relay.taken.length, 1);
    });

  it('that offers no encryption gets nothing unless told that none is wanted', async (t) => {
    const relay = await smtpRelay();
    t.after(() => relay.close());
    const settings = { host: '127.0.0.1', port: relay.port, login: null };
    await assert.rejects(createMailer({ ...settings, security: 'starttls' })(message), /STARTTLS/);
    assert.deepEqual(relay.taken, []);
    await createMailer({ ...settings, security: 'none' })(message);
    assert.equal(relay.taken.length, 1);
  });

  it('is described by settings whose mistakes are all said at once', () => {
    const environment = {
      KUBECENSUS_SMTP_SECURITY: 'ssl',
      KUBECENSUS_SMTP_PORT: '0',
      KUBECENSUS_MAIL_FROM: 'nobody',
      KUBECENSUS_MAIL_UNSUBSCRIBE_URL: 'http://example.org',
    };
    assert.throws(
      () => loadConfig(environment, null),
      (error: Error) => Object.keys(environment).every((variable) => error.message.includes(variable)),
    );
  });

  it('is told the password of a file', async (t) => {
    const directory = await mkdtemp(join(tmpdir(), 'kubecensus-secret-'));
    t.after(() => rm(directory, { recursive: true }));
    await writeFile(join(directory, 'password'), `${login.password}\n`);
    const relay = await smtpRelay({
      authOptional: false,
      allowInsecureAuth: true,
      onAuth: (given, _session, callback) => auth(given, callback),
    });
    const { deliver } = await mailed(
      t,
      { KUBECENSUS_SMTP_USER: login.user, KUBECENSUS_SMTP_PASSWORD_FILE: join(directory, 'password') },
      { relay },
    );
    await deliver(NOW);
    assert.equal(relay.taken[0]?.user, login.user);
  });
});
