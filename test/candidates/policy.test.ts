// The policy, row by row of its tables, and the promise that no spelling changes a decision.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { IPV6_ALLOWED, MAPPED_ROW, NEVER_PROBE } from '../../services/candidates/never-probe.ts';
import { createOptOuts, type OptOutRow } from '../../services/candidates/opt-out.ts';
import { createNamePolicy, createPolicy, type PolicyOptions } from '../../services/candidates/policy.ts';
import { parseScope } from '../../services/candidates/scope.ts';
import { type Address, addressOf, lastBytes, parseAddress, parsePrefix } from '../../services/platform/net/address.ts';
import { bytesOf, sparseSix, spellFour, spellSix } from '../support/address-forms.ts';

const EVERYTHING = ['0.0.0.0/0', '::/0'];
const policyOf = (
  options: Partial<Omit<PolicyOptions, 'optOuts' | 'scope'>> & { optOuts?: OptOutRow[]; scope?: string[] } = {},
) =>
  createPolicy({
    own: [],
    loopbackLab: false,
    ...options,
    optOuts: createOptOuts(options.optOuts ?? []),
    scope: parseScope(options.scope ?? EVERYTHING),
  });
const address = (text: string): Address => {
  const parsed = parseAddress(text);
  assert.ok(parsed, text);
  return parsed;
};
const judge = (policy: ReturnType<typeof policyOf>, text: string): string => {
  const decision = policy.decide(address(text));
  return decision.allowed ? 'allowed' : decision.reason;
};

describe('the never-probe table', () => {
  const policy = policyOf();

  it('holds every row of the snapshot', () => {
    // The rows of both registries as read on the snapshot's day, and the additions; written out so that a row cannot get lost.
    const rows = `0.0.0.0/8 0.0.0.0/32 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.0.0/29 192.0.0.8/32
      192.0.0.9/32 192.0.0.10/32 192.0.0.170/32 192.0.0.171/32 192.0.2.0/24 192.31.196.0/24 192.52.193.0/24 192.88.99.0/24 192.88.99.2/32
      192.168.0.0/16 192.175.48.0/24 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 240.0.0.0/4 255.255.255.255/32
      ::1/128 ::/128 64:ff9b::/96 64:ff9b:1::/48 100::/64 100:0:0:1::/64 2001::/23 2001::/32 2001:1::1/128 2001:1::2/128 2001:1::3/128
      2001:2::/48 2001:3::/32 2001:4:112::/48 2001:10::/28 2001:20::/28 2001:30::/28 2001:db8::/32 2002::/16 2620:4f:8000::/48 3fff::/20
      5f00::/16 fc00::/7 fe80::/10 224.0.0.0/4 ff00::/8 fec0::/10 3ffe::/16
      169.254.169.254/32 169.254.170.2/32 100.100.100.200/32 192.0.0.192/32 168.63.129.16/32 fd00:ec2::254/128 fd20:ce::254/128`;
    assert.deepEqual(NEVER_PROBE.map((row) => row.prefix).sort(), rows.split(/\s+/).sort());
    assert.equal(MAPPED_ROW.prefix, '::ffff:0:0/96');
  });

  for (const row of NEVER_PROBE) {
    it(`denies the ends of ${row.prefix} (${row.name})`, () => {
      const prefix = parsePrefix(row.prefix);
      assert.equal(prefix?.text, row.prefix, 'rows are written canonically');
      const ends = [prefix!.address, addressOf(lastBytes(prefix!))];
      const reasons = ends.map((end) => policy.decide(end));
      for (const decision of reasons) assert.equal(decision.allowed, false);
      // A narrower row may own one end, never both; metadata rows are one address.
      assert.ok(
        reasons.some((decision) => !decision.allowed && decision.reason === row.reason),
        JSON.stringify(reasons),
      );
      assert.ok(row.source !== '' && row.name !== '');
    });
  }

  it('judges mapped addresses as the IPv4 addresses that they are', () => {
    assert.equal(judge(policy, '::ffff:10.1.2.3'), 'special_purpose');
    assert.equal(judge(policy, '::ffff:a9fe:a9fe'), 'metadata');
    assert.equal(judge(policy, '::ffff:8.8.8.8'), 'allowed');
    assert.equal(judge(policy, '::ffff:0.0.0.0'), 'special_purpose');
  });

  for (const [text, reason] of [
    ['168.63.129.16', 'metadata'],
    ['169.254.169.254', 'metadata'],
    ['fd00:ec2::254', 'metadata'],
    ['224.0.0.1', 'multicast'],
    ['ff02::1', 'multicast'],
    ['3ffe::1', 'retired'],
    ['fec0::1', 'retired'],
    ['::1.2.3.4', 'not_global_unicast'], // IPv4-compatible
    ['64:ff9b::8.8.8.8', 'special_purpose'], // NAT64
    ['64:ff9b::a9fe:a9fe', 'special_purpose'],
    ['2002:a9fe:a9fe::1', 'special_purpose'], // 6to4
    ['2001:0:4136:e378::1', 'special_purpose'], // Teredo
    ['::ffff:0:8.8.8.8', 'not_global_unicast'], // translated
    ['4000::1', 'not_global_unicast'],
    ['1fff:ffff::1', 'not_global_unicast'],
    ['e000::1', 'not_global_unicast'],
    ['5f01::1', 'not_global_unicast'],
  ] as const) {
    it(`denies ${text} as ${reason}`, () => assert.equal(judge(policy, text), reason));
  }

  for (const text of [
    ...[
      '1.0.0.0',
      '8.8.8.8',
      '9.255.255.255',
      '11.0.0.0',
      '100.63.255.255',
      '100.128.0.0',
      '126.255.255.255',
      '128.0.0.0',
      '169.253.255.255',
    ],
    ...[
      '172.15.255.255',
      '172.32.0.0',
      '192.0.1.0',
      '192.0.3.0',
      '192.88.98.255',
      '198.17.255.255',
      '198.20.0.0',
      '223.255.255.255',
      '168.63.129.15',
    ],
    ...[
      '2000::',
      '2001:200::',
      '2001:db7:ffff::',
      '2001:db9::',
      '2003::',
      '2620:4f:8001::',
      '3ffd:ffff::',
      '3fff:1000::',
      '3fff:ffff::',
      '2a00:1450::1',
    ],
  ]) {
    it(`allows its neighbour ${text}`, () => assert.equal(judge(policy, text), 'allowed'));
  }

  it('allows of IPv6 only 2000::/3', () => {
    const allowed = parsePrefix(IPV6_ALLOWED)!;
    fc.assert(
      fc.property(bytesOf(16), (bytes) => {
        const inside = (bytes[0]! & 0xe0) === allowed.address.bytes[0];
        const candidate = addressOf(bytes);
        if (candidate.family === 6 && !inside) assert.equal(policy.decide(candidate).allowed, false);
      }),
      { numRuns: 2000 },
    );
  });

  it('cannot be weakened by scope', () => {
    const narrow = policyOf({ scope: ['127.0.0.0/8', '10.0.0.0/8', '::1/128', '169.254.169.254/32'] });
    for (const text of ['127.0.0.1', '10.0.0.1', '::1', '169.254.169.254'])
      assert.notEqual(judge(narrow, text), 'allowed');
  });

  it('refuses bytes that are no address', () => {
    const forged = { family: 4, bytes: new Uint8Array(5), text: '8.8.8.8' } as const;
    assert.deepEqual(policy.decide(forged), { allowed: false, reason: 'bad_address' });
    const mapped = {
      family: 6,
      bytes: Uint8Array.from([...new Array<number>(10).fill(0), 255, 255, 8, 8, 8, 8]),
      text: '8.8.8.8',
    } as const;
    assert.deepEqual(policy.decide(mapped), { allowed: false, reason: 'not_global_unicast' });
    assert.deepEqual(policy.decide({ ...mapped, family: 4 }), { allowed: false, reason: 'bad_address' });
  });
});

