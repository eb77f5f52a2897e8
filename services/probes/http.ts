// The probe's own HTTP/1.x response reader: incremental, bounded, strict about framing, and it keeps the bytes as they came.
import type { Outcome } from './outcome.ts';
import type { ProbeLimits } from './probe.ts';

/** The caps of one response; sizes in bytes. `totalBytes` bounds what is held at once, chunk framing included. */
export type ResponseLimits = Pick<ProbeLimits, 'headerBytes' | 'bodyBytes' | 'totalBytes' | 'interimResponses'>;

export type HttpOutcome = Extract<Outcome, `http_${string}`>;

/** What the reader knows after some bytes. `detail` is a stable upper-case word for people. */
export type ReadState =
  | { readonly state: 'more' }
  | {
      readonly state: 'complete';
      readonly status: number;
      /** True when the framing and the Connection field leave the connection open for another request. */
      readonly keepAlive: boolean;
      /** True when the end of the connection ended the body. */
      readonly toClose: boolean;
      /** Bytes that came after the response; a server that sends them cannot be asked again on this connection. */
      readonly excess: number;
    }
  | { readonly state: 'failed'; readonly outcome: HttpOutcome; readonly detail: string };

/** Longest chunk-size line. Sizes need 8 digits; extensions are unused on the public web, so more is an attack or a fault. */
const CHUNK_LINE_BYTES = 256;

const CR = 13;
const LF = 10;
const PREFIX = 'HTTP/1.';
/** RFC 9112 section 4; a missing space before an empty reason is common and harmless. */
const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: [\t\x20-\x7e\x80-\xff]*)?$/;
/** RFC 9110 section 5.1 and 5.5: no space before the colon, no control byte but TAB, no folding. */
const FIELD = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([\t\x20-\x7e\x80-\xff]*)$/;
/** RFC 9112 section 7.1; eight digits are 4 GiB, far above every cap. */
const CHUNK_SIZE = /^([0-9A-Fa-f]{1,8})(?:;[\t\x20-\x7e\x80-\xff]*)?$/;
/** Sixteen digits stay below 2^53 for every value that they can state up to 9 * 10^15. */
const CONTENT_LENGTH = /^\d{1,16}$/;

const NOTHING = Buffer.alloc(0);

const MORE: ReadState = { state: 'more' };

type Part = 'status' | 'fields' | 'length' | 'close' | 'chunk-size' | 'chunk' | 'chunk-end' | 'trailers' | 'over';

/** Reads one final response, and the interim responses before it. Feed it with `push`, tell it the end of the connection with `end`. */
export class ResponseReader {
  readonly #limits: ResponseLimits;
  #bytes: Buffer = NOTHING;
  #length = 0;
  #part: Part = 'status';
  /** Start of the line or of the body piece that is being read. */
  #at = 0;
  /** Where the search for the next LF goes on, so that a drip of single bytes is not searched again and again. */
  #searched = 0;
  /** Start of the response that is being read: interim responses are dropped. */
  #start = 0;
  #headerBytes = 0;
  #interim = 0;
  #bodyBytes = 0;
  #remaining = 0;
  #status = 0;
  #minor = 1;
  #contentLength: number | null = null;
  #chunked = false;
  #close = false;
  #keep = false;
  #state: ReadState = MORE;

  constructor(limits: ResponseLimits) {
    this.#limits = limits;
  }

  /** True once the final response's header section was read. */
  get headRead(): boolean {
    return this.#part !== 'status' && this.#part !== 'fields';
  }

  /** Bytes received so far, interim responses and excess included. */
  get received(): number {
    return this.#length;
  }

  /** The bytes of the final response (or what came of it) as latin1 text, chunk framing included. */
  text(): string {
    return this.#bytes.toString('latin1', this.#start, this.#part === 'over' ? this.#at : this.#length);
  }

