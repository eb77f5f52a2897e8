// Reads a TLS server's first flight from its bytes, however they are cut: what is asked for comes in the clear, so no cryptography is needed.
import type { Fault, ServerHello } from './flight-messages.ts';
import { readAuthorities, readChain, readServerHello, TLS13_ONLY } from './flight-messages.ts';
import type { Outcome } from './outcome.ts';

/** What a server says before it waits for the client. */
export interface FirstFlight extends ServerHello {
  /** Base64 DER, leaf first, at most four. */
  readonly chain: readonly string[];
  /** How many certificates the server sent. */
  readonly sent: number;
  /** True when a CertificateRequest came, false when the flight ended without one, null when the flight broke off before. */
  readonly asksForCertificate: boolean | null;
  /** Subjects of the acceptable client authorities, in the order sent; [] when none was named or asked for, null when the flight broke off before. */
  readonly acceptableClientCAs: readonly string[] | null;
}

export type FlightState =
  | { readonly state: 'more' }
  | { readonly state: 'done'; readonly flight: FirstFlight }
  | { readonly state: 'failed'; readonly outcome: Outcome; readonly alert: number | null; readonly detail: string };

/** All bytes of the flight, headers included: the largest certificate message and what stands round it. */
export const MAX_FLIGHT_BYTES = 128 * 1024;
/** Plaintext of one record (RFC 5246 6.2.1). */
const MAX_RECORD_BYTES = 16_384;
/** Records of one flight. Small devices cut at 512 bytes, which makes 256 of the largest flight; one byte each is an attack. */
const MAX_RECORDS = 512;
/** Warnings borne before the flight, as OpenSSL bears them (MAX_WARN_ALERT_COUNT). */
const MAX_WARNINGS = 5;
/** A message's first buffer; it grows with what arrives, never by what is announced. */
const FIRST_BUFFER_BYTES = 2048;

const RECORD = { changeCipherSpec: 20, alert: 21, handshake: 22, applicationData: 23 } as const;
const SSL3_MAJOR = 3;
const RECORD_HEADER_BYTES = 5;
const MESSAGE_HEADER_BYTES = 4;
const ALERT_BYTES = 2;
const WARNING = 1;
const FATAL = 2;
const CLOSE_NOTIFY = 0;
const PROTOCOL_VERSION = 70;

const MESSAGE = {
  helloRequest: 0,
  serverHello: 2,
  certificate: 11,
  serverKeyExchange: 12,
  certificateRequest: 13,
  serverHelloDone: 14,
} as const;

/** The messages that may come, and how long each may be. OpenSSL reads 100 KiB of certificates; what it refuses the full probe refuses, too. */
const MAX_MESSAGE_BYTES: ReadonlyMap<number, number> = new Map([
  [MESSAGE.serverHello, 20_000],
  [MESSAGE.certificate, 100 * 1024],
  [MESSAGE.serverKeyExchange, 32 * 1024],
  [MESSAGE.certificateRequest, 100 * 1024],
  [MESSAGE.serverHelloDone, 0],
]);

/** What may follow what (RFC 5246 7.3); before the first message, the key is null. A server without a certificate is none that is counted. */
const MAY_FOLLOW: ReadonlyMap<number | null, readonly number[]> = new Map<number | null, readonly number[]>([
  [null, [MESSAGE.serverHello]],
  [MESSAGE.serverHello, [MESSAGE.certificate]],
  [MESSAGE.certificate, [MESSAGE.serverKeyExchange, MESSAGE.certificateRequest, MESSAGE.serverHelloDone]],
  [MESSAGE.serverKeyExchange, [MESSAGE.certificateRequest, MESSAGE.serverHelloDone]],
  [MESSAGE.certificateRequest, [MESSAGE.serverHelloDone]],
]);

const MORE: FlightState = { state: 'more' };

/** Feed it bytes until it says done or failed; it never throws and keeps no reference to what it is given. What comes later is not looked at. */
export class FirstFlightReader {
  #over: FlightState | null = null;
  #bytes = 0;
  #records = 0;
  #warnings = 0;
  // The record in hand: how much of its header is read, its type and the bytes still to come.
  #headerRead = 0;
  #recordType = 0;
  #left = 0;
  // The message in hand, likewise; `#body` only when it lies in more than one piece.
  #messageRead = 0;
  #messageType = 0;
  #messageLength = 0;
  #body: Buffer | null = null;
  #alertLevel = 0;
  #last: number | null = null;
  #hello: ServerHello | null = null;
  #chain: Pick<FirstFlight, 'chain' | 'sent'> | null = null;
  #authorities: readonly string[] | null = null;

