// Sightings to canonical candidates: every bad input has its reason, every spelling of one endpoint has one key.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { canonicalise, endpointKey, parsePort } from '../../services/candidates/candidate.ts';
import { canonicalName, canonicalSuffix, INTERNAL_SUFFIXES } from '../../services/candidates/name.ts';
import { addressOf } from '../../services/platform/net/address.ts';
import { bytesOf, sparseSix, spellFour, spellSix } from '../support/address-forms.ts';

const keyOf = (host: string, port: string | number | null = null): string => {
  const result = canonicalise({ host, port });
  return result.ok ? result.candidate.key : result.reason;
};

describe('ports', () => {
  for (const [port, expected] of [
    ...([1, 443, 6443, 65_535, 1e3, '1', '6443', '65535'] as const).map((good) => [good, Number(good)] as const),
    ...[0, -1, 65_536, 6443.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 32 + 443].map(
      (bad) => [bad, undefined] as const,
    ),
    ...[
      '',
      '0',
      '-1',
      '65536',
      '6443.5',
      ' 6443 ',
      '443|6443',
      '1e3',
      '0443',
      '+443',
      '0x1bb',
      '６４４３',
      '443\n',
      'https',
    ].map((bad) => [bad, undefined] as const),
  ]) {
    it(`${JSON.stringify(port)} is ${expected ?? 'refused'}`, () => {
      assert.equal(parsePort(port), expected);
      const result = canonicalise({ host: '192.0.2.1', port });
      assert.deepEqual(result.ok ? result.candidate.port : result.reason, expected ?? 'bad_port');
    });
  }
  it('may be missing', () => {
    assert.deepEqual(canonicalise({ host: '192.0.2.1', port: null }), {
      ok: true,
      candidate: { kind: 'address', host: '192.0.2.1', port: null, key: '192.0.2.1' },
    });
  });
});

