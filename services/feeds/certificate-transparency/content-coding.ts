// Undoes the content coding of a reply within a bound: static logs store their tiles packed and send them so whether asked or not.
import { promisify } from 'node:util';
import { gunzip, zstdDecompress } from 'node:zlib';

/** What a request offers to take. */
export const ACCEPTED_CODINGS = 'gzip, zstd';

type Unpack = (body: Uint8Array, options: { maxOutputLength: number }) => Promise<Buffer>;

/** Coding names of RFC 9110 8.4.1 and RFC 8878; x-gzip is gzip by an older name. */
const UNPACK: Readonly<Record<string, Unpack>> = {
  gzip: promisify(gunzip),
  'x-gzip': promisify(gunzip),
  zstd: promisify(zstdDecompress),
};

/** The body as it was before `coding` (a Content-Encoding field, or undefined). Rejects with an Error when it is unknown, damaged, or opens to more than `maxBytes`. */
export async function plainBody(body: Uint8Array, coding: string | undefined, maxBytes: number): Promise<Buffer> {
  const name = (coding ?? '').trim().toLowerCase();
  if (name === '' || name === 'identity') return Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const unpack = Object.hasOwn(UNPACK, name) ? UNPACK[name] : undefined;
  if (unpack === undefined) throw new Error(`the content coding ${JSON.stringify(name.slice(0, 40))} was not offered`);
  return unpack(body, { maxOutputLength: maxBytes });
}
