// The certificate reader against node:crypto on generated certificates and on captures of real components, and against hostile bytes.
import 'reflect-metadata';
import assert from 'node:assert/strict';
import { hash, type webcrypto, X509Certificate } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import { before, test } from 'node:test';
import { rootCertificates } from 'node:tls';
import * as x509 from '@peculiar/x509';
import fc from 'fast-check';
import { readCertificate } from '../../services/feeds/x509/certificate.ts';
import { DerCursor, TAG } from '../../services/feeds/x509/der.ts';
import { escapeValue } from '../../services/feeds/x509/distinguished-name.ts';
import { MAX_NAMES, readNames } from '../../services/feeds/x509/names.ts';
import { addressText, MAX_TEXT_LENGTH, octetText, sanitiseText } from '../../services/feeds/x509/text.ts';
import { timeText } from '../../services/feeds/x509/validity.ts';

type Algorithm = webcrypto.EcKeyGenParams & webcrypto.EcdsaParams;
const EC: Algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const ALGORITHMS: [string, Algorithm | webcrypto.RsaHashedKeyGenParams | webcrypto.Algorithm][] = [
  ['EC P-256', EC],
  ['EC P-384', { name: 'ECDSA', namedCurve: 'P-384', hash: 'SHA-384' } satisfies Algorithm],
  [
    'RSA',
    {
      name: 'RSASSA-PKCS1-v1_5',
      hash: 'SHA-256',
      publicExponent: new Uint8Array([1, 0, 1]),
      modulusLength: 2048,
    } satisfies webcrypto.RsaHashedKeyGenParams,
  ],
  ['Ed25519', { name: 'Ed25519' }],
];

/** One certificate with its DER; what is not given is plain. */
async function issue(
  algorithm: (typeof ALGORITHMS)[number][1],
  name: x509.JsonNameParams,
  sans: x509.JsonGeneralNames,
  extra: x509.Extension[] = [],
): Promise<Uint8Array> {
  const keys = (await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair;
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: '00a1b2c3',
    name: new x509.Name(name),
    notBefore: new Date('2026-01-02T03:04:05Z'),
    notAfter: new Date('2055-06-07T08:09:10Z'),
    signingAlgorithm: algorithm,
    keys,
    extensions: [...(sans.length > 0 ? [new x509.SubjectAlternativeNameExtension(sans)] : []), ...extra],
  });
  return new Uint8Array(certificate.rawData);
}

/** node's "DNS:a, IP Address:b" as two lists; only for names without characters that node escapes. */
function nodeNames(certificate: X509Certificate): { dns: string[]; ip: string[] } {
  const parts = (certificate.subjectAltName ?? '').split(', ').filter((part) => part !== '');
  const of = (prefix: string) =>
    parts.filter((part) => part.startsWith(prefix)).map((part) => part.slice(prefix.length));
  return { dns: of('DNS:'), ip: of('IP Address:').map(canonical) };
}

/** IPv6 text in URL's canonical (RFC 5952) form; IPv4 as it stands. */
function canonical(address: string): string {
  return isIPv6(address) ? new URL(`http://[${address}]/`).hostname.slice(1, -1) : address;
}

function agrees(der: Uint8Array): void {
  const ours = readCertificate(der);
  assert.ok(ours !== null);
  const theirs = new X509Certificate(der);
  const names = nodeNames(theirs);
  assert.deepEqual(ours.dnsNames, names.dns);
  assert.deepEqual(ours.ipAddresses.map(canonical), names.ip);
  assert.equal(ours.nameCount, names.dns.length + names.ip.length);
  assert.equal(ours.sha256, theirs.fingerprint256.replaceAll(':', '').toLowerCase());
  assert.equal(BigInt(`0x${ours.serialHex}`), BigInt(`0x${theirs.serialNumber}`));
  assert.equal(ours.isCa, theirs.ca);
  assert.equal(Date.parse(ours.notBefore!), theirs.validFromDate.getTime());
  assert.equal(Date.parse(ours.notAfter!), theirs.validToDate.getTime());
  assert.equal(ours.publicKey.algorithm, theirs.publicKey.asymmetricKeyType);
  const details = theirs.publicKey.asymmetricKeyDetails;
  if (details?.modulusLength !== undefined) assert.equal(ours.publicKey.bits, details.modulusLength);
  const spki = theirs.publicKey.export({ type: 'spki', format: 'der' });
  assert.equal(ours.spkiSha256, hash('sha256', spki));
  const quick = readNames(der, 0, der.length, 'certificate');
  assert.deepEqual(quick?.dnsNames, ours.dnsNames);
  assert.deepEqual(quick?.ipAddresses, ours.ipAddresses);
  assert.deepEqual(
    quick?.commonNames,
    ours.subjectAttributes.filter((attribute) => attribute.type === 'CN').map((attribute) => attribute.value),
  );
}

