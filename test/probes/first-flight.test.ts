// The first-flight reader over bytes: captures, every refusal, and that no cut and no mutation changes or breaks anything.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { clientHelloTemplate, OFFERED_SUITES, withRandom } from '../../services/probes/client-hello.ts';
import { FirstFlightReader, type FlightState, MAX_FLIGHT_BYTES } from '../../services/probes/first-flight.ts';
import { MAX_AUTHORITIES } from '../../services/probes/flight-messages.ts';
import { OUTCOME_NAMES } from '../../services/probes/outcome.ts';
import {
  alert,
  alpnOf,
  captureOf,
  certificate,
  certificateRequest,
  commonName,
  flightOf,
  helloDone,
  keyExchange,
  record,
  serverHello,
} from './first-flight-bytes.ts';

const LEAF = Buffer.from(captureOf('kube-apiserver-6443').tls?.chain?.[0] ?? '', 'base64');
const HELLO = record(serverHello());
const CHAIN = record(certificate(LEAF));
const DONE = record(helloDone);

/** Reads all of it in pieces of the given sizes (the last repeats), and the end of the connection. */
function read(
  bytes: Buffer,
  sizes: readonly number[] = [bytes.length],
): { state: FlightState; reader: FirstFlightReader } {
  const reader = new FirstFlightReader();
  let state: FlightState = { state: 'more' };
  for (let at = 0, piece = 0; at < bytes.length && state.state === 'more'; piece++) {
    const size = Math.max(1, sizes[Math.min(piece, sizes.length - 1)] ?? 1);
    const scratch = Buffer.from(bytes.subarray(at, at + size));
    state = reader.push(scratch);
    // As in the probe, the buffer is used again at once.
    scratch.fill(0xee);
    at += size;
  }
  return { state: state.state === 'more' ? reader.end() : state, reader };
}

const failure = (bytes: Buffer): unknown => {
  const { state } = read(bytes);
  return state.state === 'failed' ? [state.outcome, state.detail, state.alert] : state.state;
};

test('captures: leaf, ALPN and acceptable authorities', () => {
  for (const [name, authorities] of [
    ['kube-apiserver-6443', ['CN=kubernetes', 'CN=front-proxy-ca']],
    ['kube-apiserver-noanon-6444', ['CN=kubernetes', 'CN=front-proxy-ca']],
    ['kube-controller-manager-10257', ['CN=kubernetes', 'CN=front-proxy-ca']],
    ['kubelet-10250', ['CN=kubernetes']],
    ['etcd-tls-22379', []],
  ] as const) {
    const { state } = read(flightOf(name));
    assert.ok(state.state === 'done', name);
    const { chain, alpn } = captureOf(name).tls ?? {};
    assert.deepEqual(state.flight, {
      version: 'TLSv1.2',
      cipher: 'ECDHE-ECDSA-AES128-GCM-SHA256',
      alpn,
      chain,
      sent: chain?.length,
      asksForCertificate: authorities.length > 0,
      acceptableClientCAs: authorities,
    });
  }
});

test('older versions: no signature algorithms in the CertificateRequest', () => {
  for (const [version, name] of [
    [0x0301, 'TLSv1'],
    [0x0302, 'TLSv1.1'],
  ] as const) {
    const request = certificateRequest([commonName('kubernetes')], null);
    const { state } = read(
      Buffer.concat([record(serverHello({ version, cipher: 0x002f })), CHAIN, record(request), DONE]),
    );
    assert.ok(state.state === 'done');
    assert.deepEqual([state.flight.version, state.flight.acceptableClientCAs], [name, ['CN=kubernetes']]);
  }
});

test('authorities: any DER, capped, never a failure of the flight', () => {
  const names = [Buffer.from('3000', 'hex'), Buffer.from('300000', 'hex'), Buffer.alloc(0), commonName('a,b')];
  const flood = Array.from({ length: 200 }, (_, index) => commonName(`ca-${index}`));
  const { state } = read(Buffer.concat([HELLO, CHAIN, record(certificateRequest([...names, ...flood])), DONE]));
  assert.ok(state.state === 'done');
  assert.deepEqual(state.flight.acceptableClientCAs?.slice(0, 5), ['', '#300000', '#', 'CN=a\\,b', 'CN=ca-0']);
  assert.equal(state.flight.acceptableClientCAs?.length, MAX_AUTHORITIES);
  const none = read(Buffer.concat([HELLO, CHAIN, record(certificateRequest([])), DONE])).state;
  assert.ok(none.state === 'done' && none.flight.asksForCertificate === true);
  assert.deepEqual(none.flight.acceptableClientCAs, []);
});