  /** The next bytes of the connection, the first `size` of `bytes`; what is needed of them is copied. */
  push(bytes: Buffer, size = bytes.length): FlightState {
    for (let at = 0; at < size && this.#over === null; ) {
      if (this.#headerRead < RECORD_HEADER_BYTES) this.#header(bytes[at++] ?? 0);
      else at = this.#payload(bytes, at, size);
    }
    return this.#over ?? MORE;
  }

  /** The peer ended the connection. */
  end(): FlightState {
    return this.#over ?? this.#fail('tls_closed', 'CLOSED');
  }

  /** What is known so far; null before the certificate was read. */
  get flight(): FirstFlight | null {
    return this.#over?.state === 'done' ? this.#over.flight : this.#known(false);
  }

  #known(whole: boolean): FirstFlight | null {
    if (this.#hello === null || this.#chain === null) return null;
    const { version, cipher, alpn } = this.#hello;
    const { chain, sent } = this.#chain;
    return {
      version,
      cipher,
      alpn,
      chain,
      sent,
      asksForCertificate: this.#authorities !== null ? true : whole ? false : null,
      acceptableClientCAs: this.#authorities ?? (whole ? [] : null),
    };
  }

  /** One byte of a record header. The first two tell TLS from everything else, so that a short banner is enough. */
  #header(byte: number): void {
    this.#bytes++;
    switch (this.#headerRead++) {
      case 0:
        this.#recordType = byte;
        if (byte < RECORD.changeCipherSpec || byte > RECORD.applicationData) this.#notTls();
        return;
      case 1:
        if (byte !== SSL3_MAJOR) this.#notTls();
        return;
      case 2:
        return;
      case 3:
        this.#left = byte << 8;
        return;
      default:
        this.#left |= byte;
        this.#startRecord();
    }
  }

  #notTls(): void {
    if (this.#records === 0) this.#fail('tls_not_tls', 'NOT_TLS');
    else this.#fail('tls_protocol', 'RECORD_HEADER');
  }

