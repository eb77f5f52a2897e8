// The plain list: what is a row, where host and port part, and which blocks stand for addresses.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LIST } from '../../../services/feeds/formats/list.ts';
import { parse, reasons, sightings } from './items.ts';

const pairs = async (text: string, expandCidr = false) =>
  sightings(await parse(LIST, text, { expandCidr })).map(({ host, port }) => [host, port]);

test('each form of a row', async () => {
  assert.deepEqual(
    await pairs(
      '1.2.3.4\n1.2.3.4:6443\n[2001:db8::1]:443\n[2001:db8::1]\n2001:db8::1\napi.example.com\napi.example.com:8443\n',
    ),
    [
      ['1.2.3.4', null],
      ['1.2.3.4', '6443'],
      ['2001:db8::1', '443'],
      ['2001:db8::1', null],
      ['2001:db8::1', null],
      ['api.example.com', null],
      ['api.example.com', '8443'],
    ],
  );
});

test('comments and blank lines are no rows; line numbers are those of the file', async () => {
  const items = await parse(LIST, '# head\n\n  \t\n1.2.3.4 # ours\n   # indented\n5.6.7.8:443\t# too\n');
  assert.deepEqual(
    sightings(items).map(({ host, port, at }) => [host, port, at]),
    [
      ['1.2.3.4', null, 'line 4'],
      ['5.6.7.8', '443', 'line 6'],
    ],
  );
  assert.equal(items.length, 2);
});

test('F18, F19: odd ports and hosts pass as they are written, for the candidates to judge', async () => {
  assert.deepEqual(
    await pairs('1.2.3.4:0\n1.2.3.4:65536\n1.2.3.4:-1\n1.2.3.4:443|6443\n1.2.3.4: 6443 \n1.2.3.4:\n1.2.3.4:1e3\n'),
    [
      ['1.2.3.4', '0'],
      ['1.2.3.4', '65536'],
      ['1.2.3.4', '-1'],
      ['1.2.3.4', '443|6443'],
      ['1.2.3.4', ' 6443 '],
      ['1.2.3.4', ''],
      ['1.2.3.4', '1e3'],
    ],
  );
  assert.deepEqual(await pairs('010.0.0.1\n0x7f.1\n2130706433\n１２７.0.0.1\n1.2.3.4 \n[1.2.3.4]\n'), [
    ['010.0.0.1', null],
    ['0x7f.1', null],
    ['2130706433', null],
    ['１２７.0.0.1', null],
    ['1.2.3.4 ', null],
    ['[1.2.3.4]', null],
  ]);
});

test('a row without a host is rejected', async () => {
  assert.deepEqual(reasons(await parse(LIST, ':6443\n')), ['line 1: no_host']);
});

test('F23: a block is rejected unless blocks are allowed', async () => {
  const items = await parse(LIST, '192.0.2.0/30\n');
  assert.deepEqual(reasons(items), ['line 1: cidr_not_allowed']);
  assert.equal(items.length, 1);
});

test('F23: an allowed block is all its addresses, up to 256, and never another block', async () => {
  assert.deepEqual(await pairs('192.0.2.252/30\n', true), [
    ['192.0.2.252', null],
    ['192.0.2.253', null],
    ['192.0.2.254', null],
    ['192.0.2.255', null],
  ]);
  assert.equal((await pairs('192.0.2.0/24\n', true)).length, 256);
  assert.equal((await pairs('192.0.2.9/32\n', true)).length, 1);
  const six = await pairs('2001:db8::ff00/120\n', true);
  assert.deepEqual([six.length, six[0], six[255]], [256, ['2001:db8::ff00', null], ['2001:db8::ffff', null]]);
  const refused =
    '192.0.0.0/23\n192.0.2.1/24\n2001:db8::/119\n2001:db8::1/120\n192.0.2.0/33\n192.0.2.0/024\n010.0.2.0/24\n1.2.3/24\n';
  assert.deepEqual(reasons(await parse(LIST, refused, { expandCidr: true })), [
    'line 1: cidr_too_wide',
    'line 2: cidr_host_bits',
    'line 3: cidr_too_wide',
    'line 4: cidr_host_bits',
    'line 5: bad_cidr',
    'line 6: bad_cidr',
    'line 7: bad_cidr',
    'line 8: bad_cidr',
  ]);
});

test('rows take the time that the user gives for the file, or none', async () => {
  assert.equal(sightings(await parse(LIST, '1.2.3.4\n'))[0]?.observedAt, null);
  assert.equal(
    sightings(await parse(LIST, '1.2.3.4\n', { observedAt: '2026-01-02T03:04:05Z' }))[0]?.observedAt,
    '2026-01-02T03:04:05.000Z',
  );
});
