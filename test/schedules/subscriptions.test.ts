// What subscribers ask for, and what becomes of it: no partial reports unless wanted, sent again, no more, only some sections, countries, one owner.
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { deliveryId, listDestinations, readDestination } from '../../services/reports/delivery/destination.ts';
import { putOwner } from '../../services/reports/owner.store.ts';
import type { Report } from '../../services/reports/section.ts';
import { MOST_ATTEMPTS, nextAttempt } from '../../services/schedules/backoff.ts';
import { sendAgain, stopDestination } from '../../services/schedules/delivery.store.ts';
import { stoppedDestinations } from '../../services/schedules/delivery-history.store.ts';
import { removeSchedule } from '../../services/schedules/schedule.store.ts';
import { type Firing, firing, later, NOW, REPORT_ID } from '../support/firing.ts';

const place = (home: string): string[] => [`dir:${home}/place`];
const REPORT = { kind: 'report', report: 'headline' } as const;

/** The report and its manifest as they were delivered. */
async function delivered({ directory }: Firing, name = 'headline'): Promise<{ report: Report; manifest: object }> {
  const read = async (file: string) =>
    JSON.parse(await readFile(join(directory, 'place', `${name}-${REPORT_ID}`, file), 'utf8'));
  return { report: (await read('report.json')) as Report, manifest: (await read('manifest.json')) as object };
}

describe('a partial report', () => {
  it('is kept and not sent, until somebody sends it by hand', async (t) => {
    const fired = await firing(t, place, { surveyState: 'stopped' });
    assert.equal(await fired.fire(), null);
    await fired.deliver(later(3000));
    const [held] = await fired.deliveries();
    assert.deepEqual([held?.state, held?.attempts, held?.nextAttemptAt], ['held: partial', [], null]);
    const { id, held: count, undelivered } = await fired.schedule();
    assert.deepEqual([count, undelivered], [1, 0]);
    await sendAgain(fired.database.db, id, null, later(3000));
    await fired.deliver(later(3000));
    assert.equal((await fired.deliveries())[0]?.state, 'delivered');
    assert.deepEqual(await readdir(join(fired.directory, 'place')), [`headline-${REPORT_ID}`]);
  });

  it('is sent to those who want it anyway', async (t) => {
    const fired = await firing(t, place, { surveyState: 'stopped', spec: { ...REPORT, evenPartial: true } });
    await fired.fire();
    await fired.deliver(NOW);
    assert.equal((await fired.deliveries())[0]?.state, 'delivered');
  });
});

describe('sending again', () => {
  it('begins to count tries anew, keeps the record, and takes only what was named', async (t) => {
    const fired = await firing(t, () => ['dir:/dev/null/nowhere', 'dir:/dev/null/elsewhere']);
    await fired.fire();
    for (let day = 0; day < MOST_ATTEMPTS; day++) await fired.deliver(later(day * 1440));
    assert.deepEqual(
      (await fired.deliveries()).map((one) => one.state),
      ['given-up', 'given-up'],
    );
    const { id } = await fired.schedule();
    const again = later(30 * 1440);
    assert.deepEqual(await sendAgain(fired.database.db, id, 'dir:/dev/null/nowhere', again), [
      { reportId: REPORT_ID, destination: 'dir:/dev/null/nowhere' },
    ]);
    await fired.deliver(again);
    const [elsewhere, nowhere] = await fired.deliveries();
    assert.deepEqual([elsewhere?.state, elsewhere?.attempts.length], ['given-up', MOST_ATTEMPTS]);
    assert.deepEqual([nowhere?.state, nowhere?.attempts.length], ['waiting', MOST_ATTEMPTS + 1]);
    assert.deepEqual(nowhere?.nextAttemptAt, new Date(again.getTime() + 60_000), 'as after a first try');
  });

  it('takes the newest report', async (t) => {
    const fired = await firing(t, place);
    await fired.fire();
    await fired.fire(later(60));
    await fired.deliver(later(60));
    const { id } = await fired.schedule();
    assert.deepEqual(await sendAgain(fired.database.db, id, null, later(61)), [
      { reportId: 'r-daily-20261124-130000', destination: `dir:${fired.directory}/place` },
    ]);
    assert.deepEqual(await sendAgain(fired.database.db, id, 'dir:/other', later(61)), []);
  });
});

