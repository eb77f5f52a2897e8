// ZMap output: with a header, without, as JSON; what answered, and what did not.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ZMAP } from '../../../services/feeds/formats/zmap.ts';
import { fixture } from './fixtures.ts';
import { parse, reasons, sightings } from './items.ts';

const rows = async (text: string, port: string | null = null) =>
  sightings(await parse(ZMAP, text, { port })).map(({ host, port, observedAt }) => [host, port, observedAt]);

test('SYN-ACKs are sightings with zmap’s own time in any zone; resets and repetitions are rejected', async () => {
  assert.deepEqual(await rows(fixture('zmap.csv')), [
    ['192.0.2.1', '6443', '2026-11-23T10:00:00.123Z'],
    ['192.0.2.3', '10250', '2026-11-23T10:00:01.999Z'],
  ]);
  assert.deepEqual(reasons(await parse(ZMAP, fixture('zmap.csv'))), ['line 3: not_open', 'line 4: repeat']);
});

test('JSON lines say the same', async () => {
  assert.deepEqual(await rows(fixture('zmap.jsonl')), [['192.0.2.1', 6443, '2026-11-23T10:00:00.123Z']]);
  assert.deepEqual(reasons(await parse(ZMAP, fixture('zmap.jsonl'))), ['line 2: not_open']);
});

test('a file without ports takes the user’s, and none when there is none', async () => {
  const hosts = ['192.0.2.1', '192.0.2.2', '192.0.2.3'];
  assert.deepEqual(
    await rows(fixture('zmap-single-port.csv'), '6443'),
    hosts.map((host) => [host, '6443', null]),
  );
  assert.deepEqual(
    await rows(fixture('zmap-single-port.csv')),
    hosts.map((host) => [host, null, null]),
  );
  assert.match(ZMAP.detect({ lines: ['saddr', '192.0.2.1'], fileName: 'x' }).why, /--port/);
  assert.deepEqual((await rows(fixture('zmap.csv'), '1'))[0]?.[1], '6443', 'a row’s own port wins');
});

test('blank columns, with a header and without', async () => {
  const expected = [
    ['192.0.2.1', '6443', null],
    ['192.0.2.2', '10250', null],
  ];
  assert.deepEqual(await rows(fixture('zmap-blank.csv')), expected);
  assert.deepEqual(await rows(fixture('zmap-bare.csv')), expected);
  assert.deepEqual(await rows('192.0.2.1,6443\n192.0.2.2,10250\n'), expected);
});

test('the time may be seconds since 1970; other columns are passed over; rows of another width are rejected', async () => {
  const items = await parse(ZMAP, 'ttl,timestamp_ts,sport,saddr\n51,1795428000,443,192.0.2.1\n51,1795428000,443\n');
  assert.deepEqual(sightings(items)[0]?.observedAt, '2026-11-23T10:00:00.000Z');
  assert.deepEqual(reasons(items), ['line 3: column_count']);
});
