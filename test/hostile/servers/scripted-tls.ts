// A TLS 1.3 server (RFC 8446) that says what a test wants, also what no TLS library would: any certificate, any extension, any message after any other.
import {
  createCipheriv,
  createHash,
  createHmac,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  type KeyObject,
  sign,
} from 'node:crypto';
import type net from 'node:net';
import { alpnOf, message, record } from '../../probes/first-flight-bytes.ts';
import { type AdverseServer, serveTcp } from './listener.ts';

/** What is said; every part has the form that a well-behaved server gives it, unless stated. */
export interface TlsScript {
  readonly key: KeyObject;
  /** DER, leaf first. */
  readonly chain: readonly Buffer[];
  /** Protocol of the ALPN extension; default http/1.1. */
  readonly alpn?: string;
  /** Message in place of EncryptedExtensions. */
  readonly extensions?: Buffer;
  /** Message in place of Certificate. */
  readonly certificate?: Buffer;
  /** Application data in the flight itself, before the client has said anything but hello. */
  readonly unsolicited?: string;
  /** Called with the first bytes of the client after the flight. */
  readonly afterwards?: (channel: SecureChannel) => void;
}

/** What is sent under the application keys. */
export interface SecureChannel {
  readonly socket: net.Socket;
  /** One record around `payload`; the sequence number goes on. */
  seal(payload: Buffer, type: typeof HANDSHAKE | typeof APPLICATION): Buffer;
}

export const HANDSHAKE = 22;
export const APPLICATION = 23;
const HASH_BYTES = 32;
const KEY_BYTES = 16;
const IV_BYTES = 12;
/** SubjectPublicKeyInfo of an X25519 key up to the key itself (RFC 8410). */
const X25519_PREFIX = Buffer.from('302a300506032b656e032100', 'hex');
const KEY_UPDATE = 24;
const KEY_SHARE = 51;
const X25519 = 29;

const u16 = (value: number): Buffer => Buffer.of(value >> 8, value & 0xff);
const sized8 = (body: Buffer): Buffer => Buffer.concat([Buffer.of(body.length), body]);
const sized16 = (body: Buffer): Buffer => Buffer.concat([u16(body.length), body]);
const sized24 = (body: Buffer): Buffer =>
  Buffer.concat([Buffer.of(body.length >> 16), u16(body.length & 0xffff), body]);
const extension = (type: number, body: Buffer): Buffer => Buffer.concat([u16(type), sized16(body)]);
const sha256 = (...parts: readonly Buffer[]): Buffer => createHash('sha256').update(Buffer.concat(parts)).digest();
const hmac = (key: Buffer, data: Buffer): Buffer => createHmac('sha256', key).update(data).digest();

/** HKDF-Expand-Label of section 7.1, for one block of output. */
function expand(secret: Buffer, label: string, context: Buffer, length: number): Buffer {
  const info = Buffer.concat([u16(length), sized8(Buffer.from(`tls13 ${label}`)), sized8(context), Buffer.of(1)]);
  return hmac(secret, info).subarray(0, length);
}
const next = (secret: Buffer, input: Buffer): Buffer => hmac(expand(secret, 'derived', sha256(), HASH_BYTES), input);

/** Seals records under a traffic secret (section 5.2), and under the next one behind a KeyUpdate (section 7.2). */
function sealer(first: Buffer): (payload: Buffer, type: number) => Buffer {
  const nothing = Buffer.alloc(0);
  let secret = first;
  let sequence = 0;
  return (payload, type) => {
    const key = expand(secret, 'key', nothing, KEY_BYTES);
    const iv = expand(secret, 'iv', nothing, IV_BYTES);
    const nonce = Buffer.from(iv);
    nonce.writeUInt32BE((nonce.readUInt32BE(8) ^ sequence++) >>> 0, 8);
    const header = Buffer.concat([Buffer.of(APPLICATION, 3, 3), u16(payload.length + 17)]);
    const cipher = createCipheriv('aes-128-gcm', key, nonce).setAAD(header);
    const body = [cipher.update(payload), cipher.update(Buffer.of(type)), cipher.final()];
    if (type === HANDSHAKE && payload[0] === KEY_UPDATE) {
      secret = expand(secret, 'traffic upd', nothing, HASH_BYTES);
      sequence = 0;
    }
    return Buffer.concat([header, ...body, cipher.getAuthTag()]);
  };
}

/** Record head, message head, version, random and the length of the session id. */
const LEAST_HELLO = 44;

interface ClientHello {
  readonly message: Buffer;
  readonly session: Buffer;
  readonly share: Buffer;
}

/** The parts of a ClientHello that an answer needs, which is in one record; null for what a stranger on this machine may send, who is not the probe. */
function clientHello(bytes: Buffer): ClientHello | null {
  if (bytes.length < LEAST_HELLO) return null;
  const whole = bytes.subarray(5, 5 + bytes.readUInt16BE(3));
  let at = 4 + 2 + 32;
  const session = whole.subarray(at + 1, at + 1 + (whole[at] ?? 0));
  at += 1 + session.length;
  at += 2 + whole.readUInt16BE(at);
  at += 1 + (whole[at] ?? 0) + 2;
  while (at + 8 <= whole.length) {
    const end = at + 4 + whole.readUInt16BE(at + 2);
    if (whole.readUInt16BE(at) === KEY_SHARE && whole.readUInt16BE(at + 6) === X25519)
      return { message: whole, session, share: whole.subarray(at + 10, end).subarray(0, 32) };
    at = end;
  }
  return null;
}

