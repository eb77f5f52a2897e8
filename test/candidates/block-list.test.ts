// Block lists: ZMap's grammar is read, anything else refuses the whole file, and what is written is read back.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readBlockList, writeBlockList } from '../../services/candidates/block-list.ts';
import '../support/seed.ts';

test('prefixes, bare addresses, comments anywhere, any line ends', () => {
  assert.deepEqual(
    readBlockList('# head\r\n192.0.2.0/24 # a network\n\n198.51.100.7\r2001:db8::/32\n203.0.113.9/24\n'),
    [
      { kind: 'prefix', value: '192.0.2.0/24' },
      { kind: 'prefix', value: '198.51.100.7/32' },
      { kind: 'prefix', value: '2001:db8::/32' },
      { kind: 'prefix', value: '203.0.113.0/24' },
    ],
  );
});

test('a line that is no prefix refuses the file and says where; so does a file without any', () => {
  for (const [text, told] of [
    ['192.0.2.0/24\nexample.org\n', /line 2 "example\.org"/],
    ['192.0.2.0/33', /line 1/],
    ['192.0.2.1-192.0.2.9', /line 1/],
    ['010.0.0.0/8', /line 1/],
    ['# nothing\n\n', /holds no prefix/],
    ['', /holds no prefix/],
    ['x\n'.repeat(9), /and 4 more/],
  ] as const)
    assert.throws(
      () => readBlockList(text),
      (error: Error & { code: string }) => error.code === 'KC_OPT_OUT' && told.test(error.message),
      text,
    );
});

test('what is written is read back, and what is no network stands in comments', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.ipV4(), { minLength: 1 }), fc.integer({ min: 8, max: 32 }), (addresses, length) => {
      const rows = readBlockList(addresses.map((one) => `${one}/${length}`).join('\n'));
      assert.deepEqual(readBlockList(writeBlockList(rows)), rows);
    }),
  );
  const text = writeBlockList([
    { kind: 'address', value: '192.0.2.1' },
    { kind: 'asn', value: '64512' },
  ]);
  assert.deepEqual(readBlockList(text), [{ kind: 'prefix', value: '192.0.2.1/32' }]);
  assert.match(text, /^# asn 64512$/m);
});
