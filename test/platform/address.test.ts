// The address parser and the prefix set: what is read, what is refused, and agreement with slower ways to say the same.
import assert from 'node:assert/strict';
import { isIP } from 'node:net';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import {
  type Address,
  addressOf,
  compareAddresses,
  formatAddress,
  lastBytes,
  networkKey,
  type Prefix,
  parseAddress,
  parsePrefix,
  prefixOf,
} from '../../services/platform/net/address.ts';
import { createPrefixSet } from '../../services/platform/net/prefix-set.ts';
import { bytesOf, sparseSix, spellFour, spellSix } from '../support/address-forms.ts';

const must = (text: string): Address => {
  const address = parseAddress(text);
  assert.ok(address, `${text} is an address`);
  return address;
};
const mustPrefix = (text: string): Prefix => {
  const prefix = parsePrefix(text);
  assert.ok(prefix, `${text} is a prefix`);
  return prefix;
};

describe('parseAddress', () => {
  const read: [text: string, canonical: string][] = [
    ['0.0.0.0', '0.0.0.0'],
    ['192.0.2.1', '192.0.2.1'],
    ['255.255.255.255', '255.255.255.255'],
    ['::', '::'],
    ['::1', '::1'],
    ['1::', '1::'],
    ['2001:DB8::A', '2001:db8::a'],
    ['2001:0db8:0000:0000:0000:0000:0000:0001', '2001:db8::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'], // the first of two equal runs
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'], // the longer run
    ['2001:db8::1:1:1:1:1', '2001:db8:0:1:1:1:1:1'], // a single group is not compressed
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
    ['::2:3:4:5:6:7:8', '0:2:3:4:5:6:7:8'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
    ['::ffff:1.2.3.4', '1.2.3.4'],
    ['::FFFF:0102:0304', '1.2.3.4'],
    ['0:0:0:0:0:ffff:1.2.3.4', '1.2.3.4'],
    ['::1.2.3.4', '::102:304'], // compatible, not mapped: stays IPv6
    ['::ffff:0:1.2.3.4', '::ffff:0:102:304'], // translated, not mapped
    ['1::ffff:1.2.3.4', '1::ffff:102:304'], // only below ::/80
  ];
  for (const [text, canonical] of read) {
    it(`reads ${text}`, () => assert.equal(must(text).text, canonical));
  }

  const refused = [
    ...[
      '',
      ' ',
      '010.0.0.1',
      '10.1',
      '0x7f.1',
      '0x7f.0.0.1',
      '2130706433',
      '017700000001',
      '1.2.3',
      '1.2.3.4.5',
      '1.2.3.256',
      '1.2.3.-4',
    ],
    ...[
      '192.0.2.1.',
      ' 192.0.2.1',
      '192.0.2.1 ',
      '192.0.2.1\n',
      '192.0.2.01',
      '00.0.0.0',
      '1.2.3.4e0',
      '1..3.4',
      '.1.2.3',
      '+1.2.3.4',
    ],
    ...[
      '１.2.3.4',
      '١.2.3.4',
      '127。0.0.1',
      '1.2.3.4/32',
      '1.2.3.4:80',
      '[::1]',
      '::1%eth0',
      'fe80::1%25eth0',
      'fe80::1%',
    ],
    ...[
      ':',
      ':::',
      '1',
      '1:2',
      '1:2:3:4:5:6:7',
      '1:2:3:4:5:6:7:8:9',
      '1:2:3:4:5:6:7::8',
      '1::2::3',
      ':1:2:3:4:5:6:7',
      '1:2:3:4:5:6:7:',
    ],
    ...[
      '12345::',
      'g::',
      '::1.2.3',
      '::1.2.3.4.5',
      '::01.2.3.4',
      '1.2.3.4::',
      '::1.2.3.4:1',
      '1:2:3:4:5:6:7:1.2.3.4',
      '::0x1',
      '::-1',
      '::+1',
    ],
    ...['::1 ', ' ::1', '2001:db8::\u0661', `${'0'.repeat(40)}::1`, '::ffff:1.2.3.4%eth0', 'localhost', 'a.b.c.d'],
  ];
  for (const text of refused) {
    it(`refuses ${JSON.stringify(text)}`, () => assert.equal(parseAddress(text), null));
  }

  it('gives every spelling the same bytes, and the canonical text gives them back', () => {
    const six = fc.oneof(bytesOf(16), sparseSix).chain((bytes) => fc.tuple(fc.constant(bytes), spellSix(bytes)));
    const four = bytesOf(4).chain((bytes) => fc.tuple(fc.constant(bytes), spellFour(bytes)));
    fc.assert(
      fc.property(fc.oneof(six, four), ([bytes, text]) => {
        const address = must(text);
        assert.deepEqual(address, addressOf(bytes));
        assert.deepEqual(must(address.text), address);
        assert.equal(address.text, formatAddress(address.bytes));
      }),
      { numRuns: 2000 },
    );
  });

  it('agrees with node on what an address is, zone ids apart', () => {
    const near = fc.string({ unit: fc.constantFrom(...'0123456789abcfF:.%x '), maxLength: 24 });
    const mutated = sparseSix
      .chain(spellSix)
      .chain((text) =>
        fc
          .tuple(fc.nat(text.length), fc.nat(2), near)
          .map(([at, drop, insert]) => text.slice(0, at) + insert.slice(0, 2) + text.slice(at + drop)),
      );
    let addresses = 0;
    fc.assert(
      fc.property(fc.oneof(near, mutated), (text) => {
        const expected = isIP(text) !== 0 && !text.includes('%');
        if (expected) addresses++;
        assert.equal(parseAddress(text) !== null, expected, text);
      }),
      { numRuns: 5000 },
    );
    assert.ok(addresses > 500, `only ${addresses} of the texts were addresses`);
  });

  it('copies its bytes and refuses other lengths', () => {
    const bytes = Uint8Array.of(1, 2, 3, 4);
    const address = addressOf(bytes);
    bytes[0] = 9;
    assert.equal(formatAddress(address.bytes), '1.2.3.4');
    assert.throws(() => addressOf(new Uint8Array(5)), RangeError);
  });
});

describe('parsePrefix', () => {
  const read: [text: string, canonical: string][] = [
    ['10.0.0.0/8', '10.0.0.0/8'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['192.0.2.1/32', '192.0.2.1/32'],
    ['2001:DB8::/32', '2001:db8::/32'],
    ['::/0', '::/0'],
    ['2001:db8::1/128', '2001:db8::1/128'],
    ['::ffff:10.0.0.0/104', '10.0.0.0/8'],
    ['::ffff:0:0/96', '0.0.0.0/0'],
  ];
  for (const [text, canonical] of read) {
    it(`reads ${text}`, () => assert.equal(parsePrefix(text)?.text, canonical));
  }
  for (const text of [
    ...[
      '10.0.0.0',
      '10.0.0.0/',
      '10.0.0.0/33',
      '10.0.0.0/08',
      '10.0.0.0/-1',
      '10.0.0.0/8/8',
      '10.0.0.0 /8',
      '10.0.0.0/8 ',
      '/8',
      '10/8',
    ],
    ...[
      '10.0.0.1/8',
      '192.0.2.128/24',
      '2001:db8::1/32',
      '::/129',
      '::ffff:0:0/95',
      '::ffff:10.0.0.0/8',
      '10.0.0.0/255.0.0.0',
      '10.0.0.0/1e1',
    ],
  ]) {
    it(`refuses ${text}`, () => assert.equal(parsePrefix(text), null));
  }
  it('clears host bits and takes bare addresses when told to', () => {
    assert.equal(parsePrefix('10.1.2.3/8', { hostBits: 'clear' })?.text, '10.0.0.0/8');
    assert.equal(parsePrefix('2001:db8:ffff::1/33', { hostBits: 'clear' })?.text, '2001:db8:8000::/33');
    assert.equal(parsePrefix('192.0.2.1', { bare: true })?.text, '192.0.2.1/32');
    assert.equal(parsePrefix('::ffff:192.0.2.1', { bare: true })?.text, '192.0.2.1/32');
    assert.equal(parsePrefix('2001:db8::1', { bare: true })?.text, '2001:db8::1/128');
    assert.equal(parsePrefix('192.0.2.01', { bare: true }), null);
  });
  it('knows the last address', () => {
    for (const [prefix, last] of [
      ['10.0.0.0/8', '10.255.255.255'],
      ['192.0.2.4/31', '192.0.2.5'],
      ['192.0.2.4/32', '192.0.2.4'],
      ['::/0', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
      ['2001:db8::/33', '2001:db8:7fff:ffff:ffff:ffff:ffff:ffff'],
    ]) {
      assert.equal(formatAddress(lastBytes(mustPrefix(prefix!))), last);
    }
  });
});

describe('networkKey and compareAddresses', () => {
  it('groups by /24 and /48', () => {
    assert.equal(networkKey(must('192.0.2.77')), '192.0.2.0/24');
    assert.equal(networkKey(must('::ffff:192.0.2.77')), '192.0.2.0/24');
    assert.equal(networkKey(must('2001:db8:1:2::3')), '2001:db8:1::/48');
  });
  it('orders by value, IPv4 first', () => {
    const sorted = ['9.0.0.0', '10.0.0.0', '200.0.0.0', '::', '::1', '2001:db8::', 'ff00::'];
    const shuffled = [...sorted].reverse().map(must).sort(compareAddresses);
    assert.deepEqual(
      shuffled.map((address) => address.text),
      sorted,
    );
  });
});

describe('createPrefixSet', () => {
  const prefixes = fc.oneof(
    fc.tuple(bytesOf(4), fc.nat(32)).map(([bytes, length]) => prefixOf(addressOf(bytes), length)),
    fc
      .tuple(sparseSix, fc.nat(128))
      .map(([bytes, length]) => prefixOf(addressOf(bytes), Math.min(length, addressOf(bytes).bytes.length * 8))),
  );

  it('finds what a scan of all prefixes finds', () => {
    fc.assert(
      fc.property(
        fc.array(prefixes, { maxLength: 40 }),
        fc.array(fc.oneof(bytesOf(4), sparseSix), { maxLength: 10 }),
        (list, others) => {
          const set = createPrefixSet(list);
          const edges = list.flatMap((prefix) => [prefix.address, addressOf(lastBytes(prefix))]);
          for (const address of [...edges, ...others.map((bytes) => addressOf(bytes))]) {
            const containing = list.filter(
              (prefix) =>
                prefix.address.family === address.family && prefixOf(address, prefix.length).text === prefix.text,
            );
            const longest = containing.sort((a, b) => b.length - a.length)[0] ?? null;
            assert.equal(set.find(address)?.text, longest?.text);
            assert.equal(set.has(address), longest !== null);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it('finds the narrowest of nested networks, and the wider one again behind it', () => {
    const set = createPrefixSet(
      ['10.0.0.0/8', '10.1.0.0/16', '10.1.2.0/24', '10.1.2.255/32', '255.255.255.0/24', '0.0.0.0/8'].map(mustPrefix),
    );
    const rows: [text: string, found: string | undefined][] = [
      ['0.0.0.0', '0.0.0.0/8'],
      ['1.0.0.0', undefined],
      ['10.0.255.255', '10.0.0.0/8'],
      ['10.1.1.255', '10.1.0.0/16'],
      ['10.1.2.254', '10.1.2.0/24'],
      ['10.1.2.255', '10.1.2.255/32'],
      ['10.1.3.0', '10.1.0.0/16'],
      ['10.2.0.0', '10.0.0.0/8'],
      ['11.0.0.0', undefined],
      ['255.255.255.255', '255.255.255.0/24'],
    ];
    for (const [text, found] of rows) assert.equal(set.find(must(text))?.text, found, text);
  });

  it('is empty, counts distinct prefixes and covered addresses', () => {
    assert.equal(createPrefixSet([]).find(must('1.2.3.4')), null);
    const set = createPrefixSet(
      ['10.0.0.0/8', '10.0.0.0/8', '10.1.0.0/16', '192.0.2.1/32', '2001:db8::/32'].map(mustPrefix),
    );
    assert.equal(set.size, 4);
    assert.equal(set.countIPv4(), 2 ** 24 + 1);
    assert.equal(createPrefixSet([mustPrefix('0.0.0.0/0')]).countIPv4(), 2 ** 32);
    assert.equal(createPrefixSet([mustPrefix('::/0')]).has(must('1.2.3.4')), false);
  });

  it('holds 100,000 prefixes', () => {
    const many = Array.from({ length: 100_000 }, (_, i) =>
      prefixOf(addressOf(Uint8Array.of(i >> 11, i >> 3, i << 5, 0)), 27),
    );
    const set = createPrefixSet(many);
    assert.equal(set.size, 100_000);
    assert.equal(set.countIPv4(), 3_200_000);
    for (const prefix of many.filter((_, i) => i % 997 === 0))
      assert.equal(set.find(addressOf(lastBytes(prefix)))?.text, prefix.text);
    assert.equal(set.has(must('200.0.0.1')), false);
  });
});
