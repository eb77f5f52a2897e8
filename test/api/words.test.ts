// The pure parts of the API: cursors, ranges, keys, validators, the reading of queries and of conditions.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { Type } from 'typebox';
import { authorize, bearerOf } from '../../services/api/access.ts';
import { matchesTag, weakTag } from '../../services/api/cache.ts';
import { Cursors, questionOf } from '../../services/api/cursor.ts';
import {
  type ApiKey,
  coversAddress,
  coversEverything,
  coversNetwork,
  mayUse,
  readGrant,
  readKey,
  writeKey,
} from '../../services/api/keys/api-key.ts';
import { readRange } from '../../services/api/range.ts';
import { compileValidator, readValues } from '../../services/api/request-values.ts';
import { KubecensusError } from '../../services/platform/errors.ts';
import { parseAddress, parsePrefix } from '../../services/platform/net/address.ts';
import { KNOWN_VALUES, readConditions, readDimensions, readUnit } from '../../services/rollups/count-request.ts';
import { DIMENSION_NAMES } from '../../services/rollups/rollup.ts';
import { readListen } from '../../services/setting.ts';

const code = (expected: string) => (error: unknown) => error instanceof KubecensusError && error.code === expected;
const place = fc.array(fc.oneof(fc.string(), fc.integer()), { maxLength: 4 });

test('a cursor gives back its place for its question', () => {
  const cursors = new Cursors('secret');
  fc.assert(
    fc.property(fc.string(), place, (question, at) => {
      assert.deepEqual(cursors.read(question, cursors.write(question, at)), at);
    }),
  );
});

test('a cursor of another question, another installation, or with any character changed is refused', () => {
  const cursors = new Cursors('secret');
  const written = cursors.write('question', ['row', 7]);
  assert.throws(() => cursors.read('other', written), code('KC_API_CURSOR'));
  assert.throws(() => new Cursors('other').read('question', written), code('KC_API_CURSOR'));
  for (let at = 0; at < written.length; at++) {
    const changed = written.slice(0, at) + (written[at] === 'A' ? 'B' : 'A') + written.slice(at + 1);
    assert.throws(() => cursors.read('question', changed), code('KC_API_CURSOR'), `character ${at}`);
  }
  for (const text of ['', 'A', written.slice(0, -1), `${written}A`, `${written}=`])
    assert.throws(() => cursors.read('question', text), code('KC_API_CURSOR'), text);
});

test('a question does not depend on the order of its parameters nor on the page', () => {
  const asked = questionOf('/p', { a: '1', b: ['x'], limit: 5, cursor: 'c' });
  assert.equal(asked, questionOf('/p', { b: ['x'], a: '1' }));
  assert.notEqual(asked, questionOf('/p', { b: ['y'], a: '1' }));
  assert.notEqual(asked, questionOf('/q', { b: ['x'], a: '1' }));
});

test('byte ranges', () => {
  const cases: [string | undefined, number, unknown][] = [
    [undefined, 10, null],
    ['bytes=0-0', 10, { start: 0, end: 0 }],
    ['bytes=3-', 10, { start: 3, end: 9 }],
    ['bytes=3-99', 10, { start: 3, end: 9 }],
    ['bytes=-4', 10, { start: 6, end: 9 }],
    ['bytes=-40', 10, { start: 0, end: 9 }],
    ['bytes=10-', 10, 'unsatisfiable'],
    ['bytes=-0', 10, 'unsatisfiable'],
    ['bytes=0-', 0, 'unsatisfiable'],
    ['bytes=-1', 0, 'unsatisfiable'],
    ['bytes=5-3', 10, null],
    ['bytes=0-1,3-4', 10, null],
    ['lines=0-1', 10, null],
    ['bytes=--1', 10, null],
    ['bytes=0x1-2', 10, null],
  ];
  for (const [header, size, expected] of cases)
    assert.deepEqual(readRange(header, size), expected, `${header} of ${size}`);
  fc.assert(
    fc.property(fc.string(), fc.nat(1000), (text, size) => {
      const range = readRange(`bytes=${text}`, size);
      if (range !== null && range !== 'unsatisfiable')
        assert.ok(range.start >= 0 && range.start <= range.end && range.end < size);
    }),
  );
});

