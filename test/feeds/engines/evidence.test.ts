// What the hits of each engine show, judged without a packet; and the traps in their forms.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { CRIMINAL_IP } from '../../../services/feeds/engines/criminal-ip.ts';
import type { SearchEngine } from '../../../services/feeds/engines/declaration.ts';
import { DRIFTNET } from '../../../services/feeds/engines/driftnet.ts';
import { FOFA } from '../../../services/feeds/engines/fofa.ts';
import { HUNTER } from '../../../services/feeds/engines/hunter.ts';
import { HUNTER_HOW } from '../../../services/feeds/engines/hunter-how.ts';
import { SEARCH_ENGINES } from '../../../services/feeds/engines/index.ts';
import { LEAKIX } from '../../../services/feeds/engines/leakix.ts';
import { NETLAS } from '../../../services/feeds/engines/netlas.ts';
import { ODIN } from '../../../services/feeds/engines/odin.ts';
import { ONYPHE } from '../../../services/feeds/engines/onyphe.ts';
import { SHODAN } from '../../../services/feeds/engines/shodan.ts';
import { ZOOMEYE } from '../../../services/feeds/engines/zoomeye.ts';
import type { Sighting } from '../../../services/feeds/feed.ts';
import { judge } from '../../../services/fingerprints/match.ts';
import { LAB_ENGINES } from '../../../services/lab/engines/index.ts';
import type { LabRow } from '../../../services/lab/engines/row.ts';
import { OPTIONS } from '../formats/items.ts';
import { rowsOf } from './rows.ts';

const CAPTURE = new URL('../../fixtures/captures/kube-apiserver-6443.json', import.meta.url);
const capture = JSON.parse(readFileSync(CAPTURE, 'utf8')) as { tls: { chain: [string] } };
const PEM = `-----BEGIN CERTIFICATE-----\n${capture.tls.chain[0].replace(/(.{64})/g, '$1\n')}\n-----END CERTIFICATE-----\n`;

/** One row as the engine would give it, read back. */
function seen(engine: SearchEngine, row: LabRow): Sighting {
  const form = LAB_ENGINES.find(({ type }) => type === engine.type);
  const reply = engine.read(form?.page({ rows: [row], offset: 0, size: 1, total: 1, more: false }));
  const sightings = engine.row(reply?.hits[0], 'page 1 hit 1', OPTIONS);
  assert.ok(typeof sightings !== 'string', String(sightings));
  return sightings[0] as Sighting;
}

const [HIDDEN, OPEN] = rowsOf(2) as [LabRow, LabRow];
const PLAIN = rowsOf(10).at(-1) as LabRow;

/** Of an endpoint that hides its version and one that discloses it: whether the time is known, and what is judged (null: nothing is shown). */
const JUDGED: Readonly<Record<string, { time: boolean; hidden: string | null; open: string | null }>> = {
  shodan: { time: true, hidden: 'kube-apiserver confirmed', open: 'kube-apiserver confirmed v1.31.1' },
  fofa: { time: false, hidden: null, open: null },
  zoomeye: { time: false, hidden: 'kube-apiserver probable', open: 'kube-apiserver confirmed v1.31.1' },
  netlas: { time: true, hidden: 'kube-apiserver confirmed', open: 'kube-apiserver confirmed v1.31.1' },
  leakix: { time: true, hidden: 'kube-apiserver confirmed', open: 'kube-apiserver confirmed v1.31.1' },
  onyphe: { time: true, hidden: 'kube-apiserver confirmed', open: 'kube-apiserver confirmed v1.31.1' },
  // Hunter does not say which path a page is of.
  hunter: { time: false, hidden: 'kube-apiserver confirmed', open: 'null not' },
  quake: { time: true, hidden: 'kube-apiserver confirmed', open: 'kube-apiserver confirmed v1.31.1' },
  criminalip: { time: false, hidden: 'kube-apiserver probable', open: 'kube-apiserver probable v1.31.1' },
  hunterhow: { time: false, hidden: null, open: null },
  driftnet: { time: false, hidden: null, open: null },
  odin: { time: true, hidden: 'kube-apiserver probable', open: 'kube-apiserver probable' },
};

