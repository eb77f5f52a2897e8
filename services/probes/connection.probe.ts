// One connection of a probe, from the first SYN to the destroyed socket: connect, TLS, then the requests in turn.
import net from 'node:net';
import tls from 'node:tls';
import type { EvidenceRequest, TlsFacts } from '../feeds/evidence.ts';
import type { FailureContext, WirePhase } from './failure.ts';
import { afterStall, failureOf, TIMEOUTS } from './failure.ts';
import type { ReadState } from './http.ts';
import { ResponseReader } from './http.ts';
import type { Outcome } from './outcome.ts';
import type { Phase, ProbeLimits, ProbeResult, Target } from './probe.ts';
import { hostField, requestText } from './request.ts';
import { sourceFor } from './source-address.ts';
import type { Watch, Watched } from './watch.probe.ts';

/** What all connections of one prober share. */
export interface ConnectionSettings {
  readonly limits: ProbeLimits;
  /** The constant field lines of every request. */
  readonly identity: string;
  readonly allow: (address: string) => boolean;
  readonly sources: readonly string[] | undefined;
  readonly secureContext: tls.SecureContext;
  readonly watch: Watch;
}

/** What one connection came to; the prober makes a ProbeResult of it. */
export interface ConnectionResult {
  readonly outcome: Outcome | null;
  readonly phase: Phase;
  readonly alert: number | null;
  readonly detail: string | null;
  readonly ms: Omit<ProbeResult['ms'], 'total'>;
  readonly bytesIn: number;
  readonly tls: TlsFacts | null;
  readonly requests: readonly EvidenceRequest[];
}

/** The leaf and up to three issuers are kept; longer chains are only counted. */
const KEPT_CERTIFICATES = 4;
/** Counting stops here. OpenSSL reads at most 100 KiB of certificates, which is fewer in any real chain. */
const COUNTED_CERTIFICATES = 256;
/** ALPN wire form of http/1.1 alone: the probe speaks nothing else. */
const ALPN_HTTP_1_1 = Buffer.from('\x08http/1.1', 'latin1');
/** Shared by all plain sockets: what is read into it is copied before the next read. As large as a TLS record's plaintext. */
const PLAIN_BUFFER = Buffer.alloc(16 * 1024);
const NUL = '\0';
/** ASCII's own sign for a character that could not be kept. */
const SUBSTITUTE = '\x1a';
/** Said of a path that was never asked, because the connection did not stay open for it. */
const NOT_ASKED = 'not_asked';

/** Text as databases can store it: NUL has no place in Postgres text, all other latin1 code units do. */
function storable(text: string): string {
  return text.includes(NUL) ? text.replaceAll(NUL, SUBSTITUTE) : text;
}

/** The same address in one spelling. */
function canonical(address: string): string {
  return new net.SocketAddress({ address, family: net.isIPv6(address) ? 'ipv6' : 'ipv4' }).address;
}

/** Reads version, ALPN, cipher and chain of a finished handshake. Only `raw` of the certificates is read, so that no odd key or name is parsed here. */
function tlsFacts(socket: tls.TLSSocket): TlsFacts {
  const chain: string[] = [];
  let sent = 0;
  let certificate = socket.getPeerX509Certificate();
  while (certificate !== undefined && sent < COUNTED_CERTIFICATES) {
    if (sent < KEPT_CERTIFICATES) chain.push(certificate.raw.toString('base64'));
    sent++;
    certificate = certificate.issuerCertificate;
  }
  const version = socket.getProtocol();
  return {
    ...(version === null ? {} : { version }),
    alpn: socket.alpnProtocol ?? false,
    cipher: socket.getCipher().name,
    chain,
    ...(sent > chain.length ? { chainLength: sent } : {}),
  };
}

/** Dials once. `result` settles when the socket is closed, and never rejects. */
export class Connection implements Watched {
  readonly result: Promise<ConnectionResult>;
  readonly #target: Target;
  readonly #settings: ConnectionSettings;
  readonly #deadline: number;
  readonly #host: string;
  readonly #settle: (result: ConnectionResult) => void;
  readonly #requests: EvidenceRequest[] = [];
  #tcp: net.Socket | null = null;
  #stream: net.Socket | null = null;
  #reader: ResponseReader | null = null;
  #phase: WirePhase = 'connect';
  #phaseSince: number;
  #phaseDeadline: number;
  #ms: { connect: number | null; tls: number | null; http: number | null } = { connect: null, tls: null, http: null };
  #tls: TlsFacts | null = null;
  #local = false;
  #stalled = false;
  /** True once a request was written. */
  #asked = false;
  #over: Pick<ConnectionResult, 'outcome' | 'phase' | 'alert' | 'detail'> | null = null;
  #bytesIn = 0;

