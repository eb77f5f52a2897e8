// Scope and opt-outs: what may be named, what is refused, and that a snapshot is the same however it was written.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { canonicalOptOut, createOptOuts, type OptOutKind, type OptOutRow } from '../../services/candidates/opt-out.ts';
import { parseScope } from '../../services/candidates/scope.ts';
import { parseAddress } from '../../services/platform/net/address.ts';

const address = (text: string) => parseAddress(text)!;
const KEY = 'ab'.repeat(32);

describe('parseScope', () => {
  it('reads CIDRs and bare addresses, and describes them canonically', () => {
    const scope = parseScope(['2001:DB8::/32', '192.0.2.0/24', '192.0.2.7', '198.51.100.1', '192.0.2.0/24']);
    assert.deepEqual(scope.describe(), {
      prefixes: ['192.0.2.0/24', '192.0.2.7/32', '198.51.100.1/32', '2001:db8::/32'],
      ipv4Addresses: 257,
    });
    for (const text of ['192.0.2.255', '198.51.100.1', '2001:db8::1', '::ffff:192.0.2.1'])
      assert.ok(scope.has(address(text)), text);
    for (const text of ['192.0.3.0', '198.51.100.2', '2001:db9::']) assert.ok(!scope.has(address(text)), text);
  });
  it('takes the whole internet as an explicit choice, one family at a time', () => {
    const four = parseScope(['0.0.0.0/0']);
    assert.ok(four.has(address('8.8.8.8')) && !four.has(address('2a00::1')));
    assert.equal(four.describe().ipv4Addresses, 2 ** 32);
    assert.ok(parseScope(['::/0']).has(address('2a00::1')));
  });
  it('lists every bad entry, and what a CIDR with host bits may have meant', () => {
    assert.throws(
      () => parseScope(['192.0.2.0/24', 'example.org', '10.1.2.3/8', '']),
      (error: Error & { code?: string }) => {
        assert.equal(error.code, 'KC_SCOPE');
        assert.match(
          error.message,
          /"example\.org"; "10\.1\.2\.3\/8" has bits set beyond its length \(did you mean 10\.0\.0\.0\/8\?\); ""/,
        );
        assert.doesNotMatch(error.message, /192\.0\.2/);
        return true;
      },
    );
  });
  it('may be empty, and then holds nothing', () => {
    assert.deepEqual(parseScope([]).describe(), { prefixes: [], ipv4Addresses: 0 });
    assert.ok(!parseScope([]).has(address('8.8.8.8')));
  });
});

describe('createOptOuts', () => {
  for (const [kind, value, canonical] of [
    ['address', '192.0.2.1', '192.0.2.1'],
    ['address', '::FFFF:192.0.2.1', '192.0.2.1'],
    ['address', '192.0.2.0/24', null],
    ['prefix', '192.0.2.77/24', '192.0.2.0/24'],
    ['prefix', '192.0.2.77', null],
    ['prefix', '2001:DB8::/32', '2001:db8::/32'],
    ['asn', 'AS64500', '64500'],
    ['asn', 'as4294967295', '4294967295'],
    ['asn', '4294967296', null],
    ['asn', '0', null],
    ['asn', 'AS 1', null],
    ['asn', '1.10', null],
    ['dns-suffix', '*.Example.ORG.', 'example.org'],
    ['dns-suffix', 'exa mple', null],
    ['certificate-key', KEY.toUpperCase(), KEY],
    ['certificate-key', 'abcd', null],
  ] as const) {
    it(`${kind} ${value} is ${canonical}`, () =>
      assert.equal(canonicalOptOut({ kind, value })?.value ?? null, canonical));
  }

  const rows: OptOutRow[] = [
    { kind: 'address', value: '192.0.2.1' },
    { kind: 'prefix', value: '198.51.100.0/24' },
    { kind: 'prefix', value: '2001:db8::/32' },
    { kind: 'asn', value: 'AS64500' },
    { kind: 'dns-suffix', value: 'example.org' },
    { kind: 'certificate-key', value: KEY },
  ];
  it('matches each kind', () => {
    const optOuts = createOptOuts(rows);
    assert.equal(optOuts.size, 6);
    assert.deepEqual(optOuts.counts, { address: 1, prefix: 2, asn: 1, 'dns-suffix': 1, 'certificate-key': 1 });
    assert.equal(optOuts.ipv4Addresses, 257);
    assert.deepEqual(
      ['192.0.2.1', '198.51.100.9', '2001:db8::9', '192.0.2.2', '2001:db9::'].map((text) =>
        optOuts.hasAddress(address(text)),
      ),
      [true, true, true, false, false],
    );
    assert.deepEqual([64_500, 64_501].map(optOuts.hasAsn), [true, false]);
    assert.deepEqual(
      ['example.org', 'a.b.example.org', 'badexample.org', 'org', 'example.org.uk'].map(optOuts.hasName),
      [true, true, false, false, false],
    );
    assert.deepEqual([KEY, KEY.toUpperCase(), 'cd'.repeat(32)].map(optOuts.hasCertificateKey), [true, true, false]);
  });
  it('matches nothing when empty', () => {
    const none = createOptOuts([]);
    assert.equal(none.size, 0);
    assert.ok(
      !none.hasAddress(address('8.8.8.8')) && !none.hasAsn(1) && !none.hasName('a.org') && !none.hasCertificateKey(KEY),
    );
  });
  it('lists every row that cannot be read', () => {
    assert.throws(() => createOptOuts([...rows, { kind: 'asn', value: 'x' }, { kind: 'address', value: '10.1' }]), {
      code: 'KC_OPT_OUT',
      message: 'Not usable as opt-out: asn "x"; address "10.1".',
    });
  });
  it('has one version for one list, in any order, spelling and number of repeats, and another for another list', () => {
    const version = createOptOuts(rows).version;
    const spelled: OptOutRow[] = [
      { kind: 'address', value: '::ffff:192.0.2.1' },
      { kind: 'dns-suffix', value: '.EXAMPLE.org' },
      ...rows.slice(1),
    ];
    assert.equal(createOptOuts([...spelled, ...rows.slice(0, 1)]).version, version);
    fc.assert(
      fc.property(fc.shuffledSubarray(rows), (some) => {
        assert.equal(createOptOuts(some).version === version, some.length === rows.length);
      }),
    );
    const kinds: OptOutKind[] = ['address', 'prefix'];
    const [one, other] = kinds.map(
      (kind) => createOptOuts([{ kind, value: kind === 'address' ? '192.0.2.1' : '192.0.2.1/32' }]).version,
    );
    assert.notEqual(one, other);
  });
});