/** `certificate` and its bare TBSCertificate, by two element headers. */
function tbsRange(der: Uint8Array): [number, number] {
  const raw = Buffer.from(new x509.X509Certificate(der).rawData);
  const header = (at: number): [number, number] => {
    const first = raw[at + 1]!;
    if (first < 0x80) return [at + 2, at + 2 + first];
    const octets = first & 0x7f;
    return [at + 2 + octets, at + 2 + octets + raw.readUIntBE(at + 2, octets)];
  };
  const [start] = header(0);
  return [start, header(start)[1]];
}

const SANS: x509.JsonGeneralNames = [
  { type: 'dns', value: 'kubernetes' },
  { type: 'dns', value: 'kubernetes.default.svc.cluster.local' },
  { type: 'email', value: 'someone@example.org' },
  { type: 'dns', value: '*.Example.ORG' },
  { type: 'url', value: 'spiffe://cluster.local/ns/x' },
  { type: 'ip', value: '10.96.0.1' },
  { type: 'ip', value: '2001:db8::1' },
  { type: 'ip', value: '::1' },
  { type: 'ip', value: 'fe80:0:0:1:0:0:0:9' },
];

let sample: Uint8Array;
before(async () => {
  sample = await issue(
    EC,
    [{ CN: ['kube-apiserver'] }, { O: ['k3s'] }],
    [
      { type: 'dns', value: 'api.example.org' },
      { type: 'ip', value: '192.0.2.7' },
    ],
    [
      new x509.BasicConstraintsExtension(true, 3, true),
      new x509.SubjectKeyIdentifierExtension('0102030405060708090a0b0c0d0e0f1011121314'),
      new x509.AuthorityKeyIdentifierExtension('a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4'),
    ],
  );
});

for (const [kind, algorithm] of ALGORITHMS) {
  test(`agrees with node:crypto on ${kind} certificates`, async () => {
    agrees(await issue(algorithm, [{ CN: ['kube-apiserver'] }], SANS));
    agrees(await issue(algorithm, [{ O: ['no names'] }], []));
  });
}

test('agrees with node:crypto on every certificate of the captures', () => {
  const folder = new URL('../fixtures/captures/', import.meta.url);
  let seen = 0;
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.json'))) {
    const capture = JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as { tls?: { chain?: string[] } };
    for (const der of capture.tls?.chain ?? []) {
      agrees(Buffer.from(der, 'base64'));
      seen++;
    }
  }
  assert.ok(seen >= 8, `only ${seen} certificates in the captures`);
});