test('a key is what was written, and nothing else is a key', () => {
  const { text, key } = writeKey(Buffer.alloc(5, 7), Buffer.alloc(32, 9));
  assert.deepEqual(readKey(text), key);
  assert.match(text, /^kc_0707070707_[A-Za-z0-9_-]{43}$/);
  assert.ok(!JSON.stringify(key).includes(text.slice(14)), 'the secret is not in what is stored');
  for (const wrong of [
    '',
    'kc_',
    text.slice(1),
    `${text}A`,
    text.toUpperCase(),
    ` ${text}`,
    text.replace('kc_', 'kd_'),
  ])
    assert.equal(readKey(wrong), null, wrong);
});

test('an Authorization header holds a key, none, or is not there', () => {
  assert.equal(bearerOf(undefined), null);
  assert.equal(bearerOf('Bearer abc'), 'abc');
  assert.equal(bearerOf('bearer  abc '), 'abc');
  for (const other of ['', 'Basic abc', 'Bearer', 'Bearer a b', 'abc']) assert.equal(bearerOf(other), '');
});

const keyOf = (scopes: readonly string[], networks: readonly string[] = []): ApiKey => ({
  id: 1,
  prefix: 'p',
  name: 'n',
  ...readGrant(scopes, networks),
});

test('scopes and networks of a key are given together and kept in canonical form', () => {
  assert.deepEqual(
    readGrant(['host:read', 'aggregate:read', 'host:read'], ['192.0.2.1', '2001:DB8::/32', '192.0.2.1/32']),
    {
      scopes: ['aggregate:read', 'host:read'],
      networks: ['192.0.2.1/32', '2001:db8::/32'],
    },
  );
  for (const [scopes, networks] of [
    [[], []],
    [['host:read'], []],
    [['aggregate:read'], ['192.0.2.0/24']],
    [['root'], []],
    [['host:read'], ['192.0.2.1/24']],
    [['host:read'], ['example.org']],
  ] as const)
    assert.throws(() => readGrant(scopes, networks), code('KC_KEY'), `${scopes} ${networks}`);
});

test('a key covers what lies in its networks and nothing beside them', () => {
  const key = keyOf(['host:read'], ['192.0.2.0/24', '2001:db8::/32']);
  const covers = (text: string): boolean => coversAddress(key, parseAddress(text)!);
  assert.deepEqual(
    ['192.0.2.0', '192.0.2.255', '192.0.3.0', '2001:db8::1', '2001:db9::', '::ffff:192.0.2.7'].map(covers),
    [true, true, false, true, false, true],
  );
  const coversAll = (text: string): boolean => coversNetwork(key, parsePrefix(text)!);
  assert.deepEqual(
    ['192.0.2.0/25', '192.0.2.0/24', '192.0.2.0/23', '0.0.0.0/0', '2001:db8:1::/48', '::/0'].map(coversAll),
    [true, true, false, false, true, false],
  );
  assert.equal(coversEverything(key), false);
  assert.equal(coversEverything(keyOf(['host:read'], ['0.0.0.0/0'])), false);
  assert.equal(coversEverything(keyOf(['host:read'], ['0.0.0.0/0', '::/0'])), true);
});

test('administrators read what is counted and no hosts', () => {
  const admin = keyOf(['admin']);
  assert.deepEqual(
    [mayUse(admin, 'aggregate:read'), mayUse(admin, 'host:read'), mayUse(admin, 'admin')],
    [true, false, true],
  );
  const reader = keyOf(['aggregate:read']);
  assert.deepEqual(
    [mayUse(reader, 'aggregate:read'), mayUse(reader, 'host:read'), mayUse(reader, 'admin')],
    [true, false, false],
  );
});

test('what is public is so only where the installation publishes, and never to a bad key', () => {
  const needs = { scope: 'aggregate:read', public: true } as const;
  authorize({ kind: 'public' }, needs, true);
  authorize({ kind: 'refused', why: 'x' }, undefined, false);
  assert.throws(() => authorize({ kind: 'public' }, needs, false), code('KC_API_UNAUTHORIZED'));
  assert.throws(() => authorize({ kind: 'public' }, { scope: 'aggregate:read' }, true), code('KC_API_UNAUTHORIZED'));
  assert.throws(() => authorize({ kind: 'refused', why: 'x' }, needs, true), code('KC_API_UNAUTHORIZED'));
  assert.throws(
    () => authorize({ kind: 'key', key: keyOf(['aggregate:read']) }, { scope: 'admin' }, true),
    code('KC_API_FORBIDDEN'),
  );
});