  /** Takes the next bytes, which must not change afterwards. After 'complete' or 'failed' further bytes change nothing. */
  push(chunk: Buffer): ReadState {
    if (this.#state.state !== 'more') return this.#state;
    if (this.#length + chunk.length > this.#limits.totalBytes) {
      this.#append(chunk.subarray(0, this.#limits.totalBytes - this.#length));
      this.#state = this.#advance();
      return this.#state.state === 'more' ? this.#fail('http_body_cap', 'HTTP_TOTAL_BYTES') : this.#state;
    }
    this.#append(chunk);
    this.#state = this.#advance();
    return this.#state;
  }

  /** The connection ended: completes a body that runs to the end, else the response is incomplete. */
  end(): ReadState {
    if (this.#state.state !== 'more') return this.#state;
    if (this.#part !== 'close') return this.#fail('http_incomplete', 'HTTP_ENDED_EARLY');
    this.#at = this.#length;
    this.#state = this.#complete(true);
    return this.#state;
  }

  /** The first chunk is kept as it is, which for ordinary answers is all; a second one makes a buffer that doubles. */
  #append(chunk: Buffer): void {
    if (this.#length === 0) {
      this.#bytes = chunk;
      this.#length = chunk.length;
      return;
    }
    const needed = this.#length + chunk.length;
    if (needed > this.#bytes.length) {
      const grown = Buffer.allocUnsafe(Math.max(needed, Math.min(this.#bytes.length * 2, this.#limits.totalBytes)));
      this.#bytes.copy(grown, 0, 0, this.#length);
      this.#bytes = grown;
    }
    this.#bytes.set(chunk, this.#length);
    this.#length = needed;
  }

  #fail(outcome: HttpOutcome, detail: string): ReadState {
    this.#state = { state: 'failed', outcome, detail };
    return this.#state;
  }

  #complete(toClose: boolean): ReadState {
    this.#part = 'over';
    const persistent = this.#minor === 1 ? !this.#close : this.#keep && !this.#close;
    const excess = this.#length - this.#at;
    return {
      state: 'complete',
      status: this.#status,
      keepAlive: persistent && !toClose && excess === 0,
      toClose,
      excess,
    };
  }

  #advance(): ReadState {
    for (;;) {
      const step = this.#step();
      if (step !== null) return step;
    }
  }

  /** Reads one line or one piece of the body; null when there may be more to read at once. */
  #step(): ReadState | null {
    switch (this.#part) {
      case 'status':
      case 'fields':
      case 'trailers':
      case 'chunk-size':
        return this.#line();
      case 'length':
      case 'chunk':
      case 'close':
        return this.#piece();
      case 'chunk-end':
        return this.#chunkEnd();
      case 'over':
        return this.#state;
    }
  }

  #line(): ReadState | null {
    // A plain loop: lines are short, and a call into the runtime per line costs more than the line.
    let feed = this.#searched;
    while (feed < this.#length && this.#bytes[feed] !== LF) feed++;
    const found = feed < this.#length;
    const end = found ? feed + 1 : feed;
    const size = end - this.#at;
    if (this.#part === 'chunk-size') {
      if (size > CHUNK_LINE_BYTES) return this.#fail('http_malformed', 'HTTP_CHUNK_LINE');
    } else if (this.#headerBytes + size > this.#limits.headerBytes) {
      return this.#fail('http_header_overflow', 'HTTP_HEADER_BYTES');
    }
    if (this.#part === 'status' && !this.#prefixFits()) return this.#fail('http_malformed', 'HTTP_STATUS_LINE');
    if (!found) {
      this.#searched = this.#length;
      return MORE;
    }
    if (size < 2 || this.#bytes[feed - 1] !== CR) return this.#fail('http_malformed', 'HTTP_BARE_LF');
    const line = this.#bytes.toString('latin1', this.#at, feed - 1);
    if (this.#part !== 'chunk-size') this.#headerBytes += size;
    this.#at = end;
    this.#searched = end;
    switch (this.#part) {
      case 'status':
        return this.#statusLine(line);
      case 'fields':
        return line === '' ? this.#headEnd() : this.#field(line);
      case 'trailers':
        if (line === '') return this.#complete(false);
        return FIELD.test(line) ? null : this.#fail('http_malformed', 'HTTP_TRAILER');
      default:
        return this.#chunkSize(line);
    }
  }

  /** Something else than HTTP/1.x is seen at its first bytes: it need not be waited for. */
  #prefixFits(): boolean {
    const seen = Math.min(PREFIX.length, this.#length - this.#at);
    return this.#bytes.toString('latin1', this.#at, this.#at + seen) === PREFIX.slice(0, seen);
  }

  #statusLine(line: string): ReadState | null {
    const match = STATUS_LINE.exec(line);
    if (match === null) return this.#fail('http_malformed', 'HTTP_STATUS_LINE');
    this.#minor = match[1] === '0' ? 0 : 1;
    this.#status = Number(match[2]);
    this.#part = 'fields';
    return null;
  }

  #field(line: string): ReadState | null {
    const match = FIELD.exec(line);
    if (match === null) return this.#fail('http_malformed', 'HTTP_FIELD');
    const name = match[1]?.toLowerCase();
    const value = (match[2] ?? '').trimEnd();
    if (name === 'content-length') {
      const length = CONTENT_LENGTH.test(value) ? Number(value) : Number.NaN;
      const differs = this.#contentLength !== null && this.#contentLength !== length;
      if (Number.isNaN(length) || differs) return this.#fail('http_malformed', 'HTTP_CONTENT_LENGTH');
      this.#contentLength = length;
    } else if (name === 'transfer-encoding') {
      if (value.toLowerCase() !== 'chunked' || this.#chunked || this.#minor === 0)
        return this.#fail('http_malformed', 'HTTP_TRANSFER_ENCODING');
      this.#chunked = true;
    } else if (name === 'connection') {
      const options = value.toLowerCase().split(',');
      for (const option of options) {
        if (option.trim() === 'close') this.#close = true;
        if (option.trim() === 'keep-alive') this.#keep = true;
      }
    }
    return null;
  }

  #headEnd(): ReadState | null {
    if (this.#status === 101) return this.#fail('http_upgrade', 'HTTP_SWITCHING_PROTOCOLS');
    if (this.#status < 200) return this.#interimEnd();
    if (this.#chunked && this.#contentLength !== null) return this.#fail('http_malformed', 'HTTP_TWO_LENGTHS');
    // RFC 9112 section 6.3: these never have a body, whatever the fields say.
    if (this.#status === 204 || this.#status === 304) return this.#complete(false);
    if (this.#chunked) {
      this.#part = 'chunk-size';
    } else if (this.#contentLength !== null) {
      this.#part = 'length';
      this.#remaining = this.#contentLength;
    } else {
      this.#part = 'close';
    }
    return null;
  }

  #interimEnd(): ReadState | null {
    this.#interim++;
    if (this.#interim > this.#limits.interimResponses)
      return this.#fail('http_interim_flood', 'HTTP_INTERIM_RESPONSES');
    this.#part = 'status';
    this.#start = this.#at;
    this.#contentLength = null;
    this.#chunked = false;
    this.#close = false;
    this.#keep = false;
    return null;
  }

  #chunkSize(line: string): ReadState | null {
    const match = CHUNK_SIZE.exec(line);
    if (match === null) return this.#fail('http_malformed', 'HTTP_CHUNK_SIZE');
    this.#remaining = Number.parseInt(match[1] ?? '', 16);
    this.#part = this.#remaining === 0 ? 'trailers' : 'chunk';
    return null;
  }

  /** Counts body bytes against the cap; nothing is ever allocated because a server announced it. */
  #piece(): ReadState | null {
    const available = this.#length - this.#at;
    const taken = this.#part === 'close' ? available : Math.min(available, this.#remaining);
    this.#at += taken;
    this.#remaining -= taken;
    this.#bodyBytes += taken;
    if (this.#bodyBytes > this.#limits.bodyBytes) return this.#fail('http_body_cap', 'HTTP_BODY_BYTES');
    if (this.#part === 'close' || this.#remaining > 0) return MORE;
    if (this.#part === 'length') return this.#complete(false);
    this.#part = 'chunk-end';
    return null;
  }

  #chunkEnd(): ReadState | null {
    const available = this.#length - this.#at;
    if (available > 0 && this.#bytes[this.#at] !== CR) return this.#fail('http_malformed', 'HTTP_CHUNK_END');
    if (available < 2) return MORE;
    if (this.#bytes[this.#at + 1] !== LF) return this.#fail('http_malformed', 'HTTP_CHUNK_END');
    this.#at += 2;
    this.#searched = this.#at;
    this.#part = 'chunk-size';
    return null;
  }
}