test('agrees with node:crypto on the root certificates that node carries, their names included', () => {
  let compared = 0;
  for (const pem of rootCertificates) {
    const theirs = new X509Certificate(pem);
    agrees(theirs.raw);
    const ours = readCertificate(theirs.raw)!;
    // node escapes special characters its own way and names more types; where neither occurs, the lines must be the same.
    if (!/[\\,+"<>;]/.test(theirs.subject) && !/(?:^|,)\d/.test(ours.subject)) {
      assert.equal(ours.subject, theirs.subject.split('\n').join(','));
      compared++;
    }
  }
  assert.ok(rootCertificates.length > 50 && compared > 30, `${compared} of ${rootCertificates.length} names compared`);
});

test('reads subject, key ids, algorithms and the CA mark', () => {
  const facts = readCertificate(sample);
  assert.equal(facts?.subject, 'CN=kube-apiserver,O=k3s');
  assert.deepEqual(facts?.subjectAttributes, [
    { type: 'CN', value: 'kube-apiserver' },
    { type: 'O', value: 'k3s' },
  ]);
  assert.equal(facts?.isCa, true);
  assert.equal(facts?.subjectKeyId, '0102030405060708090a0b0c0d0e0f1011121314');
  assert.equal(facts?.authorityKeyId, 'a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4');
  assert.equal(facts?.signatureAlgorithm, 'ecdsa-with-SHA256');
  assert.deepEqual(facts?.publicKey, { algorithm: 'ec', bits: 256 });
  assert.equal(facts?.serialHex, 'a1b2c3');
  assert.equal(facts?.notBefore, '2026-01-02T03:04:05Z');
  assert.equal(facts?.notAfter, '2055-06-07T08:09:10Z');
});

test('reads UTF8, Printable, BMP, IA5 and Universal names alike, and escapes them as RFC 4514 says', async () => {
  const der = await issue(
    EC,
    [
      { CN: [{ utf8String: 'Zürich, "k8s" + <1>;' }] },
      { O: [{ printableString: 'plain' }] },
      { OU: [{ bmpString: 'Käse €' }] },
      { L: [{ ia5String: 'tele' }] },
      { ST: [{ universalString: 'wide 😀' }] },
      { '1.2.3.4.5': [{ utf8String: '#own' }] },
    ],
    [],
  );
  const facts = readCertificate(der);
  assert.deepEqual(facts?.subjectAttributes, [
    { type: 'CN', value: 'Zürich, "k8s" + <1>;' },
    { type: 'O', value: 'plain' },
    { type: 'OU', value: 'Käse €' },
    { type: 'L', value: 'tele' },
    { type: 'ST', value: 'wide 😀' },
    { type: '1.2.3.4.5', value: '#own' },
  ]);
  assert.equal(
    facts?.subject,
    'CN=Zürich\\, \\"k8s\\" \\+ \\<1\\>\\;,O=plain,OU=Käse €,L=tele,ST=wide 😀,1.2.3.4.5=\\#own',
  );
  assert.equal(escapeValue(' a\\ '), '\\ a\\\\\\ ');
});

test('joins the attributes of one RDN by a plus sign', async () => {
  const der = await issue(EC, [{ CN: ['a'] }, { O: ['b'], OU: ['c'] }], []);
  assert.equal(readCertificate(der)?.subject, 'CN=a,O=b+OU=c');
});

test('counts all names and keeps MAX_NAMES of them', async () => {
  const many: x509.JsonGeneralNames = Array.from({ length: MAX_NAMES + 40 }, (_, i) => ({
    type: 'dns' as const,
    value: `n${i}.example`,
  }));
  const der = await issue(EC, [{ CN: ['many'] }], many);
  const facts = readCertificate(der);
  assert.equal(facts?.nameCount, MAX_NAMES + 40);
  assert.equal(facts?.dnsNames.length, MAX_NAMES);
  assert.equal(facts?.namesTruncated, true);
  assert.equal(readNames(der, 0, der.length, 'certificate')?.truncated, true);
});

test('reads the same names from the bare TBSCertificate of a precertificate leaf', () => {
  const [start, end] = tbsRange(sample);
  assert.deepEqual(readNames(sample, start, end, 'tbs'), readNames(sample, 0, sample.length, 'certificate'));
  assert.equal(readNames(sample, start, end, 'certificate'), null);
  assert.equal(readNames(sample, 0, sample.length, 'tbs'), null);
  // Inside a larger array, with other bytes on both sides.
  const padded = Buffer.concat([Buffer.alloc(7, 0x30), sample, Buffer.alloc(9, 0xff)]);
  assert.deepEqual(
    readNames(padded, 7, 7 + sample.length, 'certificate'),
    readNames(sample, 0, sample.length, 'certificate'),
  );
});

test('a TBSCertificate without a signature behind it is no certificate', () => {
  const [start, end] = tbsRange(sample);
  const wrap = (content: Uint8Array): Buffer => {
    const length = Buffer.alloc(2);
    length.writeUInt16BE(content.length);
    return Buffer.concat([Buffer.from([0x30, 0x82]), length, content]);
  };
  const signed = sample.subarray(start);
  assert.ok(readCertificate(wrap(signed)) !== null);
  assert.equal(readCertificate(wrap(sample.subarray(start, end))), null);
  assert.equal(readCertificate(wrap(Buffer.concat([signed, Buffer.from([0x05, 0x00])]))), null);
});

test('refuses every cut and every added octet', () => {
  for (let length = 0; length < sample.length; length++) {
    assert.equal(readCertificate(sample.subarray(0, length)), null, `cut at ${length}`);
    assert.equal(readNames(sample, 0, length, 'certificate'), null, `cut at ${length}`);
  }
  assert.equal(readCertificate(Buffer.concat([sample, Buffer.from([0])])), null);
  assert.equal(readNames(sample, 0, sample.length + 1, 'certificate'), null);
});

/** Everything a certificate puts into a string must fit a PostgreSQL text column. */
function assertStorable(value: unknown): void {
  const text = JSON.stringify(value);
  assert.ok(!text.includes('\\u0000'));
  assert.ok(!/\\ud[89a-f]/i.test(text), 'lone surrogate');
}

test('never throws on mutated certificates, and what it reads is storable text', () => {
  let readable = 0;
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(sample.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 }),
      (mutations) => {
        const bytes = Uint8Array.from(sample);
        for (const [at, octet] of mutations) bytes[at] = octet;
        const facts = readCertificate(bytes);
        const names = readNames(bytes, 0, bytes.length, 'certificate');
        assertStorable(facts);
        assertStorable(names);
        if (facts !== null) readable++;
      },
    ),
    { numRuns: 4000, seed: 20261124 },
  );
  // Mutants that cannot be read at all would prove nothing about the readers behind the walk.
  assert.ok(readable > 400 && readable < 4000, `${readable} of 4000 mutants were readable`);
});