test('the chain keeps four certificates and counts the rest', () => {
  const { state } = read(Buffer.concat([HELLO, record(certificate(...Array<Buffer>(9).fill(LEAF))), DONE]));
  assert.ok(state.state === 'done');
  assert.deepEqual([state.flight.chain.length, state.flight.sent], [4, 9]);
});

test('every refusal', () => {
  const rest = [CHAIN, DONE];
  const cases: readonly (readonly [string, Buffer, readonly [string, string, number | null]])[] = [
    ['SSH banner', Buffer.from('SSH-2.0-x\r\n'), ['tls_not_tls', 'NOT_TLS', null]],
    ['HTTP', Buffer.from('HTTP/1.0 400 Bad Request\r\n\r\n'), ['tls_not_tls', 'NOT_TLS', null]],
    ['SSLv2 error', Buffer.from('8003000001', 'hex'), ['tls_not_tls', 'NOT_TLS', null]],
    ['major version 2', Buffer.from('1602000001', 'hex'), ['tls_not_tls', 'NOT_TLS', null]],
    ['nothing', Buffer.alloc(0), ['tls_closed', 'CLOSED', null]],
    ['half a header', Buffer.from('1603', 'hex'), ['tls_closed', 'CLOSED', null]],
    ['garbage behind the hello', Buffer.concat([HELLO, Buffer.from('GET')]), ['tls_protocol', 'RECORD_HEADER', null]],
    ['record of 65,535', Buffer.from('160303ffff', 'hex'), ['tls_protocol', 'RECORD_OVERFLOW', null]],
    ['empty record', Buffer.from('1603030000', 'hex'), ['tls_protocol', 'RECORD_LENGTH', null]],
    ['application data', record(Buffer.of(1), 23), ['tls_protocol', 'UNEXPECTED_RECORD', null]],
    ['change cipher spec', record(Buffer.of(1), 20), ['tls_protocol', 'UNEXPECTED_RECORD', null]],
    ['alert of three bytes', record(Buffer.of(2, 40, 0), 21), ['tls_protocol', 'RECORD_LENGTH', null]],
    ['alert 40', alert(2, 40), ['tls_alert', 'ALERT_40', 40]],
    ['alert 70', alert(2, 70), ['tls_alert', 'TLS13_ONLY', 70]],
    ['alert 112', alert(2, 112), ['tls_alert', 'ALERT_112', 112]],
    ['undefined alert', alert(2, 254), ['tls_alert', 'ALERT_254', 254]],
    ['alert of level 3', alert(3, 40), ['tls_protocol', 'ALERT_LEVEL', null]],
    ['close_notify', alert(1, 0), ['tls_closed', 'CLOSE_NOTIFY', null]],
    ['warnings', Buffer.concat(Array<Buffer>(9).fill(alert(1, 90))), ['tls_protocol', 'TOO_MANY_WARNINGS', null]],
    ['HelloRequest', record(Buffer.from('00000000', 'hex')), ['tls_protocol', 'HELLO_REQUEST', null]],
    [
      'HelloRequest in the flight',
      Buffer.concat([HELLO, record(Buffer.from('00000000', 'hex'))]),
      ['tls_protocol', 'HELLO_REQUEST', null],
    ],
    ['TLS 1.3 version', record(serverHello({ version: 0x0304 })), ['tls_protocol', 'TLS13_ONLY', null]],
    [
      'supported_versions',
      record(serverHello({ extensions: [[43, Buffer.from('0304', 'hex')]] })),
      ['tls_protocol', 'TLS13_ONLY', null],
    ],
    ['no such version', record(serverHello({ version: 0x7f7f })), ['tls_protocol', 'VERSION', null]],
    ['suite not offered', record(serverHello({ cipher: 0x1301 })), ['tls_protocol', 'CIPHER_NOT_OFFERED', null]],
    ['compression', record(serverHello({ compression: 1 })), ['tls_protocol', 'COMPRESSION', null]],
    ['h2', record(serverHello({ extensions: [alpnOf('h2')] })), ['tls_protocol', 'ALPN_NOT_OFFERED', null]],
    [
      'extension that is longer than its block',
      record(mutated(serverHello({ extensions: [[23, Buffer.alloc(4)]] }), [[47, 9]])),
      ['tls_protocol', 'TRUNCATED_MESSAGE', null],
    ],
    ['certificate first', Buffer.concat(rest), ['tls_protocol', 'UNEXPECTED_MESSAGE', null]],
    ['no certificate', Buffer.concat([HELLO, DONE]), ['tls_protocol', 'UNEXPECTED_MESSAGE', null]],
    ['empty chain', Buffer.concat([HELLO, record(certificate())]), ['tls_protocol', 'NO_CERTIFICATE', null]],
    [
      'empty certificate',
      Buffer.concat([HELLO, record(certificate(Buffer.alloc(0)))]),
      ['tls_protocol', 'TRUNCATED_MESSAGE', null],
    ],
    ['two hellos', Buffer.concat([HELLO, HELLO]), ['tls_protocol', 'UNEXPECTED_MESSAGE', null]],
    ['two chains', Buffer.concat([HELLO, CHAIN, CHAIN]), ['tls_protocol', 'UNEXPECTED_MESSAGE', null]],
    [
      'request before key exchange',
      Buffer.concat([HELLO, CHAIN, record(certificateRequest([])), record(keyExchange)]),
      ['tls_protocol', 'UNEXPECTED_MESSAGE', null],
    ],
    [
      'done with a body',
      Buffer.concat([HELLO, CHAIN, Buffer.from('16030300050e00000100', 'hex')]),
      ['tls_protocol', 'MESSAGE_LENGTH', null],
    ],
    [
      'chain of 16 MB',
      Buffer.concat([HELLO, Buffer.from('16030300040bffffff', 'hex')]),
      ['tls_msg_too_large', 'MESSAGE_LENGTH', null],
    ],
    ['hello of 20 KB', Buffer.from('160303000402004e21', 'hex'), ['tls_msg_too_large', 'MESSAGE_LENGTH', null]],
  ];
  for (const [what, bytes, expected] of cases) assert.deepEqual(failure(bytes), expected, what);
});