describe('a subscription that ended', () => {
  it('gets neither what waits for it nor what comes, and begins again when it is sent something', async (t) => {
    const fired = await firing(t, (home) => [...place(home), `dir:${home}/other`]);
    await fired.fire();
    const { id } = await fired.schedule();
    const { db } = fired.database;
    const stop = { scheduleId: id, destination: `dir:${fired.directory}/place`, reason: 'unsubscribed' } as const;
    await stopDestination(db, stop, NOW);
    await stopDestination(db, stop, later(1));
    await fired.fire(later(60));
    await fired.deliver(later(60));
    const states = async () => (await fired.deliveries()).map((one) => [one.destination.split('/').at(-1), one.state]);
    assert.deepEqual(await states(), [
      ['other', 'delivered'],
      ['place', 'stopped'],
      ['other', 'delivered'],
      ['place', 'stopped'],
    ]);
    assert.deepEqual(
      (await stoppedDestinations(db, id)).map((one) => [one.reason, one.stoppedAt]),
      [['unsubscribed', NOW]],
    );
    await sendAgain(db, id, stop.destination, later(61));
    await fired.fire(later(120));
    await fired.deliver(later(120));
    assert.deepEqual(await stoppedDestinations(db, id), []);
    assert.deepEqual((await states()).slice(0, 4), [
      ['other', 'delivered'],
      ['place', 'delivered'],
      ['other', 'delivered'],
      ['place', 'delivered'],
    ]);
  });

  it('begins again also before anything was sent', async (t) => {
    const fired = await firing(t, place);
    const { db } = fired.database;
    const { id, destinations } = await fired.schedule();
    await stopDestination(db, { scheduleId: id, destination: destinations[0]!, reason: 'unsubscribed' }, NOW);
    assert.deepEqual(await sendAgain(db, id, null, NOW), []);
    assert.deepEqual((await fired.schedule()).ended, destinations);
    assert.deepEqual(await sendAgain(db, id, destinations[0]!, NOW), []);
    assert.deepEqual((await fired.schedule()).ended, []);
    await fired.fire();
    await fired.deliver(NOW);
    assert.equal((await fired.deliveries())[0]?.state, 'delivered');
  });

  it('takes what waits along when its schedule is removed', async (t) => {
    const fired = await firing(t, place);
    await fired.fire();
    assert.equal(await removeSchedule(fired.database.db, 'daily', NOW), true);
    await fired.deliver(NOW);
    await assert.rejects(readdir(join(fired.directory, 'place')), { code: 'ENOENT' });
  });
});

describe('a subscriber may want', () => {
  it('only some sections, in the order of the report, and is told so', async (t) => {
    const fired = await firing(t, place, { spec: { ...REPORT, sections: ['versions', 'components'] } });
    assert.equal(await fired.fire(), null);
    await fired.deliver(NOW);
    const { report, manifest } = await delivered(fired);
    assert.deepEqual(
      report.sections.map((one) => one.id),
      ['components', 'versions'],
    );
    assert.match(report.subtitle, /Sections: 2 of \d+\.$/);
    assert.deepEqual((manifest as { sections?: unknown }).sections, ['versions', 'components']);
  });

  it('no section that is not there', async (t) => {
    const fired = await firing(t, place, { spec: { ...REPORT, sections: ['weather'] } });
    assert.match((await fired.fire()) ?? '', /no section weather; it has: indicators, components, /);
  });

  it('only some countries, counted as if there were no others', async (t) => {
    const observations = [
      { country: 'FR' },
      { port: 443, country: 'FR', verdict: { indicators: { certificateName: true, versionEndpoint: false } } },
      { address: '8.0.1.1', host: '8.0.1.1', country: 'DE' },
      { address: '8.0.2.1', host: '8.0.2.1', country: null },
    ];
    const fired = await firing(t, place, { spec: { ...REPORT, countries: ['FR'] }, observations });
    assert.equal(await fired.fire(), null);
    await fired.deliver(NOW);
    const { report, manifest } = await delivered(fired);
    assert.match(report.subtitle, /^Only endpoints in: France\. Our own probes of 2 endpoints/);
    const rows = (id: string) =>
      report.sections.flatMap((one) => one.tables).find((table) => table.id === id)?.rows as unknown[][];
    assert.deepEqual(
      rows('indicators').map((row) => row.slice(1, 3)),
      [
        [2, 1],
        [1, 1],
        [1, 1],
        [1, 0],
        [0, 0],
        [2, 1],
      ],
    );
    assert.deepEqual(
      rows('countries').map((row) => row.slice(0, 3)),
      [['France', 'FR', 2]],
    );
    assert.ok(!report.sections.some((one) => one.id === 'reference'), 'the world is no measure for a country');
    assert.deepEqual((manifest as { countries?: unknown }).countries, ['FR']);
  });

  it('the report for one owner', async (t) => {
    const spec = { kind: 'report', report: 'owner', owner: 'acme' } as const;
    const fired = await firing(t, place, { spec, observations: [{}, { address: '9.0.0.1', host: '9.0.0.1' }] });
    assert.match((await fired.fire()) ?? '', /No owner acme is verified/);
    const owner = { name: 'acme', prefixes: ['9.0.0.0/24'], verifiedBy: 'a call', verifiedAt: NOW.toISOString() };
    await putOwner(fired.database.db, owner);
    assert.equal(await fired.fire(later(60)), null);
    await fired.deliver(later(60));
    const [entry] = await readdir(join(fired.directory, 'place'));
    const text = await readFile(join(fired.directory, 'place', entry as string, 'report.json'), 'utf8');
    assert.ok(text.includes('9.0.0.1') && !text.includes('8.0.0.1'));
  });
});