test('never throws on arbitrary bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      assert.equal(readCertificate(bytes), null);
      assert.equal(readNames(bytes, 0, bytes.length, 'tbs'), null);
    }),
    { numRuns: 2000, seed: 7 },
  );
});

test('cleans text: no NUL, no lone surrogate, bounded', () => {
  assert.equal(sanitiseText('a\0b'), 'a\uFFFDb');
  assert.equal(sanitiseText('a\ud800b'), 'a\uFFFDb');
  assert.equal(sanitiseText(`${'x'.repeat(MAX_TEXT_LENGTH - 1)}😀`).length, MAX_TEXT_LENGTH);
  assert.ok(sanitiseText(`${'x'.repeat(MAX_TEXT_LENGTH - 1)}😀`).isWellFormed());
});

test('long text is cut at a character', () => {
  const cut = (text: string, encoding: BufferEncoding = 'utf8'): string => {
    const bytes = Buffer.from(text, encoding);
    return octetText(bytes, 0, bytes.length);
  };
  assert.equal(cut('€'.repeat(5000)), '€'.repeat(MAX_TEXT_LENGTH));
  assert.equal(cut('é'.repeat(5000), 'latin1'), 'é'.repeat(MAX_TEXT_LENGTH));
  assert.equal(cut('a'.repeat(5000)), 'a'.repeat(MAX_TEXT_LENGTH));
  // Continuation octets without end are no UTF-8, and no endless loop.
  assert.equal(cut('\x80'.repeat(5000), 'latin1'), '');
});

test('a cursor reads long and over-long lengths, and leaves multi-octet tags, indefinite and huge lengths alone', () => {
  const read = (...octets: number[]): [number, number] | null => {
    const cursor = new DerCursor();
    return cursor.read(Uint8Array.from(octets), 0, octets.length) ? [cursor.content, cursor.end] : null;
  };
  assert.deepEqual(read(0x04, 0x02, 1, 2), [2, 4]);
  assert.deepEqual(read(0x04, 0x81, 0x02, 1, 2), [3, 5]);
  assert.deepEqual(read(0x04, 0x84, 0, 0, 0, 2, 1, 2), [6, 8]);
  assert.deepEqual(read(0x04, 0x00), [2, 2]);
  assert.equal(read(0x1f, 0x02, 1, 2), null);
  assert.equal(read(0x30, 0x80, 0x05, 0x00, 0x00, 0x00), null);
  assert.equal(read(0x04, 0x85, 0, 0, 0, 0, 0), null);
  assert.equal(read(0x04, 0x84, 0xff, 0xff, 0xff, 0xff), null);
  assert.equal(read(0x04, 0x84, 0x80, 0, 0, 0), null);
  assert.equal(read(0x04, 0x82, 0), null);
  assert.equal(read(0x04), null);
  assert.equal(read(), null);
});

