// The entries in a get-entries reply, by a scan for their leaf_input: nothing else in it is signed, and it is the smaller part.
import { latin1 } from '../x509/text.ts';
import type { EntryBytes } from './entry-items.ts';
import { prefixedLeafHash } from './merkle.ts';

const KEY = Buffer.from('"leaf_input"');
const OPEN = '{'.charCodeAt(0);
const CLOSE = '}'.charCodeAt(0);
const QUOTE = '"'.charCodeAt(0);
const COLON = ':'.charCodeAt(0);
const BACKSLASH = '\\'.charCodeAt(0);

const X509_ENTRY = 0;
const PRECERT_ENTRY = 1;
const ISSUER_KEY_HASH_BYTES = 32;
/** version, leaf type, timestamp, entry type */
const LEAF_HEAD_BYTES = 12;

/**
 * Where the base64 texts of leaf_input stand in a get-entries reply (RFC 6962 4.6): start and end by turns. Null when the body is no
 * such reply. A string of JSON cannot hold the bare key, so the scan finds keys only; a text with an escape (some encoders write
 * base64's slash as \/) is left to JSON.parse, and null comes back when that fails.
 */
export function scanLeafInputs(body: Buffer): { readonly body: Buffer; readonly spans: readonly number[] } | null {
  if (!isObject(body)) return null;
  const spans: number[] = [];
  // The next escape anywhere: usually there is none, and one search finds that out.
  let nextEscape = indexOrEnd(body, BACKSLASH, 0);
  for (let at = body.indexOf(KEY); at >= 0; at = body.indexOf(KEY, at)) {
    at = skip(body, at + KEY.length);
    if (body[at] !== COLON) return reparsed(body);
    at = skip(body, at + 1);
    if (body[at] !== QUOTE) return reparsed(body);
    const end = body.indexOf(QUOTE, at + 1);
    if (end < 0) return null;
    if (nextEscape < at) nextEscape = indexOrEnd(body, BACKSLASH, at);
    if (nextEscape < end) return reparsed(body);
    spans.push(at + 1, end);
    at = end;
  }
  // An empty page is one only when it says so.
  return spans.length > 0 || /"entries"\s*:\s*\[\s*\]/.test(body.toString('latin1')) ? { body, spans } : null;
}

/** The slow way: the same leaf inputs written one behind the other. */
function reparsed(body: Buffer): { readonly body: Buffer; readonly spans: readonly number[] } | null {
  let entries: unknown;
  try {
    entries = (JSON.parse(body.toString()) as { entries?: unknown } | null)?.entries;
  } catch {
    return null;
  }
  if (!Array.isArray(entries)) return null;
  const texts: string[] = [];
  const spans: number[] = [];
  let at = 0;
  for (const entry of entries as unknown[]) {
    const text = (entry as { leaf_input?: unknown } | null)?.leaf_input;
    if (typeof text !== 'string') return null;
    texts.push(text);
    spans.push(at, at + text.length);
    at += text.length;
  }
  return { body: Buffer.from(texts.join(''), 'latin1'), spans };
}

function indexOrEnd(body: Buffer, octet: number, from: number): number {
  const at = body.indexOf(octet, from);
  return at < 0 ? body.length : at;
}

function isObject(body: Buffer): boolean {
  let end = body.length - 1;
  while (end >= 0 && isSpace(body[end]!)) end--;
  return body[skip(body, 0)] === OPEN && body[end] === CLOSE;
}

function skip(body: Buffer, from: number): number {
  let at = from;
  while (at < body.length && isSpace(body[at]!)) at++;
  return at;
}

function isSpace(octet: number): boolean {
  return octet === 0x20 || octet === 0x0a || octet === 0x0d || octet === 0x09;
}

/** One decoded MerkleTreeLeaf (RFC 6962 3.4). Reused from leaf to leaf. */
export class Leaf {
  /** A zero, the prefix of a leaf hash, and the leaf up to `end`. */
  bytes: Buffer = Buffer.alloc(16_384);
  end = 1;
  #derStart = 0;
  #derEnd = 0;
  #precert = false;
  #timestamp = 0;

  /** Decodes the base64 text at `start..end`. */
  decode(body: Buffer, start: number, end: number): void {
    const room = 1 + Math.ceil(((end - start) * 3) / 4);
    if (this.bytes.length < room) this.bytes = Buffer.alloc(room * 2);
    this.end = 1 + this.bytes.write(latin1(body, start, end), 1, 'base64');
  }

  /** The leaf hash as latin1 code units. */
  hash(): string {
    return prefixedLeafHash(this.bytes.subarray(0, this.end));
  }

  /** Finds the certificate; null, or in words what is wrong. The extensions may hold anything: the reader's index is its own count. */
  parse(): string | null {
    const { bytes, end } = this;
    let at = 1 + LEAF_HEAD_BYTES;
    if (at > end) return 'is cut off';
    if (bytes[1] !== 0 || bytes[2] !== 0) return 'is no timestamped entry of version 1';
    this.#timestamp = bytes.readUInt32BE(3) * 4294967296 + bytes.readUInt32BE(7);
    const type = bytes.readUInt16BE(11);
    if (type !== X509_ENTRY && type !== PRECERT_ENTRY) return `is of the unknown type ${type}`;
    this.#precert = type === PRECERT_ENTRY;
    if (this.#precert) at += ISSUER_KEY_HASH_BYTES;
    if (at + 3 > end) return 'is cut off';
    this.#derStart = at + 3;
    this.#derEnd = this.#derStart + bytes.readUIntBE(at, 3);
    if (this.#derEnd + 2 > end) return 'is cut off';
    return this.#derEnd + 2 + bytes.readUInt16BE(this.#derEnd) === end ? null : 'has another length than it states';
  }

  /** What `parse` found. */
  entry(index: number): EntryBytes {
    return {
      bytes: this.bytes,
      start: this.#derStart,
      end: this.#derEnd,
      precert: this.#precert,
      timestamp: this.#timestamp,
      index,
    };
  }
}