test('validators are compared weakly', () => {
  const tag = weakTag('a', 'b');
  assert.notEqual(tag, weakTag('ab'));
  const headers: [string | undefined, boolean][] = [
    [undefined, false],
    ['*', true],
    [tag, true],
    [tag.slice(2), true],
    [`"x", ${tag}`, true],
    ['"x"', false],
    ['', false],
  ];
  for (const [header, expected] of headers) assert.equal(matchesTag(header, tag), expected, String(header));
});

test('queries are read as their schema means them, and only where they are written so', () => {
  const schema = Type.Object({
    n: Type.Integer(),
    on: Type.Boolean(),
    list: Type.Array(Type.String()),
    text: Type.String(),
  });
  assert.deepEqual(readValues(schema, { n: '5', on: 'true', list: ['a,b', 'c'], text: '5' }), {
    n: 5,
    on: true,
    list: ['a', 'b', 'c'],
    text: '5',
  });
  for (const text of ['', ' 5', '5.0', '05', '1e3', '0x5', '9999999999999999', '+5'])
    assert.equal(readValues(schema, { n: text })['n'], text, 'is left for the check to refuse');
  const check = compileValidator({ schema, httpPart: 'querystring' });
  assert.ok('value' in check({ n: '5', on: 'false', list: 'a', text: 'x' }));
  assert.ok('error' in check({ n: 'x', on: 'false', list: 'a', text: 'x' }));
  assert.ok(
    'error' in compileValidator({ schema, httpPart: 'body' })({ n: '5', on: true, list: [], text: '' }),
    'JSON is typed',
  );
});

test('conditions are values that the dimension can have', () => {
  assert.deepEqual(
    readConditions([
      ['component', 'kubelet'],
      ['component', '-'],
      ['country', 'DE'],
      ['port', '6443'],
    ]),
    { component: ['kubelet', ''], country: ['DE'], port: ['6443'] },
  );
  assert.deepEqual(readConditions([['version', 'v1.27.3-gke.100']]), { version: ['v1.27.3-gke.100'] });
  const wrong: [string, string, RegExp][] = [
    ['component', 'kubelets', /there are: kube-apiserver, kubelet,/],
    ['country', 'de', /two capitals/],
    ['minor', '1', /1\.27/],
    ['port', '65536', /65535/],
    ['asn', 'AS1', /digits/],
    ['method', 'both', /there are: active, passive/],
    ['version', 'a\u0000b', /text/],
  ];
  for (const [dim, value, says] of wrong)
    assert.throws(
      () => readConditions([[dim, value]]),
      (error) => code('KC_USAGE')(error) && says.test((error as Error).message),
      `${dim}=${value}`,
    );
  assert.throws(() => readConditions([['colour', 'red']]), code('KC_DIMENSION'));
  assert.throws(() => readDimensions(['port', 'port']), code('KC_DIMENSION'));
  assert.throws(() => readUnit('pods'), code('KC_DIMENSION'));
  assert.deepEqual(Object.keys(KNOWN_VALUES), DIMENSION_NAMES);
});

test('every port is a port', () => {
  const known = KNOWN_VALUES.port;
  assert.ok('pattern' in known);
  fc.assert(
    fc.property(fc.integer({ min: -10, max: 70_000 }), (port) => {
      assert.equal(known.pattern.test(String(port)), port >= 1 && port <= 65_535);
    }),
  );
});

test('where to listen is an address and a port', () => {
  assert.deepEqual(readListen('127.0.0.1:8650'), { host: '127.0.0.1', port: 8650 });
  assert.deepEqual(readListen('[::1]:0'), { host: '::1', port: 0 });
  assert.deepEqual(readListen('localhost:65535'), { host: 'localhost', port: 65_535 });
  for (const text of ['', '8650', ':8650', '::1:80', 'a:65536', 'a:-1', 'a b:1', 'http://a:1', '[::1]'])
    assert.equal(readListen(text), null, text);
});
