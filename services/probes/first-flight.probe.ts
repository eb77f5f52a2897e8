// One connection that reads a server's first TLS flight and goes: no key exchange, no request.
import { randomFillSync } from 'node:crypto';
import net from 'node:net';
import type { Evidence } from '../feeds/evidence.ts';
import { clientHelloTemplate, RANDOM_BYTES, withRandom } from './client-hello.ts';
import { failureOf, TIMEOUTS } from './failure.ts';
import type { FirstFlight, FlightState } from './first-flight.ts';
import { FirstFlightReader } from './first-flight.ts';
import type { Outcome } from './outcome.ts';
import type { Phase, ProbeResult } from './probe.ts';
import { requestFault } from './request.ts';
import { Watch, type Watched } from './watch.probe.ts';

export interface FirstFlightOptions {
  /** Milliseconds until the connection must stand, and from then until the flight must be read. */
  readonly connectMs: number;
  readonly flightMs: number;
  /** Policy: asked before dialling and again with the address of the connected socket. */
  readonly allow: (address: string) => boolean;
  /** Local address to dial from; by default the kernel chooses. */
  readonly source?: string;
  readonly now: () => Date;
}

export interface FirstFlightTarget {
  /** Canonical IP literal. */
  readonly address: string;
  readonly port: number;
  /** SNI, when a name is known. */
  readonly serverName: string | null;
}

/**
 * As a full probe's result, and its evidence fits the same rules; `requests` is always empty. `outcome` is null when the whole flight was
 * read. A flight that broke off behind the certificate keeps that, and `acceptableClientCAs` is null where none could be read.
 */
export type FirstFlightResult = ProbeResult;

/** Dials one target. Never throws and never rejects; resolves within connectMs + flightMs + 250 ms with the socket destroyed. No retries. */
export type FirstFlightProbe = (target: FirstFlightTarget) => Promise<FirstFlightResult>;

/** Shared by all sockets: the reader copies what it keeps before the next read. */
const READ_BUFFER = Buffer.allocUnsafeSlow(16 * 1024);
const NO_NAME = clientHelloTemplate(null);
/** Randoms are drawn for this many connections at once: a call into OpenSSL for each would cost more than the bytes. */
const RANDOMS_AT_ONCE = 128;
const randoms = Buffer.allocUnsafeSlow(RANDOMS_AT_ONCE * RANDOM_BYTES);
let nextRandom = randoms.length;

/** Where the next unused random stands in `randoms`. */
function freshRandom(): number {
  if (nextRandom === randoms.length) {
    randomFillSync(randoms);
    nextRandom = 0;
  }
  nextRandom += RANDOM_BYTES;
  return nextRandom - RANDOM_BYTES;
}

function helloFor(serverName: string | null): Buffer {
  const named = serverName !== null && net.isIP(serverName) === 0;
  return withRandom(named ? clientHelloTemplate(serverName.replace(/\.$/, '')) : NO_NAME, randoms, freshRandom());
}

/** The same address in one spelling. */
function canonical(address: string): string {
  return new net.SocketAddress({ address, family: net.isIPv6(address) ? 'ipv6' : 'ipv4' }).address;
}

/**
 * Flights are read on a beat: a survey is in no hurry, and a wake-up for each of many sockets costs more CPU than the reading. In
 * milliseconds: longer than most round trips of the internet, so that the answer is there by then, and short against every limit.
 */
const BEAT_MS = 250;

/** Sockets whose answer is waited for; all of them are listened to from the next beat on. */
class Beat {
  #waiting: net.Socket[] = [];

  add(socket: net.Socket): void {
    if (this.#waiting.push(socket) === 1) setTimeout(() => this.#strike(), BEAT_MS);
  }

  #strike(): void {
    const due = this.#waiting;
    this.#waiting = [];
    for (const socket of due) if (!socket.destroyed) socket.resume();
  }
}

/** Makes a FirstFlightProbe; one watch and one beat serve all its connections. */
export function createFirstFlightProbe(options: FirstFlightOptions): FirstFlightProbe {
  const watch = new Watch();
  const beat = new Beat();
  return (target) =>
    new Promise((resolve) => {
      const connection = new FlightConnection(target, options, watch, beat, resolve);
      connection.start();
    });
}

/** Why a target is not dialled, or null. */
function refusal(target: FirstFlightTarget, allow: FirstFlightOptions['allow']): [Outcome, string] | null {
  try {
    if (net.isIP(target.address) === 0) return ['invalid_target', 'ADDRESS'];
    const fault = requestFault({ ...target, transport: 'tls', paths: ['/'] });
    if (fault !== null) return ['invalid_target', fault];
    return allow(target.address) ? null : ['blocked_policy', 'POLICY'];
  } catch {
    return ['error_ours', 'INTERNAL'];
  }
}

type End = Pick<ProbeResult, 'outcome' | 'phase' | 'alert' | 'detail'>;

class FlightConnection implements Watched {
  readonly #target: FirstFlightTarget;
  readonly #options: FirstFlightOptions;
  readonly #watch: Watch;
  readonly #beat: Beat;
  readonly #settle: (result: FirstFlightResult) => void;
  readonly #observedAt: string;
  readonly #started = performance.now();
  #deadline: number;
  #connectedAt: number | null = null;
  #socket: net.Socket | null = null;
  /** Made with the first byte: most of what a survey waits for never says one. */
  #reader: FirstFlightReader | null = null;
  #local = false;
  #end: End | null = null;
  #bytesIn = 0;