it('decides the same for every spelling of an address', () => {
  const policy = policyOf({
    scope: ['8.0.0.0/5', '2000::/4', '1.0.0.0/8'],
    own: ['8.8.8.8'],
    optOuts: [
      { kind: 'prefix', value: '9.0.0.0/9' },
      { kind: 'prefix', value: '2001:4000::/18' },
    ],
  });
  const edges = NEVER_PROBE.map((row) => parsePrefix(row.prefix)!).flatMap((prefix) => [
    prefix.address.bytes,
    lastBytes(prefix),
  ]);
  const bytes = fc.oneof(
    bytesOf(4),
    bytesOf(16),
    sparseSix,
    fc.constantFrom(...edges, address('8.8.8.8').bytes, address('9.1.1.1').bytes),
  );
  const spelled = bytes.chain((some) =>
    fc.tuple(fc.constant(some), some.length === 4 ? spellFour(some) : spellSix(some)),
  );
  fc.assert(
    fc.property(spelled, ([some, text]) =>
      assert.deepEqual(policy.decide(address(text)), policy.decide(addressOf(some))),
    ),
    { numRuns: 3000 },
  );
});

describe('own addresses, opt-outs and scope', () => {
  const asns: Record<string, number> = { '9.9.9.9': 64_500, '2a00::9': 64_501 };
  const policy = policyOf({
    own: ['8.8.4.4', '2a00:1::/64', '8.0.0.53/24'],
    optOuts: [
      { kind: 'address', value: '1.1.1.1' },
      { kind: 'prefix', value: '1.2.0.0/16' },
      { kind: 'asn', value: 'AS64500' },
      { kind: 'asn', value: '64501' },
    ],
    scope: ['1.0.0.0/8', '8.0.0.0/8', '9.0.0.0/8', '2a00::/16'],
    asnOf: (text) => asns[text] ?? null,
  });
  for (const [text, expected] of [
    ['8.8.4.4', 'own_address'],
    ['2a00:1::5', 'own_address'],
    ['8.0.0.1', 'own_address'], // an interface address with its mask stands for its network
    ['1.1.1.1', 'opted_out'],
    ['1.2.3.4', 'opted_out'],
    ['9.9.9.9', 'opted_out'],
    ['2a00::9', 'opted_out'],
    ['9.9.9.8', 'allowed'],
    ['8.8.4.5', 'allowed'],
    ['2a00:2::1', 'allowed'],
    ['7.7.7.7', 'out_of_scope'],
    ['2a01::1', 'out_of_scope'],
    ['10.0.0.1', 'special_purpose'],
  ] as const) {
    it(`${text}: ${expected}`, () => assert.equal(judge(policy, text), expected));
  }

  it('an empty scope holds nothing', () => assert.equal(judge(policyOf({ scope: [] }), '8.8.8.8'), 'out_of_scope'));
  it('fails closed: an unreadable own address stops everything', () => {
    assert.throws(() => policyOf({ own: ['8.8.8.8', 'localhost', '1.2.3'] }), {
      code: 'KC_POLICY',
      message: /"localhost", "1\.2\.3"/,
    });
  });
  it('fails closed: opted-out AS numbers without an AS database', () => {
    assert.throws(() => policyOf({ optOuts: [{ kind: 'asn', value: '64500' }] }), { code: 'KC_POLICY' });
  });
  it('describes itself for the manifest, without the list', () => {
    const snapshot = policy.describe();
    assert.deepEqual(
      { ...snapshot, neverProbeSha256: snapshot.neverProbeSha256.length, optOutVersion: snapshot.optOutVersion.length },
      {
        neverProbeDate: '2026-07-18',
        neverProbeSha256: 64,
        loopbackLab: false,
        optOutVersion: 64,
        optOutCount: 4,
        optOutIPv4Addresses: 65_537,
        optOutCounts: { address: 1, prefix: 1, asn: 2, 'dns-suffix': 0, 'certificate-key': 0 },
        optOutCoverage: { ipv4Addresses: 65_537, ipv4Share: 65_537 / 3_702_257_663, ipv6Networks: 0, ipv6Share: 0 },
        ownCount: 3,
        scope: ['1.0.0.0/8', '8.0.0.0/8', '9.0.0.0/8', '2a00::/16'],
      },
    );
    assert.ok(!JSON.stringify(snapshot).includes('1.1.1.1'));
  });
});