test('fragments: one byte a record is refused, 512 bytes a record are read', () => {
  const messages = Buffer.concat([serverHello(), certificate(...Array<Buffer>(40).fill(LEAF)), keyExchange, helloDone]);
  const cut = (size: number): Buffer =>
    Buffer.concat(
      Array.from({ length: Math.ceil(messages.length / size) }, (_, index) =>
        record(messages.subarray(index * size, (index + 1) * size)),
      ),
    );
  assert.equal(read(cut(512)).state.state, 'done');
  assert.equal(read(cut(16_384)).state.state, 'done');
  assert.deepEqual(failure(cut(1)), ['tls_protocol', 'FRAGMENTS', null]);
});

test('no flight is larger than the cap, and certificates up to 100 KiB are read', () => {
  const messages = (size: number): Buffer =>
    Buffer.concat([serverHello(), certificate(Buffer.alloc(size, 1)), certificateRequest([])]);
  const records = (bytes: Buffer): Buffer =>
    Buffer.concat(
      Array.from({ length: Math.ceil(bytes.length / 16_000) }, (_, index) =>
        record(bytes.subarray(index * 16_000, (index + 1) * 16_000)),
      ),
    );
  assert.equal(read(Buffer.concat([records(messages(100 * 1024 - 6)), DONE])).state.state, 'done');
  assert.deepEqual(failure(records(messages(100 * 1024 - 5))), ['tls_msg_too_large', 'MESSAGE_LENGTH', null]);
  const exchange = record(Buffer.concat([Buffer.from('0c007d00', 'hex'), Buffer.alloc(12_000)]));
  const filler = record(Buffer.alloc(16_384));
  const large = [
    records(Buffer.concat([serverHello(), certificate(Buffer.alloc(99_000, 1))])),
    exchange,
    filler,
    filler,
  ];
  assert.deepEqual(failure(Buffer.concat(large)), ['tls_msg_too_large', 'TOTAL_BYTES', null]);
  assert.ok(Buffer.concat(large).length > MAX_FLIGHT_BYTES);
});

test('warnings before the flight are borne, as servers send them for unknown names', () => {
  assert.equal(read(Buffer.concat([alert(1, 112), HELLO, CHAIN, DONE])).state.state, 'done');
});

test('a flight that breaks off keeps the certificate', () => {
  const { state, reader } = read(Buffer.concat([HELLO, CHAIN, record(keyExchange)]));
  assert.ok(state.state === 'failed' && state.outcome === 'tls_closed');
  assert.equal(reader.flight?.chain[0], LEAF.toString('base64'));
  assert.equal(reader.flight?.acceptableClientCAs, null);
  assert.equal(reader.flight?.asksForCertificate, null);
  const reset = read(
    Buffer.concat([HELLO, CHAIN, record(certificateRequest([commonName('kubernetes')])), alert(2, 40)]),
  );
  assert.deepEqual(reset.reader.flight?.acceptableClientCAs, ['CN=kubernetes']);
  assert.equal(read(HELLO).reader.flight, null);
});