describe('keys', () => {
  for (const [host, port, key] of [
    ['192.0.2.1', 6443, '192.0.2.1:6443'],
    ['192.0.2.1', null, '192.0.2.1'],
    ['2001:DB8:0::1', '443', '[2001:db8::1]:443'],
    ['[2001:db8::1]', null, '[2001:db8::1]'],
    ['::ffff:192.0.2.1', 6443, '192.0.2.1:6443'],
    ['[::ffff:c000:201]', 6443, '192.0.2.1:6443'],
    ['API.Example.org.', 443, 'api.example.org:443'],
    ['api.example.org', null, 'api.example.org'],
  ] as const) {
    it(`${host} ${port} is ${key}`, () => assert.equal(keyOf(host, port), key));
  }

  it('are one for every spelling of an address', () => {
    const six = sparseSix.chain((bytes) => fc.tuple(fc.constant(bytes), spellSix(bytes)));
    const four = bytesOf(4).chain((bytes) => fc.tuple(fc.constant(bytes), spellFour(bytes)));
    fc.assert(
      fc.property(
        fc.oneof(six, four),
        fc.integer({ min: 1, max: 65_535 }),
        fc.boolean(),
        ([bytes, text], port, bracket) => {
          const host = bracket && text.includes(':') ? `[${text}]` : text;
          assert.equal(keyOf(host, String(port)), endpointKey(addressOf(bytes).text, port));
        },
      ),
    );
  });

  it('are fixed points: a canonical candidate is its own canonical form', () => {
    const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?$/);
    const names = fc
      .tuple(fc.array(label, { minLength: 1, maxLength: 4 }), fc.constantFrom('org', 'de', 'io'))
      .map(([labels, tld]) => [...labels, tld].join('.'));
    fc.assert(
      fc.property(fc.oneof(names, sparseSix.chain(spellSix), fc.string({ maxLength: 20 })), (host) => {
        const first = canonicalise({ host, port: 443 });
        if (first.ok) assert.deepEqual(canonicalise({ host: first.candidate.host, port: 443 }), first);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('hosts that are refused', () => {
  const table: Record<string, readonly string[]> = {
    bad_address: [
      ...[
        '010.0.0.1',
        '10.1',
        '0x7f.1',
        '2130706433',
        '１２７.0.0.1',
        '127.0.0.１',
        '127。0.0.1',
        '127.0.0.①',
        '192.0.2.1.',
        ' 192.0.2.1',
        '192.0.2.1 ',
      ],
      ...[
        '256.1.1.1',
        '1.2.3.4.5',
        'fe80::1%eth0',
        '[fe80::1%25eth0]',
        '::1 ',
        '192.0.2.1:6443',
        '[2001:db8::1]:6443',
        ':',
        '[192.0.2.1]:1',
      ],
      ...['foo.0x1f', 'foo.123', '0x', '[::1', '::1]', '[[::1]]', 'foo.0X1F.'],
    ],
    cidr_not_allowed: ['192.0.2.0/24', '192.0.2.1/24', '2001:db8::/32', '0.0.0.0/0', '10.0.0.1/32'],
    wildcard_name: ['*.eks.amazonaws.com', '*', 'api.*.example.org', '*.default.svc'],
    internal_name: [
      ...[
        'kubernetes.default.svc.cluster.local',
        'kubernetes.default.svc',
        'kubernetes.default.svc.cluster',
        'LOCALHOST',
        'localhost.',
      ],
      ...[
        'vault.internal',
        'a.invalid',
        'a.test',
        'www.example',
        'abc.onion',
        '1.0.0.127.in-addr.arpa',
        'nas.home.arpa',
        'pc.lan',
        'dc.corp',
      ],
    ],
    single_label_name: ['kubernetes', 'node-1', 'org', 'xn--p1ai'],
    bad_name: [
      ...[
        '',
        '.',
        '..',
        'a..example.org',
        '.example.org',
        'example.org..',
        '-a.example.org',
        'a-.example.org',
        'a_b.example.org',
        '_dmarc.example.org',
      ],
      ...[
        `${'a'.repeat(64)}.org`,
        `${'a.'.repeat(126)}org`,
        'a b.org',
        'a\u0000.org',
        'a\n.org',
        'exa\tmple.org',
        'ex%61mple.org',
        'ü%61.de',
        'ü@x.de',
        'ü#.de',
        'a\u001b[31m.org',
      ],
      ...[
        'moc.\u202egro',
        'zero\u200bwidth.org',
        'soft\u00adhyphen.org',
        'lone\ud800.org',
        'a\u00a0b.org',
        "'; DROP TABLE x--.org",
        '=cmd|calc!a.org',
      ],
      ...[
        '<script>.org',
        'a@example.org',
        'https://example.org',
        'example.org/path',
        'a,b.org',
        'a\\b.org',
        '[example.org]',
        '[192.0.2.1]x',
      ],
      ...[
        'xn--a.org',
        'xn--zzzzzzzzzzz.de',
        'xn--.org',
        'xn--abc.org',
        'xn----eha.de',
        'xn--a_-yka.de',
        `${'ü'.repeat(64)}.de`,
        'ü'.repeat(2000),
      ],
    ],
  };
  for (const [reason, hosts] of Object.entries(table)) {
    for (const host of hosts) {
      it(`${JSON.stringify(host.length > 60 ? `${host.slice(0, 20)}…` : host)} is ${reason}`, () =>
        assert.equal(keyOf(host), reason));
    }
  }
  it('an address in brackets is IPv6 or nothing', () => assert.equal(keyOf('[192.0.2.1]'), 'bad_name'));
  it('every internal suffix is refused at any depth and in any case', () => {
    for (const suffix of INTERNAL_SUFFIXES)
      assert.equal(keyOf(`api.prod.${suffix.toUpperCase()}`), 'internal_name', suffix);
  });
});

describe('names that are accepted', () => {
  for (const [text, name] of [
    ['münchen.de', 'xn--mnchen-3ya.de'],
    ['MÜNCHEN.DE', 'xn--mnchen-3ya.de'],
    ['XN--MNCHEN-3YA.de', 'xn--mnchen-3ya.de'],
    ['аpple.com', 'xn--pple-43d.com'], // Cyrillic а: shown as what it is
    ['例え。jp', 'xn--r8jz45g.jp'],
    ['r3---sn-4g5e6nez.googlevideo.com', 'r3---sn-4g5e6nez.googlevideo.com'],
    ['1.example.org', '1.example.org'],
    ['0x7f.example.org', '0x7f.example.org'],
    ['test.example.org', 'test.example.org'],
    ['local.example.org', 'local.example.org'],
    [`${'a'.repeat(63)}.org`, `${'a'.repeat(63)}.org`],
    [`${'a.'.repeat(125)}org.`, `${'a.'.repeat(125)}org`], // 253 characters and the dot
  ] as const) {
    it(`${text.slice(0, 40)}`, () => assert.deepEqual(canonicalName(text), { ok: true, name }));
  }
  it('underscores on request only', () => {
    assert.deepEqual(canonicalName('a_b.example.org', { allowUnderscore: true }), {
      ok: true,
      name: 'a_b.example.org',
    });
    assert.equal(canonicalName('-a_b.example.org', { allowUnderscore: true }).ok, false);
  });
  it('the lab below its own suffix only', () => {
    const options = { labSuffix: 'kubecensus-lab.test' };
    assert.deepEqual(canonicalName('API-1.kubecensus-lab.test', options), {
      ok: true,
      name: 'api-1.kubecensus-lab.test',
    });
    for (const other of [
      'kubecensus-lab.test',
      'a.lab.test',
      'a.evilkubecensus-lab.test',
      'a.kubecensus-lab.test.local',
    ]) {
      assert.deepEqual(canonicalName(other, options), { ok: false, reason: 'internal_name' });
    }
    assert.deepEqual(canonicalName('a.kubecensus-lab.test'), { ok: false, reason: 'internal_name' });
    assert.deepEqual(canonicalName('*.kubecensus-lab.test', options), { ok: false, reason: 'wildcard_name' });
  });
  it('suffixes in any usual spelling, single labels included', () => {
    for (const text of ['example.org', '.example.org', '*.Example.org.', 'EXAMPLE.ORG'])
      assert.equal(canonicalSuffix(text), 'example.org');
    assert.equal(canonicalSuffix('gov'), 'gov');
    assert.equal(canonicalSuffix('münchen.de'), 'xn--mnchen-3ya.de');
    for (const text of ['', '.', '*', 'a b', 'a..b', '*.*.org']) assert.equal(canonicalSuffix(text), null, text);
  });
});

it('canonicalise never throws and always gives a reason or a candidate', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc.oneof(fc.string({ maxLength: 8 }), fc.double(), fc.constant(null)),
      (host, port) => {
        const result = canonicalise({ host, port });
        assert.match(result.ok ? result.candidate.key : result.reason, result.ok ? /^[a-z0-9.:[\]-]+$/ : /^[a-z_]+$/);
      },
    ),
    { numRuns: 3000 },
  );
});