  #startRecord(): void {
    this.#records++;
    const handshake = this.#recordType === RECORD.handshake;
    if (this.#left > MAX_RECORD_BYTES) this.#fail('tls_protocol', 'RECORD_OVERFLOW');
    else if (!handshake && this.#recordType !== RECORD.alert) this.#fail('tls_protocol', 'UNEXPECTED_RECORD');
    else if (handshake ? this.#left === 0 : this.#left !== ALERT_BYTES) this.#fail('tls_protocol', 'RECORD_LENGTH');
    else if (this.#records > MAX_RECORDS) this.#fail('tls_protocol', 'FRAGMENTS');
    else if (this.#bytes + this.#left > MAX_FLIGHT_BYTES) this.#fail('tls_msg_too_large', 'TOTAL_BYTES');
  }

  /** The part of the record's payload that begins at `at`; returns where it ends. */
  #payload(bytes: Buffer, at: number, size: number): number {
    const to = Math.min(size, at + this.#left);
    if (this.#recordType === RECORD.alert) this.#alert(bytes, at, to);
    else this.#handshake(bytes, at, to);
    this.#bytes += to - at;
    this.#left -= to - at;
    if (this.#left === 0) this.#headerRead = 0;
    return to;
  }

  #alert(bytes: Buffer, at: number, to: number): void {
    if (this.#left === ALERT_BYTES) {
      this.#alertLevel = bytes[at] ?? 0;
      if (to - at < ALERT_BYTES) return;
    }
    const description = bytes[to - 1] ?? 0;
    if (this.#alertLevel === FATAL)
      this.#fail('tls_alert', description === PROTOCOL_VERSION ? TLS13_ONLY : `ALERT_${description}`, description);
    else if (this.#alertLevel !== WARNING) this.#fail('tls_protocol', 'ALERT_LEVEL');
    else if (description === CLOSE_NOTIFY) this.#fail('tls_closed', 'CLOSE_NOTIFY');
    else if (++this.#warnings >= MAX_WARNINGS) this.#fail('tls_protocol', 'TOO_MANY_WARNINGS');
  }

  /** Handshake bytes: messages may end and begin anywhere in a record. */
  #handshake(bytes: Buffer, from: number, to: number): void {
    for (let at = from; at < to && this.#over === null; ) {
      if (this.#messageRead < MESSAGE_HEADER_BYTES) {
        this.#messageHeader(bytes[at++] ?? 0);
        continue;
      }
      const had = this.#messageRead - MESSAGE_HEADER_BYTES;
      const size = Math.min(to - at, this.#messageLength - had);
      this.#messageRead += size;
      const whole = had + size === this.#messageLength;
      if (had === 0 && whole) this.#message(bytes, at, at + size);
      else if (this.#messageType !== MESSAGE.serverKeyExchange) {
        const body = this.#gather(bytes, at, size, had);
        if (whole) this.#message(body, 0, had + size);
      } else if (whole) this.#message(bytes, at, at);
      at += size;
    }
  }

  /** One byte of a message header: a type that may not come or a length that is too much is refused before a byte of the body. */
  #messageHeader(byte: number): void {
    if (this.#messageRead++ === 0) {
      this.#messageType = byte;
      this.#messageLength = 0;
      if (MAY_FOLLOW.get(this.#last)?.includes(byte) !== true)
        this.#fail('tls_protocol', byte === MESSAGE.helloRequest ? 'HELLO_REQUEST' : 'UNEXPECTED_MESSAGE');
      return;
    }
    this.#messageLength = this.#messageLength * 256 + byte;
    if (this.#messageRead < MESSAGE_HEADER_BYTES) return;
    if (this.#messageLength > (MAX_MESSAGE_BYTES.get(this.#messageType) ?? 0)) {
      if (this.#messageType === MESSAGE.serverHelloDone) this.#fail('tls_protocol', 'MESSAGE_LENGTH');
      else this.#fail('tls_msg_too_large', 'MESSAGE_LENGTH');
    } else if (this.#messageLength === 0) this.#message(NOTHING, 0, 0);
  }

  /** Adds a piece of a message to its buffer, which doubles when it is full. */
  #gather(bytes: Buffer, at: number, size: number, had: number): Buffer {
    let body = this.#body ?? Buffer.allocUnsafe(Math.min(this.#messageLength, Math.max(FIRST_BUFFER_BYTES, size)));
    if (had + size > body.length) {
      const larger = Buffer.allocUnsafe(Math.min(this.#messageLength, Math.max(body.length * 2, had + size)));
      body.copy(larger, 0, 0, had);
      body = larger;
    }
    bytes.copy(body, had, at, at + size);
    this.#body = body;
    return body;
  }

  /** A whole message's body in `start..end`. */
  #message(bytes: Buffer, start: number, end: number): void {
    this.#messageRead = 0;
    this.#body = null;
    this.#last = this.#messageType;
    switch (this.#messageType) {
      case MESSAGE.serverHello:
        this.#hello = this.#taken(readServerHello(bytes, start, end));
        return;
      case MESSAGE.certificate:
        this.#chain = this.#taken(readChain(bytes, start, end));
        return;
      case MESSAGE.certificateRequest:
        this.#authorities = this.#taken(readAuthorities(bytes, start, end, this.#hello?.version ?? 'TLSv1.2'));
        return;
      case MESSAGE.serverHelloDone:
        this.#done();
        return;
      default:
        // ServerKeyExchange: a signed share, of no use to somebody who will not finish.
        return;
    }
  }

  #taken<T extends object>(read: T | Fault): T | null {
    if (!('fault' in read)) return read;
    this.#fail('tls_protocol', read.fault);
    return null;
  }

  #done(): void {
    const flight = this.#known(true);
    if (flight === null) this.#fail('tls_protocol', 'NO_CERTIFICATE');
    else this.#over = { state: 'done', flight };
  }

  #fail(outcome: Outcome, detail: string, alert: number | null = null): FlightState {
    this.#body = null;
    this.#over = { state: 'failed', outcome, alert, detail };
    return this.#over;
  }
}

const NOTHING = Buffer.alloc(0);
