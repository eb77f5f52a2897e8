// Bytes of TLS records and handshake messages, for tests that speak like servers.
import { readFileSync } from 'node:fs';

const u16 = (value: number): Buffer => Buffer.of(value >> 8, value & 0xff);
const u24 = (value: number): Buffer => Buffer.of(value >> 16, (value >> 8) & 0xff, value & 0xff);
const sized16 = (body: Buffer): Buffer => Buffer.concat([u16(body.length), body]);
const sized24 = (body: Buffer): Buffer => Buffer.concat([u24(body.length), body]);

export function record(payload: Buffer, type = 22, version = 0x0303): Buffer {
  return Buffer.concat([Buffer.of(type), u16(version), sized16(payload)]);
}

export const alert = (level: number, description: number): Buffer => record(Buffer.of(level, description), 21);

export function message(type: number, body: Buffer = Buffer.alloc(0)): Buffer {
  return Buffer.concat([Buffer.of(type), sized24(body)]);
}

export interface HelloOptions {
  readonly version?: number;
  readonly cipher?: number;
  readonly compression?: number;
  /** Extensions as [type, body]; undefined leaves the block out. */
  readonly extensions?: readonly (readonly [number, Buffer])[];
}

export const alpnOf = (name: string): readonly [number, Buffer] => [
  16,
  sized16(Buffer.concat([Buffer.of(name.length), Buffer.from(name)])),
];

export function serverHello({
  version = 0x0303,
  cipher = 0xc02b,
  compression = 0,
  extensions,
}: HelloOptions = {}): Buffer {
  const block =
    extensions === undefined
      ? Buffer.alloc(0)
      : sized16(Buffer.concat(extensions.map(([type, body]) => Buffer.concat([u16(type), sized16(body)]))));
  return message(
    2,
    Buffer.concat([u16(version), Buffer.alloc(32, 7), Buffer.of(0), u16(cipher), Buffer.of(compression), block]),
  );
}

export const certificate = (...chain: readonly Buffer[]): Buffer =>
  message(11, sized24(Buffer.concat(chain.map(sized24))));

export const keyExchange = message(12, Buffer.alloc(120, 9));

/** CertificateRequest of TLS 1.2; before that there are no signature algorithms. */
export function certificateRequest(names: readonly Buffer[], signatures: Buffer | null = u16(0x0403)): Buffer {
  const authorities = sized16(Buffer.concat(names.map(sized16)));
  return message(
    13,
    Buffer.concat([Buffer.of(1, 64), signatures === null ? Buffer.alloc(0) : sized16(signatures), authorities]),
  );
}

export const helloDone = message(14);

/** A DER Name of one CN. */
export function commonName(text: string): Buffer {
  const value = Buffer.concat([Buffer.of(0x0c, text.length), Buffer.from(text)]);
  const attribute = Buffer.concat([Buffer.from('0603550403', 'hex'), value]);
  const wrap = (tag: number, body: Buffer): Buffer => Buffer.concat([Buffer.of(tag, body.length), body]);
  return wrap(0x30, wrap(0x31, wrap(0x30, attribute)));
}

interface Capture {
  readonly name: string;
  readonly acceptableClientCAs?: readonly string[] | null;
  readonly tls?: { readonly chain?: readonly string[]; readonly alpn?: string | false };
}

/** A capture of a real component by name. */
export function captureOf(name: string): Capture {
  return JSON.parse(readFileSync(new URL(`../fixtures/captures/${name}.json`, import.meta.url), 'utf8')) as Capture;
}

/** The flight that a capture's server sends, made of what was captured of it. */
export function flightOf(name: string): Buffer {
  const { tls, acceptableClientCAs } = captureOf(name);
  const chain = (tls?.chain ?? []).map((base64) => Buffer.from(base64, 'base64'));
  const names = (acceptableClientCAs ?? []).map((text) => commonName(text.replace(/^CN = /, '')));
  return Buffer.concat([
    record(serverHello({ extensions: tls?.alpn === 'http/1.1' ? [alpnOf('http/1.1')] : [] })),
    record(certificate(...chain)),
    record(keyExchange),
    ...(names.length === 0 ? [] : [record(certificateRequest(names))]),
    record(helloDone),
  ]);
}