describe('the lab', () => {
  const lab = policyOf({
    loopbackLab: true,
    scope: ['127.0.0.0/8', '::/0', '0.0.0.0/0'],
    own: ['127.0.0.1'],
    optOuts: [
      { kind: 'asn', value: '1' },
      { kind: 'address', value: '127.9.9.9' },
    ],
  });
  it('allows loopback and nothing else', () => {
    for (const text of ['127.0.0.2', '127.255.255.255', '::1', '::ffff:127.1.2.3'])
      assert.equal(judge(lab, text), 'allowed');
    for (const text of [
      '8.8.8.8',
      '10.0.0.1',
      '126.255.255.255',
      '128.0.0.0',
      '169.254.169.254',
      '::',
      '::2',
      '2a00::1',
      'fe80::1',
      '0.0.0.0',
    ]) {
      assert.equal(judge(lab, text), 'outside_lab', text);
    }
    for (const row of NEVER_PROBE.filter((row) => !['127.0.0.0/8', '::1/128'].includes(row.prefix))) {
      assert.equal(lab.decide(parsePrefix(row.prefix)!.address).allowed, false, row.prefix);
    }
  });
  it('still keeps own addresses, opt-outs and scope', () => {
    assert.equal(judge(lab, '127.0.0.1'), 'own_address');
    assert.equal(judge(lab, '127.9.9.9'), 'opted_out');
    assert.equal(judge(policyOf({ loopbackLab: true, scope: ['127.1.0.0/16'] }), '127.2.0.1'), 'out_of_scope');
  });
  it('is seen in the manifest', () => assert.equal(lab.describe().loopbackLab, true));
});

describe('createNamePolicy', () => {
  const policy = createNamePolicy({
    optOuts: createOptOuts([{ kind: 'dns-suffix', value: 'Example.org' }]),
    labSuffix: 'kubecensus-lab.test',
  });
  for (const [name, expected] of [
    ['example.org', 'opted_out'],
    ['API.example.org.', 'opted_out'],
    ['notexample.org', 'allowed'],
    ['example.org.evil.net', 'allowed'],
    ['a.kubecensus-lab.test', 'allowed'],
    ['a.test', 'internal_name'],
    ['*.example.net', 'wildcard_name'],
    ['kubernetes', 'single_label_name'],
    ['10.1', 'bad_address'],
    ['a b', 'bad_name'],
  ] as const) {
    it(`${name}: ${expected}`, () => {
      const decision = policy.decide(name);
      assert.equal(decision.allowed ? 'allowed' : decision.reason, expected);
    });
  }
});
