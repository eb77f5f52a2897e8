// masscan's four outputs say the same, and broken ones say what they still hold.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FeedItem } from '../../../services/feeds/feed.ts';
import { MASSCAN } from '../../../services/feeds/formats/masscan.ts';
import { EC, fixture } from './fixtures.ts';
import { collect, OPTIONS, parse, reasons, sightings, streamOf } from './items.ts';

const notes = (items: readonly FeedItem[]) => items.filter(({ type }) => type === 'note');
/** Without the places, which differ by form, and with ports as numbers. */
const said = async (name: string) =>
  sightings(await parse(MASSCAN, fixture(name))).map(({ at: _at, port, ...rest }) => ({ ...rest, port: Number(port) }));

test('all forms give the same sightings: certificate, answer and time of one endpoint stand together', async () => {
  const expected = await said('masscan.json');
  const [tls, , , , plain, , six] = expected;
  assert.equal(expected.length, 7, 'every event is a row');
  assert.deepEqual([tls?.host, tls?.port, tls?.observedAt], ['192.0.2.1', 6443, '2026-11-23T10:00:02.000Z']);
  assert.deepEqual([tls?.evidence?.transport, tls?.evidence?.tls], ['tls', { chain: [EC] }]);
  assert.match(tls?.evidence?.plainHttpToTlsPort?.response ?? '', /^HTTP\/1\.0 400 Bad Request\r\n\r\nClient sent/);
  assert.equal(tls?.evidence?.requests, undefined, 'what a TLS port says to plain HTTP is no answer of the API');
  const [request] = plain?.evidence?.requests ?? [];
  assert.ok(request !== undefined && 'response' in request);
  assert.deepEqual([plain?.host, plain?.evidence?.transport, request.path], ['192.0.2.2', 'plain', '/']);
  assert.match(request.response, /^HTTP\/1\.1 403 Forbidden\r\nAudit-Id: [\s\S]*\r\n\r\n\{"kind":"Status"[\s\S]*\}$/);
  assert.deepEqual([six?.host, six?.port, six?.evidence], ['2001:db8::5', 6443, undefined]);
  for (const name of ['masscan-trailing-comma.json', 'masscan.ndjson', 'masscan.list', 'masscan.xml'])
    assert.deepEqual(await said(name), expected, name);
});

test('whole files are whole: the comma too many and the last element that is no JSON change nothing', async () => {
  for (const name of ['masscan.json', 'masscan-trailing-comma.json', 'masscan.ndjson', 'masscan.list', 'masscan.xml']) {
    const items = await parse(MASSCAN, fixture(name));
    assert.deepEqual([reasons(items), notes(items)], [[], []], name);
  }
});

test('a cut file gives its whole events, rejects the last and says that it is cut', async () => {
  const items = await parse(MASSCAN, fixture('masscan-cut.json'));
  assert.deepEqual(reasons(items), ['item 7: cut_short']);
  assert.equal(sightings(items).length, 6);
  for (const text of [
    fixture('masscan-cut.json'),
    fixture('masscan.json').trimEnd().slice(0, -1),
    fixture('masscan.list').replace('# end\n', ''),
    fixture('masscan.xml').replace('</nmaprun>', ''),
  ])
    assert.deepEqual(notes(await parse(MASSCAN, text)), [{ type: 'note', partial: 'cut_short' }]);
});

test('the chunks in which bytes arrive change nothing', async () => {
  for (const name of ['masscan-trailing-comma.json', 'masscan.xml']) {
    const pieces = fixture(name).match(/[\s\S]{1,7}/g) ?? [];
    assert.deepEqual(
      await collect(MASSCAN.parse(streamOf(...pieces), OPTIONS)),
      await parse(MASSCAN, fixture(name)),
      name,
    );
  }
});

test('what is no open TCP port, and certificates that are none, are rejected', async () => {
  const event = (port: object) => JSON.stringify({ ip: '192.0.2.1', timestamp: '1795428000', ports: [port] });
  const banner = (text: string) => event({ port: 6443, proto: 'tcp', service: { name: 'X509', banner: text } });
  const text = `[\n${[
    event({ port: 6443, proto: 'tcp', status: 'closed' }),
    event({ port: 6443, proto: 'udp', status: 'open' }),
    banner(EC.slice(0, 300)),
    banner('not base64!'),
    JSON.stringify({ ip: '192.0.2.1', timestamp: '1795428000', ports: [] }),
    event({ port: 6443, proto: 'tcp', status: 'open' }).replace('1795428000', '1795428000000'),
    '{"ip": "192.0.2.1", oops}',
  ].join(',\n')}\n]\n`;
  assert.deepEqual(
    reasons(await parse(MASSCAN, text)).map((line) => line.split(': ')[1]),
    ['not_open', 'not_tcp', 'bad_certificate', 'bad_certificate', 'no_port', 'bad_time', 'bad_json'],
  );
  assert.deepEqual(reasons(await parse(MASSCAN, '#masscan\nopen tcp x 192.0.2.1 1\n# end\n')), ['line 2: bad_row']);
});