function judged({ evidence }: Sighting): string | null {
  if (evidence === undefined) return null;
  const { component, grade, version } = judge(evidence, { now: OPTIONS.now.toISOString() });
  // A hidden version is inferred, without a string.
  return [component, grade, version?.gitVersion].filter((one) => one !== undefined && one !== '').join(' ') || null;
}

for (const engine of SEARCH_ENGINES) {
  test(`${engine.type}: what a hit shows is kept with its own time and judged passively`, () => {
    const expected = JUDGED[engine.type];
    const [hidden, disclosed] = [HIDDEN, { ...OPEN, certificate: OPEN.certificate }].map((row) => seen(engine, row));
    assert.deepEqual([hidden?.host, Number(hidden?.port)], [HIDDEN.address, 6443]);
    assert.equal(hidden?.observedAt?.slice(0, 19) ?? null, expected?.time === true ? '2026-11-21T10:00:00' : null);
    assert.equal(judged(hidden as Sighting), expected?.hidden);
    assert.equal(judged(disclosed as Sighting)?.replace(/^ /, 'null ') ?? null, expected?.open);
    const plain = seen(engine, PLAIN);
    assert.notEqual(plain.evidence?.transport, 'tls');
    assert.ok(hidden?.evidence === undefined || hidden.evidence.source === OPTIONS.feed);
  });
}