  /** `deadline` is a monotonic time in milliseconds. The target was checked: a literal address, a port, one or two paths. */
  constructor(target: Target, settings: ConnectionSettings, deadline: number) {
    const { promise, resolve } = Promise.withResolvers<ConnectionResult>();
    this.result = promise;
    this.#settle = resolve;
    this.#target = target;
    this.#settings = settings;
    this.#deadline = deadline;
    this.#host = hostField(target);
    this.#phaseSince = performance.now();
    this.#phaseDeadline = this.#phaseSince + settings.limits.connectMs;
    settings.watch.add(this);
    this.#safely(() => this.#dial());
    if (this.#tcp === null) this.#closed();
  }

  /** Called by the watch: ends what is late or too big. Bytes that TLS swallows (tickets, key updates) are seen here only. */
  look(now: number): void {
    this.#safely(() => {
      if (this.#over !== null) return;
      if (this.#phase !== 'connect' && this.#overfull()) return;
      if (now < this.#phaseDeadline && now < this.#deadline) return;
      this.#fail(TIMEOUTS[this.#phase], 'timeout');
    });
  }

  stalled(): void {
    this.#stalled = true;
  }

  #dial(): void {
    const source = sourceFor(this.#target.address, this.#settings.sources);
    const tcp = net.connect({
      host: this.#target.address,
      port: this.#target.port,
      autoSelectFamily: false,
      noDelay: true,
      ...(source === undefined ? {} : { localAddress: source }),
      ...(this.#target.transport === 'plain' ? { onread: this.#plainReads() } : {}),
    });
    this.#tcp = tcp;
    tcp.on('connect', () => this.#safely(() => this.#connected(tcp)));
    tcp.on('error', (error) => this.#safely(() => this.#broken(error)));
    tcp.on('close', () => this.#closed());
    // connect(2) is called in this tick's nextTick queue, before this callback: an error that is already there never left this machine.
    process.nextTick(() => {
      this.#local = tcp.errored !== null;
    });
  }

  /** Reads of at most one TLS record's size, so that plain ports cannot bring more beyond the cap than TLS ones. */
  #plainReads(): net.OnReadOpts {
    const callback = (size: number, bytes: Uint8Array): boolean => {
      this.#safely(() => this.#received(Buffer.from(bytes.subarray(0, size))));
      return true;
    };
    return { buffer: PLAIN_BUFFER, callback };
  }

  #connected(tcp: net.Socket): void {
    if (this.#over !== null) return;
    this.#ms.connect = this.#lap();
    const remote = tcp.remoteAddress;
    if (remote === undefined) {
      this.#broken({ code: 'ENOTCONN' });
      return;
    }
    const pinned = remote === this.#target.address || canonical(remote) === canonical(this.#target.address);
    if (!pinned || !this.#settings.allow(remote)) {
      this.#finish('blocked_policy', 'policy', null, pinned ? 'POLICY' : 'REMOTE_ADDRESS');
      return;
    }
    if (this.#target.transport === 'plain') {
      this.#listen(tcp);
      this.#ask();
    } else {
      this.#shakeHands(tcp);
    }
  }

  #shakeHands(tcp: net.Socket): void {
    this.#enter('tls', this.#settings.limits.tlsMs);
    const { serverName } = this.#target;
    const named = serverName !== null && net.isIP(serverName) === 0;
    const secure = tls.connect({
      socket: tcp,
      secureContext: this.#settings.secureContext,
      // The certificate is what is measured: none is ever refused here.
      rejectUnauthorized: false,
      minDHSize: 1,
      ALPNProtocols: ALPN_HTTP_1_1,
      ...(named ? { servername: serverName.replace(/\.$/, '') } : {}),
    });
    this.#listen(secure);
    secure.on('data', (chunk: Buffer) => this.#safely(() => this.#received(chunk)));
    secure.on('error', (error) => this.#safely(() => this.#broken(error)));
    secure.on('secureConnect', () => this.#safely(() => this.#secured(secure)));
  }

  #secured(secure: tls.TLSSocket): void {
    if (this.#over !== null) return;
    // A second handshake is a renegotiation, which no Kubernetes component asks for.
    if (this.#tls !== null) {
      this.#fail('tls_protocol', 'RENEGOTIATION');
      return;
    }
    this.#ms.tls = this.#lap();
    this.#tls = tlsFacts(secure);
    if (this.#tls.alpn !== false && this.#tls.alpn !== 'http/1.1') {
      this.#fail('tls_protocol', 'ALPN_NOT_OFFERED');
      return;
    }
    this.#enter('http', this.#settings.limits.headersMs);
    this.#reader = new ResponseReader(this.#settings.limits);
    // What came in one read with the end of the handshake is handed over in this turn of the event loop: it answers nothing that was asked.
    setImmediate(() => this.#safely(() => this.#over === null && this.#ask()));
  }

  #listen(stream: net.Socket): void {
    this.#stream = stream;
    stream.on('end', () => this.#safely(() => this.#peerEnded()));
  }

  /** Writes the request for the next path as one string. */
  #ask(): void {
    const path = this.#target.paths[this.#requests.length];
    if (path === undefined || this.#stream === null) return;
    this.#enter('http', this.#settings.limits.headersMs);
    this.#reader = new ResponseReader(this.#settings.limits);
    this.#asked = true;
    const last = this.#requests.length + 1 === this.#target.paths.length;
    this.#stream.write(requestText(path, this.#host, this.#settings.identity, last), 'latin1');
  }

  #received(chunk: Buffer): void {
    if (this.#over !== null) return;
    if (this.#reader === null || !this.#asked) {
      this.#fail('http_malformed', 'HTTP_UNSOLICITED');
      return;
    }
    const state = this.#reader.push(chunk);
    if (state.state === 'more' && this.#overfull()) return;
    // Once the head is there, only the total deadline limits the body.
    if (state.state === 'more' && this.#reader.headRead) this.#phaseDeadline = this.#deadline;
    this.#answered(state);
  }

  #peerEnded(): void {
    if (this.#over !== null) return;
    if (this.#phase === 'http' && this.#reader !== null) this.#answered(this.#reader.end());
    else if (this.#phase === 'tls') this.#fail('tls_closed', 'CLOSED');
  }

  #answered(state: ReadState): void {
    if (state.state === 'more') return;
    if (state.state === 'failed') {
      this.#fail(state.outcome, state.detail);
      return;
    }
    const path = this.#target.paths[this.#requests.length] ?? '';
    const response = storable(this.#reader?.text() ?? '');
    this.#requests.push({ path, response, end: state.toClose ? 'closed' : 'complete' });
    if (this.#requests.length < this.#target.paths.length && state.keepAlive) {
      this.#ask();
      return;
    }
    this.#finish(null, 'done', null, null);
  }

  /** An error of a socket, or of ours. */
  #broken(error: unknown): void {
    if (this.#over !== null) return;
    const context: FailureContext = {
      phase: this.#phase,
      transport: this.#target.transport,
      local: this.#local,
      answered: this.#requests.length > 0 || (this.#reader?.received ?? 0) > 0,
    };
    const { outcome, alert, detail } = failureOf(error, context);
    this.#fail(outcome, detail, alert);
  }

  /** Records how the request in flight ended, then finishes. A whole first answer outweighs whatever happened to the second. */
  #fail(outcome: Outcome, detail: string, alert: number | null = null): void {
    if (this.#over !== null) return;
    const answered = this.#requests.length > 0;
    const path = this.#target.paths[this.#requests.length];
    if (path !== undefined && this.#phase === 'http') {
      const partial = this.#reader?.text() ?? '';
      this.#requests.push(
        partial === '' ? { path, error: detail } : { path, response: storable(partial), end: detail },
      );
    }
    if (answered) this.#finish(null, 'done', alert, detail);
    else this.#finish(outcome, this.#phase, alert, detail);
  }

  /** True, and finished, when the peer sent more than is read in all. Counted on the wire, so handshake and record overhead are in it. */
  #overfull(): boolean {
    if ((this.#tcp?.bytesRead ?? 0) <= this.#settings.limits.totalBytes) return false;
    if (this.#phase === 'tls') this.#fail('tls_msg_too_large', 'TOTAL_BYTES');
    else this.#fail((this.#reader?.received ?? 0) === 0 ? 'tls_protocol' : 'http_body_cap', 'TOTAL_BYTES');
    return true;
  }

  #enter(phase: WirePhase, ms: number): void {
    this.#phase = phase;
    this.#phaseDeadline = performance.now() + ms;
  }

  /** Milliseconds since the last call. */
  #lap(): number {
    const now = performance.now();
    const took = now - this.#phaseSince;
    this.#phaseSince = now;
    return took;
  }

  #finish(outcome: Outcome | null, phase: Phase, alert: number | null, detail: string | null): void {
    if (this.#over !== null) return;
    this.#over = { outcome: this.#stalled ? afterStall(outcome) : outcome, phase, alert, detail };
    if (this.#phase === 'http') this.#ms.http = this.#lap();
    this.#bytesIn = this.#tcp?.bytesRead ?? 0;
    this.#settings.watch.delete(this);
    this.#stream?.destroy();
    this.#tcp?.destroy();
  }

  /** The descriptor is closed: the only place that settles. */
  #closed(): void {
    if (this.#over === null) this.#broken({ code: this.#tcp === null ? '' : 'ECONNRESET' });
    if (this.#over === null) return;
    for (const path of this.#target.paths.slice(this.#requests.length))
      this.#requests.push({ path, error: this.#over.phase === 'done' ? NOT_ASKED : (this.#over.detail ?? NOT_ASKED) });
    this.#settle({ ...this.#over, ms: this.#ms, bytesIn: this.#bytesIn, tls: this.#tls, requests: this.#requests });
  }

  /** Nothing that a server sends may throw out of an event handler; should it, the fault is ours and the probe still ends. */
  #safely(step: () => unknown): void {
    try {
      step();
    } catch (error) {
      this.#finish('error_ours', this.#phase, null, error instanceof Error ? `INTERNAL_${error.name}` : 'INTERNAL');
    }
  }
}