const FLIGHTS = ['kube-apiserver-6443', 'kubelet-10250', 'etcd-tls-22379'].map(flightOf);
const PACKED = Buffer.concat([
  record(Buffer.concat([serverHello(), certificate(LEAF, LEAF)])),
  record(Buffer.concat([keyExchange, certificateRequest([commonName('kubernetes')]), helloDone])),
]);
const WARNED = Buffer.concat([alert(1, 112), HELLO, CHAIN, alert(2, 40)]);
const anyFlight = fc.constantFrom(...FLIGHTS, PACKED, WARNED);
const RUNS = { numRuns: 500, seed: 20_261_124 };

test('any cut of the same bytes gives the same result', () => {
  const damaged = fc
    .tuple(anyFlight, fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 2 }), fc.nat())
    .map(([flight, changes, length]) => mutated(flight, changes).subarray(0, (length % flight.length) + 1));
  const sizes = fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(fc.oneof(anyFlight, damaged), sizes, (bytes, pieces) => {
      const whole = read(bytes);
      const cut = read(bytes, pieces);
      const bytewise = read(bytes, [1]);
      assert.deepEqual(cut.state, whole.state);
      assert.deepEqual(bytewise.state, whole.state);
      assert.deepEqual(cut.reader.flight, whole.reader.flight);
    }),
    RUNS,
  );
});

function mutated(flight: Buffer, changes: readonly (readonly [number, number])[]): Buffer {
  const bytes = Buffer.from(flight);
  for (const [at, value] of changes) bytes[at % bytes.length] = value;
  return bytes;
}

/** What every state must be, whatever came. */
function assertSound(state: FlightState, reader: FirstFlightReader): void {
  if (state.state === 'failed') {
    assert.ok(OUTCOME_NAMES.includes(state.outcome) && /^[A-Z0-9_]+$/.test(state.detail));
    assert.equal(state.alert !== null, state.outcome === 'tls_alert');
  } else assert.equal(state.state, 'done');
  const { flight } = reader;
  for (const text of [...(flight?.chain ?? []), ...(flight?.acceptableClientCAs ?? [])])
    assert.ok(text.isWellFormed() && !text.includes('\0'));
  assert.ok((flight?.chain.length ?? 0) <= 4 && (flight?.acceptableClientCAs?.length ?? 0) <= MAX_AUTHORITIES);
}

test('mutated flights give a value, never an exception', () => {
  const changes = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(anyFlight, changes, (flight, edits) => {
      const { state, reader } = read(mutated(flight, edits));
      assertSound(state, reader);
    }),
    { ...RUNS, numRuns: 3000 },
  );
});

test('every truncation of a flight is closed, never done', () => {
  for (const flight of [...FLIGHTS, PACKED])
    for (let length = 0; length < flight.length; length++) {
      const { state } = read(flight.subarray(0, length));
      assert.ok(state.state === 'failed' && state.outcome === 'tls_closed', `${length}`);
    }
});

test('any bytes give a value', () => {
  const records = fc
    .array(fc.tuple(fc.integer({ min: 20, max: 23 }), fc.uint8Array({ maxLength: 60 })), { maxLength: 8 })
    .map((list) => Buffer.concat(list.map(([type, payload]) => record(Buffer.from(payload), type))));
  const bytes = fc.uint8Array({ maxLength: 300 }).map((list) => Buffer.from(list));
  fc.assert(
    fc.property(fc.oneof(records, bytes), (input) => {
      const { state, reader } = read(input);
      assertSound(state, reader);
    }),
    { ...RUNS, numRuns: 2000 },
  );
});

test('the ClientHello: lengths that add up, SNI only for names, a random of its own', () => {
  const without = clientHelloTemplate(null);
  const named = clientHelloTemplate('api.example.org');
  for (const hello of [without, named]) {
    assert.equal(hello.readUInt16BE(3), hello.length - 5);
    assert.equal(hello.readUIntBE(6, 3), hello.length - 9);
    assert.deepEqual([hello.readUInt16BE(1), hello.readUInt16BE(9)], [0x0301, 0x0303]);
    assert.equal(hello.readUInt16BE(44), OFFERED_SUITES.size * 2);
    const extensionsAt = 46 + OFFERED_SUITES.size * 2 + 2;
    assert.equal(hello.readUInt16BE(extensionsAt), hello.length - extensionsAt - 2);
  }
  assert.equal(named.length - without.length, 9 + 'api.example.org'.length);
  assert.ok(named.includes('api.example.org'));
  const random = Buffer.from(Array.from({ length: 32 }, (_, index) => index));
  assert.deepEqual(withRandom(without, random).subarray(11, 43), random);
  assert.ok(
    without.subarray(11, 43).every((byte) => byte === 0),
    'the template is not written to',
  );
});