describe('a destination', () => {
  it('is one of four forms, in one spelling', () => {
    assert.deepEqual(readDestination('s3://census-reports/a/b/'), {
      kind: 's3',
      bucket: 'census-reports',
      prefix: 'a/b',
    });
    assert.deepEqual(readDestination('webhook:https://hooks.example.org/x?y=1#team-a'), {
      kind: 'webhook',
      url: 'https://hooks.example.org/x?y=1',
      secrets: 'KUBECENSUS_WEBHOOK_SECRETS_TEAM_A',
    });
    for (const bad of [
      'dir:',
      'pigeon:loft',
      'constructor:x',
      'mailto:',
      'mailto:a b@example.org',
      'mailto:a@example.org\r\nBcc: b@example.org',
      'mailto:<a@example.org>',
      'webhook:ftp://example.org',
      'webhook:https://user:secret@example.org/',
      'webhook:https://example.org/#a b',
      's3:bucket',
      's3://B/x',
      's3://bucket/a b',
      's3://bucket/../x',
      's3://bucket/a/..',
    ])
      assert.equal(readDestination(bad), null, bad);
    const { destinations, unknown } = listDestinations(['mailto:a@example.org,b@example.org', 'dir:/x/../y', 'x:y']);
    assert.deepEqual(destinations, ['mailto:a@example.org', 'mailto:b@example.org', 'dir:/y']);
    assert.deepEqual(unknown, ['x:y']);
  });

  it('and a report have one id, of characters that headers take', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (report, destination) => {
        assert.equal(deliveryId(report, destination), deliveryId(report, destination));
        assert.match(deliveryId(report, destination), /^[A-Za-z0-9.-]*\.[0-9a-f]{12}$/);
      }),
    );
    assert.notEqual(deliveryId('r', 'dir:/a'), deliveryId('r', 'dir:/b'));
  });
});

it('waits grow, with at most a fifth of chance on top, never below what the receiver asks for, and end', () => {
  const number = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: MOST_ATTEMPTS - 1 }), number, number, fc.nat(1e9), (attempt, a, b, asked) => {
      const wait = (random: number, asks = 0) => Number(nextAttempt(attempt, NOW, random, asks)) - NOW.getTime();
      assert.ok(wait(a) >= wait(0) && wait(a) <= 1.2 * wait(0) + 1);
      assert.ok(wait(1) > 1.1 * wait(0), 'there is some chance');
      assert.ok(wait(b, asked) >= asked);
      if (attempt < MOST_ATTEMPTS - 1) assert.ok(Number(nextAttempt(attempt + 1, NOW, 0)) - NOW.getTime() > wait(1));
    }),
  );
  assert.equal(nextAttempt(MOST_ATTEMPTS, NOW, 0), null);
});