  constructor(
    target: FirstFlightTarget,
    options: FirstFlightOptions,
    watch: Watch,
    beat: Beat,
    settle: (result: FirstFlightResult) => void,
  ) {
    this.#target = target;
    this.#options = options;
    this.#watch = watch;
    this.#beat = beat;
    this.#settle = settle;
    this.#observedAt = options.now().toISOString();
    this.#deadline = this.#started + options.connectMs;
  }

  /** Dials, or settles at once when the target is not to be dialled. */
  start(): void {
    const refused = refusal(this.#target, this.#options.allow);
    if (refused !== null) this.#finish(refused[0], 'policy', null, refused[1]);
    else {
      this.#watch.add(this);
      this.#safely(() => this.#dial());
    }
    if (this.#socket === null) this.#closed();
  }

  /** Called by the watch: ends what is late. */
  look(now: number): void {
    if (now < this.#deadline) return;
    const phase = this.#connectedAt === null ? 'connect' : 'tls';
    this.#finish(TIMEOUTS[phase], phase, null, 'timeout');
  }

  #dial(): void {
    const { source } = this.#options;
    const socket = net.connect({
      host: this.#target.address,
      port: this.#target.port,
      autoSelectFamily: false,
      onread: { buffer: READ_BUFFER, callback: (size) => this.#received(size) },
      ...(source === undefined ? {} : { localAddress: source }),
    });
    this.#socket = socket;
    socket.pause();
    socket.on('connect', () => this.#safely(() => this.#connected(socket)));
    socket.on('error', (error) => this.#safely(() => this.#broken(error)));
    socket.on('end', () => this.#safely(() => this.#judge((this.#reader ?? new FirstFlightReader()).end())));
    socket.on('close', () => this.#closed());
    // connect(2) is called in this tick's nextTick queue, before this callback: an error that is already there never left this machine.
    process.nextTick(() => {
      this.#local = socket.errored !== null;
    });
  }

  #connected(socket: net.Socket): void {
    if (this.#end !== null) return;
    this.#connectedAt = performance.now();
    const remote = socket.remoteAddress;
    if (remote === undefined) {
      this.#broken({ code: 'ENOTCONN' });
      return;
    }
    const pinned = remote === this.#target.address || canonical(remote) === canonical(this.#target.address);
    if (!pinned || !this.#options.allow(remote)) {
      this.#finish('blocked_policy', 'policy', null, pinned ? 'POLICY' : 'REMOTE_ADDRESS');
      return;
    }
    this.#deadline = this.#connectedAt + this.#options.flightMs;
    socket.write(helloFor(this.#target.serverName));
    this.#beat.add(socket);
  }

  /** The next bytes lie in the shared buffer. */
  #received(size: number): boolean {
    if (this.#end !== null) return true;
    try {
      this.#reader ??= new FirstFlightReader();
      this.#judge(this.#reader.push(READ_BUFFER, size));
    } catch (error) {
      this.#fault(error);
    }
    return true;
  }

  #judge(state: FlightState): void {
    if (state.state === 'done') this.#finish(null, 'done', null, null);
    else if (state.state === 'failed') this.#finish(state.outcome, 'tls', state.alert, state.detail);
  }

  /** An error of a socket, or of ours. */
  #broken(error: unknown): void {
    if (this.#end !== null) return;
    const phase = this.#connectedAt === null ? 'connect' : 'tls';
    const { outcome, alert, detail } = failureOf(error, {
      phase,
      transport: 'tls',
      local: this.#local,
      answered: false,
    });
    this.#finish(outcome, phase, alert, detail);
  }

  #finish(outcome: Outcome | null, phase: Phase, alert: number | null, detail: string | null): void {
    if (this.#end !== null) return;
    this.#end = { outcome, phase, alert, detail };
    this.#watch.delete(this);
    this.#bytesIn = this.#socket?.bytesRead ?? 0;
    this.#socket?.destroy();
  }

  /** The descriptor is closed: the only place that settles. */
  #closed(): void {
    if (this.#end === null) this.#broken({ code: this.#socket === null ? '' : 'ECONNRESET' });
    if (this.#end === null) return;
    const now = performance.now();
    const connect = this.#connectedAt === null ? null : this.#connectedAt - this.#started;
    const whole = this.#end.phase === 'done' && this.#connectedAt !== null;
    this.#settle({
      ...this.#end,
      ms: {
        connect,
        tls: whole ? now - (this.#connectedAt ?? now) : null,
        http: null,
        total: now - this.#started,
      },
      bytesIn: this.#bytesIn,
      evidence: flightEvidence(this.#target, this.#observedAt, this.#reader?.flight ?? null),
    });
  }

  /** Nothing that a server sends may throw out of an event handler; should it, the fault is ours and the probe still ends. */
  #safely(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.#fault(error);
    }
  }

  #fault(error: unknown): void {
    const phase = this.#connectedAt === null ? 'connect' : 'tls';
    this.#finish('error_ours', phase, null, error instanceof Error ? `INTERNAL_${error.name}` : 'INTERNAL');
  }
}

function flightEvidence(target: FirstFlightTarget, observedAt: string, flight: FirstFlight | null): Evidence {
  return {
    endpoint: { address: target.address, port: target.port },
    ...(target.serverName === null ? {} : { serverName: target.serverName }),
    observedAt,
    source: 'active',
    transport: 'tls',
    ...(flight === null
      ? {}
      : {
          tls: {
            version: flight.version,
            alpn: flight.alpn,
            cipher: flight.cipher,
            chain: flight.chain,
            ...(flight.sent > flight.chain.length ? { chainLength: flight.sent } : {}),
          },
        }),
    acceptableClientCAs: flight?.acceptableClientCAs ?? null,
    requests: [],
  };
}
