// Adverse servers that need a TLS stack of their own: certificates that no issuer makes, and messages out of place after the handshake.
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import { readCertificate } from '../../../services/feeds/x509/certificate.ts';
import { bits, explicit, oid, sequence, setOf, tlv, truth, unsigned, utf8 } from '../../../services/lab/der.ts';
import type { Issued } from '../../../services/lab/server-certificates.ts';
import { message, record, serverHello } from '../../probes/first-flight-bytes.ts';
import type { AdverseCase } from '../adverse-case.ts';
import { assertStorable, SHORT_LIMITS } from '../adverse-case.ts';
import { serveTcp, serveTls, whileOpen } from './listener.ts';
import type { TlsScript } from './scripted-tls.ts';
import { APPLICATION, encryptedExtensions, HANDSHAKE, serveRetries, serveScript } from './scripted-tls.ts';

const EC = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const ED448 = generateKeyPairSync('ed448');
const spkiOf = (pair: typeof EC): Buffer => pair.publicKey.export({ type: 'spki', format: 'der' });
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

const commonName = (value: Buffer): Buffer => sequence(setOf(sequence(oid('2.5.4.3'), value)));
const utcTime = (text: string): Buffer => tlv(0x17, Buffer.from(text));
const generalizedTime = (text: string): Buffer => tlv(0x18, Buffer.from(text));

interface OddCertificate {
  readonly subject?: Buffer;
  readonly serial?: Buffer;
  readonly notBefore?: Buffer;
  readonly notAfter?: Buffer;
  readonly spki?: Buffer;
  readonly version?: 1 | 3;
  readonly authority?: boolean;
}

/** A certificate of these parts; its signature is no signature, which nobody here checks. */
function odd(parts: OddCertificate): Buffer {
  const algorithm = sequence(oid('1.2.840.10045.4.3.2'));
  const subject = parts.subject ?? commonName(utf8('kube-apiserver'));
  const constraints = sequence(oid('2.5.29.19'), truth(true), tlv(0x04, sequence(truth(true))));
  const body = sequence(
    ...(parts.version === 1 ? [] : [explicit(0, unsigned(Buffer.of(2)))]),
    parts.serial ?? unsigned(Buffer.of(1)),
    algorithm,
    subject,
    sequence(parts.notBefore ?? utcTime('260101000000Z'), parts.notAfter ?? utcTime('360101000000Z')),
    subject,
    parts.spki ?? spkiOf(EC),
    ...(parts.authority === true ? [explicit(3, sequence(constraints))] : []),
  );
  return sequence(body, algorithm, bits(Buffer.alloc(64, 1)));
}

/** SubjectPublicKeyInfo of an RSA key with an odd modulus of that many bits; nobody has its private key. */
function rsaSpki(modulusBits: number): Buffer {
  const modulus = Buffer.alloc(modulusBits / 8, 0xc3);
  const key = sequence(unsigned(modulus), unsigned(Buffer.of(1, 0, 1)));
  return sequence(sequence(oid('1.2.840.113549.1.1.1'), tlv(0x05)), bits(key));
}

const script = (rest: Partial<TlsScript>): TlsScript => ({
  key: EC.privateKey,
  chain: [odd({})],
  afterwards: ({ socket, seal }) => void socket.write(seal(Buffer.from(OK.repeat(2)), APPLICATION)),
  ...rest,
});

/** Well-formed enough for TLS: the leaf is kept as it came, and what is read out of it can be stored. */
function success(id: string, what: string, der: Buffer, rest: Partial<TlsScript> = {}): AdverseCase {
  return {
    id,
    what,
    serve: () => serveScript(script({ chain: [der], ...rest })),
    outcome: null,
    check: ({ evidence }) => {
      assert.equal(evidence.tls?.chain?.[0], der.toString('base64'), 'the leaf as it came');
      assertStorable(readCertificate(der));
    },
  };
}

/** A key or a text that the TLS library does not take: the handshake ends, in one outcome and without a crash. */
function refusedLeaf(id: string, what: string, der: Buffer): AdverseCase {
  return {
    id,
    what,
    serve: () => serveScript(script({ chain: [der] })),
    outcome: 'tls_protocol',
    check: () => assertStorable(readCertificate(der)),
  };
}

const certificateCases = (): readonly AdverseCase[] => [
  success('A30 NUL', 'NUL in the common name', odd({ subject: commonName(utf8('a\0b')) })),
  success(
    'A30 BMP',
    'common name as BMPString',
    odd({ subject: commonName(tlv(0x1e, Buffer.from('00610020', 'hex'))) }),
  ),
  success('A30 long', 'common name of 32 kB', odd({ subject: commonName(utf8('x'.repeat(32_000))) })),
  refusedLeaf(
    'A30 UTF-8',
    'common name that is no UTF-8',
    odd({ subject: commonName(tlv(0x0c, Buffer.of(0xff, 0xfe, 0xc0))) }),
  ),
  success('A31 negative', 'negative serial number', odd({ serial: tlv(0x02, Buffer.of(0xff, 0x01)) })),
  success('A31 huge', 'serial number of 1 kB', odd({ serial: unsigned(Buffer.alloc(1024, 0x5a)) })),
  success(
    'A31 9999',
    'valid from 1950 to 9999',
    odd({ notBefore: utcTime('500101000000Z'), notAfter: generalizedTime('99991231235959Z') }),
  ),
  refusedLeaf('A31 cut', 'dates without a time', odd({ notAfter: generalizedTime('99991231') })),
  success('A32 Ed448', 'Ed448 key', odd({ spki: spkiOf(ED448) }), { key: ED448.privateKey }),
  refusedLeaf('A32 RSA-512', 'RSA key of 512 bits', odd({ spki: rsaSpki(512) })),
  refusedLeaf('A32 RSA-16384', 'RSA key of 16,384 bits', odd({ spki: rsaSpki(16_384) })),
  refusedLeaf(
    'A32 DSA',
    'DSA key',
    odd({
      spki: generateKeyPairSync('dsa', { modulusLength: 1024, divisorLength: 160 }).publicKey.export({
        type: 'spki',
        format: 'der',
      }),
    }),
  ),
  refusedLeaf(
    'A32 OID',
    'key of an unknown kind',
    odd({ spki: sequence(sequence(oid('1.3.6.1.4.1.99999.1')), bits(Buffer.of(1, 2, 3))) }),
  ),
  refusedLeaf(
    'A32 point',
    'EC key whose point is on no curve',
    odd({ spki: Buffer.concat([spkiOf(EC).subarray(0, -64), Buffer.alloc(64, 9)]) }),
  ),
  success('A33 CA', 'leaf that is a CA', odd({ authority: true })),
  success('A33 v1', 'version 1, no extensions', odd({ version: 1 })),
  success('A33 empty', 'empty subject, no names', odd({ subject: sequence() })),
];