test('a dNSName with NUL, Latin-1 or UTF-8 octets is kept as text', () => {
  const at = Buffer.from(sample).indexOf('api.example.org');
  const written = (octets: number[]): string | undefined => {
    const bytes = Uint8Array.from(sample);
    bytes.set(octets, at);
    return readNames(bytes, 0, bytes.length, 'certificate')?.dnsNames[0];
  };
  assert.equal(written([0x61, 0x00]), 'a\uFFFDi.example.org');
  assert.equal(written([0x61, 0xfc]), 'aüi.example.org');
  assert.equal(written([0xc3, 0xbc]), 'üi.example.org');
});

test('writes addresses as RFC 5952 says', () => {
  const octets = (text: string): Uint8Array => Buffer.from(text.replaceAll(' ', ''), 'hex');
  const cases: [string, string | null][] = [
    ['20010db8 00000000 00000000 00000001', '2001:db8::1'],
    ['20010db8 00000001 00010001 00010001', '2001:db8:0:1:1:1:1:1'],
    ['20010000 00000001 00000000 00000001', '2001:0:0:1::1'],
    ['20010db8 00000000 00010000 00000001', '2001:db8::1:0:0:1'],
    ['00000000 00000000 00000000 00000000', '::'],
    ['00000000 00000000 0000ffff c0000201', '::ffff:192.0.2.1'],
    ['20010000 00000000 00000000 00000000', '2001::'],
    ['c0000201', '192.0.2.1'],
    ['c00002', null],
    ['', null],
  ];
  for (const [hex, expected] of cases) {
    const bytes = octets(hex);
    assert.equal(addressText(bytes, 0, bytes.length), expected);
  }
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), fc.nat(0xffff), (bytes, zeros) => {
      for (let i = 0; i < 16; i++) if ((zeros >> i) & 1) bytes[i] = 0;
      const text = addressText(bytes, 0, 16)!;
      assert.ok(isIPv6(text));
      if (!text.startsWith('::ffff:')) assert.equal(text, canonical(text));
    }),
    { numRuns: 500, seed: 5952 },
  );
});

test('reads times of every form and refuses what is no date', () => {
  const cases: [number, string, string | null][] = [
    [TAG.utcTime, '260102030405Z', '2026-01-02T03:04:05Z'],
    [TAG.utcTime, '491231235959Z', '2049-12-31T23:59:59Z'],
    [TAG.utcTime, '500101000000Z', '1950-01-01T00:00:00Z'],
    [TAG.utcTime, '2601020304Z', '2026-01-02T03:04:00Z'],
    [TAG.utcTime, '260102000405+0130', '2026-01-01T22:34:05Z'],
    [TAG.generalizedTime, '99991231235959Z', '9999-12-31T23:59:59Z'],
    [TAG.generalizedTime, '00000101000000Z', '0001-01-01T00:00:00Z'],
    [TAG.generalizedTime, '00500607080910Z', '0050-06-07T08:09:10Z'],
    [TAG.generalizedTime, '99991231235959-0800', '9999-12-31T23:59:59Z'],
    [TAG.generalizedTime, '20260102030405.678Z', '2026-01-02T03:04:05Z'],
    [TAG.utcTime, '260631000000Z', null],
    [TAG.utcTime, '261301000000Z', null],
    [TAG.utcTime, '260102250000Z', null],
    [TAG.utcTime, '26010203Z', null],
    [TAG.generalizedTime, '2601020304Z', null],
    [TAG.octetString, '260102030405Z', null],
    [TAG.utcTime, '', null],
  ];
  for (const [tag, text, expected] of cases) assert.equal(timeText(tag, text), expected, text);
});
