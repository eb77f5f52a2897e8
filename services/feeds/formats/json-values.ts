// JSON objects out of a stream, whether they stand in an array, one a line, or over many lines; what is broken costs itself only.
import { isUtf8 } from 'node:buffer';
import type { FeedItem } from '../feed.ts';
import { parseJson } from '../json.ts';
import { excerptOf } from '../lines.ts';
import type { Row } from './json-lines.ts';

/** One object with all that is in it: a page of a hundred hosts with bodies of 64 kB each. */
export const JSON_VALUE_BYTES = 32 * 1024 * 1024;

/** An object's text, or a piece of the stream that is none. */
export interface JsonPiece {
  readonly at: string;
  readonly text: string;
  readonly fault: 'bad_json' | 'bad_encoding' | 'value_too_long' | 'cut_short' | null;
}

/**
 * The outermost objects in order. Brackets, commas and white space between them are passed over, so that an array with a comma too many, or
 * without its end, reads like a whole one. An object that begins at the start of a line while another is open ends that one as broken.
 */
export async function* readJsonPieces(input: AsyncIterable<Uint8Array>): AsyncGenerator<readonly JsonPiece[]> {
  const splitter = new ObjectSplitter();
  for await (const chunk of input) {
    const pieces = splitter.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    if (pieces.length > 0) yield pieces;
  }
  const last = splitter.end();
  if (last !== null) yield [last];
}

/**
 * Hands each parsed object to `row`. `mark` may take a text that is no JSON but the tool's own (returning true). When the stream stood in an
 * array that never closed, or ended within an object, the run is noted as cut short.
 */
export async function* readJsonValues(
  input: AsyncIterable<Uint8Array>,
  row: (value: unknown, at: string) => Row,
  mark: (text: string) => boolean = () => false,
): AsyncGenerator<FeedItem> {
  const watch = new ArrayWatch();
  for await (const pieces of readJsonPieces(watch.over(input))) {
    for (const { at, text, fault } of pieces) {
      const value = fault === null ? parseJson(text) : undefined;
      if (value === undefined && mark(text)) continue;
      const items = value === undefined ? (fault ?? 'bad_json') : row(value, at);
      if (typeof items !== 'string') yield* items;
      else yield { type: 'rejection', reason: items, at, excerpt: excerptOf(text.replaceAll('\0', '\u{fffd}')) };
    }
  }
  if (watch.cut) yield { type: 'note', partial: 'cut_short' };
}

/** Whether a stream that begins with [ ends with ]. */
class ArrayWatch {
  #first = 0;
  #last = 0;

  async *over(input: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of input) {
      for (let i = 0; this.#first === 0 && i < chunk.length; i++)
        if (!isSpace(chunk[i] as number)) this.#first = chunk[i] as number;
      for (let i = chunk.length - 1; i >= 0; i--) {
        if (isSpace(chunk[i] as number)) continue;
        this.#last = chunk[i] as number;
        break;
      }
      yield chunk;
    }
  }

  get cut(): boolean {
    return this.#first === OPEN_ARRAY && this.#last !== CLOSE_ARRAY;
  }
}

const OPEN = 0x7b;
const CLOSE = 0x7d;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const LF = 0x0a;
const CR = 0x0d;

/** White space of JSON, and the bytes of a UTF-8 byte order mark. */
function isSpace(byte: number): boolean {
  return (
    byte === 0x20 || byte === 0x09 || byte === LF || byte === CR || byte === 0xef || byte === 0xbb || byte === 0xbf
  );
}

/** State between chunks: the unfinished object, capped. */
class ObjectSplitter {
  #parts: Buffer[] = [];
  #bytes = 0;
  #tooLong = false;
  #depth = 0;
  #inString = false;
  #escaped = false;
  #atLineStart = true;
  /** Characters between objects that belong to none. */
  #junk = false;
  #count = 0;

  push(chunk: Buffer): JsonPiece[] {
    const pieces: JsonPiece[] = [];
    let start = 0;
    for (let i = 0; i < chunk.length; i++) {
      const byte = chunk[i] as number;
      const lineStart = this.#atLineStart;
      this.#atLineStart = byte === LF || byte === CR;
      if (byte === OPEN && lineStart && (this.#depth > 0 || this.#junk)) {
        this.#keep(chunk.subarray(start, i));
        pieces.push(this.#take('bad_json'));
        start = i;
        this.#depth = 1;
        continue;
      }
      if (this.#depth === 0) {
        if (byte === OPEN) {
          if (this.#junk) {
            this.#keep(chunk.subarray(start, i));
            pieces.push(this.#take('bad_json'));
          }
          start = i;
          this.#depth = 1;
        } else if (this.#junk) {
          if (byte !== LF && byte !== CR) continue;
          this.#keep(chunk.subarray(start, i));
          pieces.push(this.#take('bad_json'));
        } else if (!isSpace(byte) && byte !== COMMA && byte !== OPEN_ARRAY && byte !== CLOSE_ARRAY) {
          start = i;
          this.#junk = true;
        }
        continue;
      }
      if (this.#inString) {
        if (this.#escaped) this.#escaped = false;
        else if (byte === BACKSLASH) this.#escaped = true;
        else if (byte === QUOTE) this.#inString = false;
      } else if (byte === QUOTE) this.#inString = true;
      else if (byte === OPEN || byte === OPEN_ARRAY) this.#depth++;
      else if (byte === CLOSE || byte === CLOSE_ARRAY) {
        if (--this.#depth > 0) continue;
        this.#keep(chunk.subarray(start, i + 1));
        pieces.push(this.#take(null));
      }
    }
    if (this.#depth > 0 || this.#junk) this.#keep(chunk.subarray(start));
    return pieces;
  }

  end(): JsonPiece | null {
    return this.#depth > 0 || this.#junk ? this.#take(this.#junk ? 'bad_json' : 'cut_short') : null;
  }

  #keep(bytes: Buffer): void {
    this.#bytes += bytes.length;
    if (this.#tooLong) return;
    // A copy: the chunk's memory is the reader's.
    this.#parts.push(Buffer.from(bytes));
    if (this.#bytes <= JSON_VALUE_BYTES) return;
    this.#tooLong = true;
    this.#parts = [Buffer.from(Buffer.concat(this.#parts).subarray(0, 1024))];
  }

  #take(fault: JsonPiece['fault']): JsonPiece {
    const bytes = this.#parts.length === 1 ? (this.#parts[0] as Buffer) : Buffer.concat(this.#parts);
    const badText = !isUtf8(bytes);
    const found = this.#tooLong ? 'value_too_long' : (fault ?? (badText ? 'bad_encoding' : null));
    this.#parts = [];
    this.#bytes = 0;
    this.#tooLong = false;
    this.#depth = 0;
    this.#inString = false;
    this.#escaped = false;
    this.#junk = false;
    this.#count++;
    return { at: `item ${this.#count}`, text: bytes.toString(badText ? 'latin1' : 'utf8'), fault: found };
  }
}
