// Lines of a byte stream: any newline, any size of file, never more than one line in memory.
import { isUtf8 } from 'node:buffer';
import { KubecensusError } from '../platform/errors.ts';
import type { Rejection } from './feed.ts';

export interface Line {
  readonly type: 'line';
  /** From 1, as an editor counts them. */
  readonly number: number;
  /** Without its newline; nothing else is trimmed. */
  readonly text: string;
}

/** Lists and tables have short rows: a longer one is a quote that was never closed or no text at all. */
export const TEXT_LINE_BYTES = 64 * 1024;
/** JSON rows carry bodies and chains: zgrab2 keeps up to 256 kB of a body, which JSON escapes make up to four times as long. */
export const JSON_LINE_BYTES = 1024 * 1024;
/** Of a rejected row, the characters that are kept for the quarantine. */
export const EXCERPT_CHARACTERS = 200;

const LF = 0x0a;
const CR = 0x0d;
const REASON_TOO_LONG = 'line_too_long';

/** The first characters of a rejected row. */
export function excerptOf(text: string): string {
  return text.slice(0, EXCERPT_CHARACTERS);
}

/**
 * Splits a stream into lines, one batch per chunk of input. LF, CRLF and CR end a line, also mixed; a UTF-8 byte order mark is dropped.
 * A line longer than `maxBytes`, with a NUL or that is not UTF-8 becomes a rejection (line_too_long, nul_byte, bad_encoding).
 * Throws KC_FEED_ENCODING when the whole stream is UTF-16 or UTF-32.
 */
export async function* readLines(
  input: AsyncIterable<Uint8Array>,
  maxBytes: number,
): AsyncGenerator<readonly (Line | Rejection)[]> {
  const splitter = new LineSplitter(maxBytes);
  let start: Buffer | null = Buffer.alloc(0);
  for await (const chunk of input) {
    let bytes: Buffer = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    if (start !== null) {
      start = Buffer.concat([start, bytes]);
      if (start.length < MARK_BYTES) continue;
      bytes = withoutMark(start);
      start = null;
    }
    const batch = splitter.push(bytes);
    if (batch.length > 0) yield batch;
  }
  const rest = start === null ? [] : splitter.push(withoutMark(start));
  const last = splitter.end();
  if (rest.length > 0 || last !== null) yield last === null ? rest : [...rest, last];
}

/** Bytes that tell the encoding. */
const MARK_BYTES = 4;

/** Drops a UTF-8 byte order mark; refuses text whose encoding has two or four bytes a character (its marks, or a NUL in every ASCII character). */
function withoutMark(bytes: Buffer): Buffer {
  const littleEndian = bytes[0] === 0xff && bytes[1] === 0xfe;
  const bigEndian = bytes[0] === 0xfe && bytes[1] === 0xff;
  const markless = bytes.length >= 4 && (bytes[0] === 0) !== (bytes[1] === 0) && (bytes[2] === 0) !== (bytes[3] === 0);
  if (littleEndian || bigEndian || markless)
    throw new KubecensusError('KC_FEED_ENCODING', 'The input is UTF-16 or UTF-32 text, not UTF-8.');
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
}

/** State between chunks: the unfinished line, capped, and whether a CR has just ended one. */
class LineSplitter {
  readonly #maxBytes: number;
  #number = 0;
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #overflow = false;
  #afterCr = false;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  push(bytes: Buffer): (Line | Rejection)[] {
    const batch: (Line | Rejection)[] = [];
    if (bytes.length === 0) return batch;
    let start = 0;
    if (this.#afterCr && bytes[0] === LF) start = 1;
    this.#afterCr = false;
    let lf = bytes.indexOf(LF, start);
    let cr = bytes.indexOf(CR, start);
    while (lf !== -1 || cr !== -1) {
      const end = cr === -1 || (lf !== -1 && lf < cr) ? lf : cr;
      batch.push(this.#finish(bytes, start, end));
      start = end + 1;
      if (end === cr) {
        if (start === bytes.length) this.#afterCr = true;
        else if (bytes[start] === LF) start += 1;
        cr = bytes.indexOf(CR, start);
      }
      if (lf !== -1 && lf < start) lf = bytes.indexOf(LF, start);
    }
    if (start < bytes.length) this.#keep(bytes.subarray(start));
    return batch;
  }

  end(): Line | Rejection | null {
    return this.#pendingBytes === 0 ? null : this.#finish(Buffer.alloc(0), 0, 0);
  }

  /** Holds the start of an unfinished line; beyond the cap only the excerpt stays, so that a line of any length costs nothing. */
  #keep(bytes: Buffer): void {
    this.#pendingBytes += bytes.length;
    if (this.#overflow) return;
    this.#pending.push(Buffer.from(bytes));
    if (this.#pendingBytes > this.#maxBytes) {
      this.#overflow = true;
      this.#pending = [Buffer.from(Buffer.concat(this.#pending).subarray(0, EXCERPT_CHARACTERS))];
    }
  }

  #finish(bytes: Buffer, start: number, end: number): Line | Rejection {
    this.#number += 1;
    let line = bytes.subarray(start, end);
    const length = this.#pendingBytes + line.length;
    if (this.#pendingBytes > 0) {
      line = this.#overflow ? Buffer.concat(this.#pending) : Buffer.concat([...this.#pending, line]);
      this.#pending = [];
      this.#pendingBytes = 0;
      this.#overflow = false;
    }
    if (length > this.#maxBytes) return this.#reject(REASON_TOO_LONG, line);
    if (line.includes(0)) return this.#reject('nul_byte', line);
    if (!isUtf8(line)) return this.#reject('bad_encoding', line);
    return { type: 'line', number: this.#number, text: line.toString('utf8') };
  }

  #reject(reason: string, line: Buffer): Rejection {
    // Latin-1 shows every byte as a character, whatever the bytes are; NUL cannot be stored as text.
    const text = line
      .subarray(0, EXCERPT_CHARACTERS)
      .toString(isUtf8(line.subarray(0, EXCERPT_CHARACTERS)) ? 'utf8' : 'latin1');
    return {
      type: 'rejection',
      reason,
      at: `line ${this.#number}`,
      excerpt: excerptOf(text.replaceAll('\0', '\u{fffd}')),
    };
  }
}