const protocol = (id: string, what: string, serve: AdverseCase['serve']): AdverseCase => ({
  id,
  what,
  serve,
  outcome: 'tls_protocol',
});

/**
 * Handshake messages under the application keys, more of them than are read, and then silence. Endless floods of them need a process of their own, as TLS
 * swallows them without an event and as fast as they come: floods.test.ts.
 */
const sealed = (payload: Buffer, count: number): Partial<TlsScript> => ({
  afterwards: ({ socket, seal }) =>
    void socket.write(Buffer.concat(Array.from({ length: count }, () => seal(payload, HANDSHAKE)))),
});

export function oddCases(issued: Issued): readonly AdverseCase[] {
  const pair = { key: issued.key, cert: issued.cert };
  const ticket = message(
    4,
    Buffer.concat([
      Buffer.alloc(8, 1),
      Buffer.of(1, 1),
      Buffer.of(0x3a, 0x98),
      Buffer.alloc(15_000, 2),
      Buffer.of(0, 0),
    ]),
  );
  return [
    ...certificateCases(),
    protocol('A22 SSLv3', 'ServerHello of SSLv3', () =>
      serveTcp(
        (socket) => void socket.once('data', () => socket.write(record(serverHello({ version: 0x0300 }), 22, 0x0300))),
      ),
    ),
    {
      ...protocol('A22 SSLv2', 'ServerHello of SSLv2', () =>
        serveTcp(
          (socket) => void socket.once('data', () => socket.write(Buffer.from('800b0400010002000000000000', 'hex'))),
        ),
      ),
      outcome: 'tls_not_tls',
    },
    protocol('A34', 'an anonymous suite, without a certificate', () =>
      serveTcp((socket) => void socket.once('data', () => socket.write(record(serverHello({ cipher: 0x0034 }))))),
    ),
    protocol('A34 empty', 'a Certificate message of none', () => serveScript(script({ chain: [] }))),
    protocol('A39', 'chooses h2, which was not offered', () => serveScript(script({ alpn: 'h2' }))),
    protocol('A40', 'asks to negotiate again, TLS 1.2', () =>
      serveTls({ ...pair, maxVersion: 'TLSv1.2' }, (socket) => {
        socket.once('data', () => (socket as TLSSocket).renegotiate({}, () => {}));
      }),
    ),
    {
      id: 'A40 flood',
      what: 'more HelloRequests than are read',
      serve: () =>
        serveTcp((socket) => void socket.once('data', () => socket.write(Buffer.alloc(270_000, record(message(0)))))),
      outcome: 'tls_msg_too_large',
    },
    protocol('A41 tickets', 'more session tickets than are read', () => serveScript(script(sealed(ticket, 18)))),
    {
      ...protocol('A41 updates', 'more key updates than are read', () =>
        serveScript(script(sealed(message(24, Buffer.of(0)), 600))),
      ),
      // Each costs the reader a key schedule: so many that the cap ends them before a slow machine's time does.
      options: { limits: { ...SHORT_LIMITS, totalBytes: 8192 } },
    },
    protocol('A43 compressed', 'a compressed certificate that claims 16 MB', () =>
      serveScript(script({ certificate: message(25, Buffer.from('0001ffffff00000401020304', 'hex')) })),
    ),
    {
      id: 'A43 extensions',
      what: 'EncryptedExtensions of 60 kB',
      serve: () => serveScript(script({ extensions: encryptedExtensions([16, Buffer.alloc(60_000)]) })),
      outcome: 'tls_msg_too_large',
    },
    protocol('A44', 'HelloRetryRequest after HelloRetryRequest', serveRetries),
    {
      id: 'A62',
      what: 'an answer before the request, over TLS',
      serve: () => serveScript(script({ unsolicited: OK })),
      outcome: 'http_malformed',
      check: ({ detail }) => assert.equal(detail, 'HTTP_UNSOLICITED'),
    },
    {
      id: 'A41 one',
      what: 'one ticket and an answer',
      serve: () =>
        serveScript(
          script({
            afterwards: ({ socket, seal }) => {
              socket.write(seal(ticket, HANDSHAKE));
              const say = (): void => void socket.write(seal(Buffer.from(OK), APPLICATION));
              say();
              whileOpen(socket, 50, say);
            },
          }),
        ),
      outcome: null,
    },
  ];
}