describe('traps', () => {
  test('Shodan: the chain is read, so that the names of the certificate are known although the extension is unreadable', () => {
    const certificate = { ...(HIDDEN.certificate as NonNullable<LabRow['certificate']>), pem: PEM };
    const { evidence } = seen(SHODAN, { ...HIDDEN, certificate });
    assert.deepEqual(evidence?.tls?.chain, capture.tls.chain.slice(0, 1));
    assert.ok(evidence !== undefined);
    assert.equal(judge(evidence, { now: OPTIONS.now.toISOString() }).indicators['certificateName'], true);
    const asked = SHODAN.ask({ query: 'q', place: '3', key: 'k', now: OPTIONS.now });
    assert.deepEqual(asked.search, { key: 'k', query: 'q', page: '3', minify: 'false' });
  });

  test('FOFA: the name is what stands in the URL, an address is none, and a row that is no array is rejected', () => {
    const row = (host: string) => FOFA.row(['192.0.2.1', '6443', host, 'https', 'tcp'], 'at', OPTIONS);
    for (const [host, port] of [
      ['https://api.example:6443', '6443'],
      ['api.example:6443', '6443'],
      ['https://192.0.2.1:6443', '6443'],
      ['https://[2001:db8::1]:6443', '6443'],
    ] as const)
      assert.deepEqual(row(host), [{ type: 'sighting', host: '192.0.2.1', port, observedAt: null, at: 'at' }]);
    assert.equal(FOFA.row({ ip: '192.0.2.1' }, 'at', OPTIONS), 'not_an_array');
    assert.equal(FOFA.row(['192.0.2.1', '53', '', 'dns', 'udp'], 'at', OPTIONS), 'not_tcp');
  });

  test('ZoomEye: a head without its line ends gives the status alone, and a body that is not given is not empty', () => {
    const hit = {
      ip: '192.0.2.1',
      port: 443,
      protocol: 'tcp',
      header: 'HTTP/1.1 302 Found Location: /x',
      ssl: 'DNS:kubernetes',
    };
    const [row] = ZOOMEYE.row(hit, 'at', OPTIONS) as [Sighting];
    assert.deepEqual(row.evidence?.requests, [{ path: '/', status: 302 }]);
    const head = seen(ZOOMEYE, HIDDEN).evidence?.requests?.[0];
    assert.ok(head !== undefined && 'status' in head && head.body === undefined);
    assert.deepEqual(head.headers?.['Content-Type'], ['application/json']);
  });

  test('LeakIX: the wait is a duration of Go, and the year 1 is no time', () => {
    const wait = (text: string): number | null | undefined => LEAKIX.manners?.waitMs?.({ 'x-limited-for': text });
    assert.deepEqual(['344.24ms', '1m2.5s', '2s', 'soon', '1.5', ''].map(wait), [345, 62_500, 2000, null, null, null]);
    const [row] = LEAKIX.row({ ip: '192.0.2.1', port: '6443', time: '0001-01-01T00:00:00Z' }, 'at', OPTIONS) as [
      Sighting,
    ];
    assert.equal(row.observedAt, null);
    assert.deepEqual(LEAKIX.read(null), { hits: [], total: null });
    const requests = seen(LEAKIX, OPEN).evidence?.requests;
    assert.equal(requests?.length, 1, 'the page of /version is kept, not the field beside it');
  });

  test('ONYPHE: what the plan withholds is not taken for data', () => {
    const withheld = '<enterprise field>: x';
    const hit = {
      ip: '192.0.2.1',
      port: 6443,
      tls: 'true',
      subject: { altname: ['kubernetes'], commonname: withheld, organization: 'o' },
      issuer: { commonname: withheld },
      validity: { notbefore: withheld, notafter: '2027-01-01T00:00:00Z' },
      fingerprint: { sha256: withheld },
      data: withheld,
    };
    const [row] = ONYPHE.row(hit, 'at', OPTIONS) as [Sighting];
    assert.deepEqual(row.evidence?.certificate, {
      subject: 'O=o',
      dnsNames: ['kubernetes'],
      notAfter: '2027-01-01T00:00:00Z',
    });
    assert.equal(row.evidence?.requests, undefined);
  });

  test('a hit that shows a status and nothing else is a candidate, and no evidence of anything', () => {
    assert.equal(seen(CRIMINAL_IP, PLAIN).evidence, undefined);
    assert.equal(seen(HUNTER, { ...PLAIN, answer: null }).evidence, undefined);
    assert.notEqual(seen(NETLAS, PLAIN).evidence, undefined);
  });

  test('Driftnet: values with a context are of something else, UDP is rejected, and each part of a query is a parameter', () => {
    const items = (port: string) => ({
      items: [
        { type: 'ip', value: '198.51.100.1', context: 'redirect' },
        { type: 'ip', value: '192.0.2.1', context: '' },
        { type: port, value: '6443', context: '' },
      ],
    });
    const [row] = DRIFTNET.row(items('port-tcp'), 'at', OPTIONS) as [Sighting];
    assert.deepEqual([row.host, row.port], ['192.0.2.1', '6443']);
    assert.equal(DRIFTNET.row(items('port-udp'), 'at', OPTIONS), 'not_tcp');
    const { search } = DRIFTNET.ask({
      query: 'field=port-tcp:6443, kubernetes',
      place: '0',
      key: 'k',
      now: OPTIONS.now,
    });
    assert.deepEqual(search, {
      from: '2026-10-25',
      most_recent: 'true',
      field: 'port-tcp:6443',
      query: 'kubernetes',
      page: '0',
    });
  });

  test('hunter.how: the window is the year before the run', () => {
    const { search } = HUNTER_HOW.ask({ query: 'q', place: '1', key: 'k', now: OPTIONS.now });
    assert.deepEqual([search?.['start_time'], search?.['end_time']], ['2025-11-24', '2026-11-24']);
  });

  test('Hunter: what a reply took is read from its sentence', () => {
    const reply = (consume_quota: unknown) => HUNTER.read({ code: 200, data: { total: 1, arr: null, consume_quota } });
    assert.equal(reply('消耗积分：20')?.credits, 20);
    assert.equal(reply('none')?.credits, undefined);
    assert.deepEqual(reply('消耗积分：1')?.hits, []);
  });

  test('ODIN: each service of a host is a sighting, and a host without any is rejected', () => {
    const services = [6443, 10250].map((port) => ({ port, protocol: 'tcp', last_updated_at: '2026-11-20T00:00:00Z' }));
    const hit = { ip: '192.0.2.1', services: [...services, { port: 53, protocol: 'udp' }] };
    const rows = ODIN.row(hit, 'at', OPTIONS);
    assert.deepEqual(typeof rows === 'string' ? rows : rows.map(({ port, at }) => [port, at]), [
      [6443, 'at port 6443'],
      [10250, 'at port 10250'],
    ]);
    assert.equal(ODIN.row({ ip: '192.0.2.1', services: [] }, 'at', OPTIONS), 'no_service');
    assert.equal(ODIN.row({ ip: '192.0.2.1', services: [{ port: 53, protocol: 'udp' }] }, 'at', OPTIONS), 'not_tcp');
  });
});