/** ServerHello; with the random of section 4.1.3 it is a HelloRetryRequest, and the share only names a group. */
export function helloMessage(session: Buffer, share: Buffer, random: Buffer = Buffer.alloc(32, 7)): Buffer {
  const extensions = Buffer.concat([extension(43, u16(0x0304)), extension(KEY_SHARE, share)]);
  return message(
    2,
    Buffer.concat([u16(0x0303), random, sized8(session), u16(0x1301), Buffer.of(0), sized16(extensions)]),
  );
}

/** Signature schemes (section 4.2.3) by kind of key. */
const SCHEMES: Readonly<Record<string, { scheme: number; digest: string | null }>> = {
  ec: { scheme: 0x0403, digest: 'sha256' },
  ed448: { scheme: 0x0808, digest: null },
};

function certificateVerify(key: KeyObject, transcript: Buffer): Buffer {
  const how = SCHEMES[key.asymmetricKeyType ?? ''];
  if (how === undefined) throw new Error(`no scheme for a key of kind ${key.asymmetricKeyType}`);
  const said = Buffer.concat([Buffer.from(`${' '.repeat(64)}TLS 1.3, server CertificateVerify\0`), transcript]);
  return message(15, Buffer.concat([u16(how.scheme), sized16(sign(how.digest, said, key))]));
}

/** The message Certificate with these certificates and no extensions. */
const certificateMessage = (chain: readonly Buffer[]): Buffer =>
  message(11, Buffer.concat([Buffer.of(0), sized24(Buffer.concat(chain.flatMap((der) => [sized24(der), u16(0)])))]));

/** Message EncryptedExtensions with these extensions. */
export const encryptedExtensions = (...list: readonly (readonly [number, Buffer])[]): Buffer =>
  message(8, sized16(Buffer.concat(list.map(([type, body]) => extension(type, body)))));

/** Answers the ClientHello with the whole flight of the script. */
function sayFlight(socket: net.Socket, hello: ClientHello, script: TlsScript): void {
  const own = generateKeyPairSync('x25519');
  const publicKey = own.publicKey.export({ type: 'spki', format: 'der' }).subarray(X25519_PREFIX.length);
  const peer = createPublicKey({ key: Buffer.concat([X25519_PREFIX, hello.share]), format: 'der', type: 'spki' });
  const shared = diffieHellman({ privateKey: own.privateKey, publicKey: peer });
  const serverHello = helloMessage(hello.session, Buffer.concat([u16(X25519), sized16(publicKey)]));
  const zero = Buffer.alloc(HASH_BYTES);
  const handshake = next(hmac(zero, zero), shared);
  const said = [hello.message, serverHello];
  const traffic = expand(handshake, 's hs traffic', sha256(...said), HASH_BYTES);
  const seal = sealer(traffic);
  said.push(script.extensions ?? encryptedExtensions(alpnOf(script.alpn ?? 'http/1.1')));
  said.push(script.certificate ?? certificateMessage(script.chain));
  said.push(certificateVerify(script.key, sha256(...said)));
  said.push(message(20, hmac(expand(traffic, 'finished', Buffer.alloc(0), HASH_BYTES), sha256(...said))));
  const application = sealer(expand(next(handshake, zero), 's ap traffic', sha256(...said), HASH_BYTES));
  // Records hold at most 2^14 bytes: one message may need several.
  const flight = Buffer.concat(said.slice(2));
  const records = Array.from({ length: Math.ceil(flight.length / 16_000) }, (_, part) =>
    seal(flight.subarray(part * 16_000, (part + 1) * 16_000), HANDSHAKE),
  );
  const early = script.unsolicited === undefined ? [] : [application(Buffer.from(script.unsolicited), APPLICATION)];
  socket.write(Buffer.concat([record(serverHello), ...records, ...early]));
  socket.once('data', () => script.afterwards?.({ socket, seal: application }));
}

/** Serves the script to every connection. */
export function serveScript(script: TlsScript): Promise<AdverseServer> {
  return serveTcp((socket) => {
    socket.once('data', (bytes: Buffer) => {
      const hello = clientHello(bytes);
      if (hello === null) socket.destroy();
      else sayFlight(socket, hello, script);
    });
  });
}

/** Answers every ClientHello, the second one included, with a HelloRetryRequest (its random is SHA-256 of that name). */
export function serveRetries(): Promise<AdverseServer> {
  const random = sha256(Buffer.from('HelloRetryRequest'));
  return serveTcp((socket) => {
    socket.on('data', (bytes: Buffer) => {
      if (bytes[0] !== HANDSHAKE && bytes[6] !== HANDSHAKE) return;
      const hello = bytes[0] === HANDSHAKE ? bytes : bytes.subarray(6);
      const session = hello.subarray(44, 44 + (hello[43] ?? 0));
      socket.write(record(helloMessage(session, u16(23), random)));
    });
  });
}
