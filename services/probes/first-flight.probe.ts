// One connection that reads a server's first TLS flight and goes: no key exchange, no request.
import net from 'node:net';
import { afterStall, failureOf, TIMEOUTS } from './failure.ts';
import type { FlightState } from './first-flight.ts';
import { FirstFlightReader } from './first-flight.ts';
import { flightEvidence } from './flight-evidence.ts';
import { helloFor } from './flight-hello.probe.ts';
import type { Outcome } from './outcome.ts';
import type { Phase, ProbeResult } from './probe.ts';
import { endpointFault } from './request.ts';
import { sourceFor } from './source-address.ts';
import { Watch, type Watched } from './watch.probe.ts';

export interface FirstFlightOptions {
  /** Milliseconds until the connection must stand, and from then until the flight must be read. */
  readonly connectMs: number;
  readonly flightMs: number;
  /** Policy: asked before dialling and again with the address of the connected socket. */
  readonly allow: (address: string) => boolean;
  /** Local addresses to dial from, one of each family at most; without one the system chooses. */
  readonly sources?: readonly string[];
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

/** The same address in one spelling. */
function canonical(address: string): string {
  return new net.SocketAddress({ address, family: net.isIPv6(address) ? 'ipv6' : 'ipv4' }).address;
}

/**
 * Milliseconds from the connection until its flight is read, with those of all others that are due: a survey is in no hurry, and a wake-up
 * for each of many sockets costs more CPU than the reading. Longer than round trips of the internet and a slow server's signature, so that
 * the flight is there by then; short against every limit, and never more than half of `flightMs`.
 */
const READ_AFTER_MS = 400;

/** What the connections of one probe share. */
interface Shared {
  readonly options: FirstFlightOptions;
  readonly readAfterMs: number;
  readonly watch: Watch;
}

/** Makes a FirstFlightProbe; one watch serves all its connections. */
export function createFirstFlightProbe(options: FirstFlightOptions): FirstFlightProbe {
  const shared = { options, readAfterMs: Math.min(READ_AFTER_MS, options.flightMs / 2), watch: new Watch() };
  return (target) => new Promise((resolve) => new FlightConnection(target, shared, resolve).start());
}

/** Why a target is not dialled, or null. */
function refusal(target: FirstFlightTarget, allow: FirstFlightOptions['allow']): [Outcome, string] | null {
  try {
    if (net.isIP(target.address) === 0) return ['invalid_target', 'ADDRESS'];
    const fault = endpointFault(target.port, target.serverName);
    if (fault !== null) return ['invalid_target', fault];
    return allow(target.address) ? null : ['blocked_policy', 'POLICY'];
  } catch {
    return ['error_ours', 'INTERNAL'];
  }
}

type End = Pick<ProbeResult, 'outcome' | 'phase' | 'alert' | 'detail'>;

class FlightConnection implements Watched {
  readonly #target: FirstFlightTarget;
  readonly #shared: Shared;
  readonly #settle: (result: FirstFlightResult) => void;
  readonly #observedAt: string;
  readonly #started = performance.now();
  #deadline: number;
  #connectedAt: number | null = null;
  #socket: net.Socket | null = null;
  /** Connected, and what came is left in the kernel until `look` finds the time of reading come. */
  #resting = false;
  /** Made with the first byte: most of what a survey waits for never says one. */
  #reader: FirstFlightReader | null = null;
  #local = false;
  #stalled = false;
  #end: End | null = null;
  #bytesIn = 0;

  constructor(target: FirstFlightTarget, shared: Shared, settle: (result: FirstFlightResult) => void) {
    this.#target = target;
    this.#shared = shared;
    this.#settle = settle;
    this.#observedAt = shared.options.now().toISOString();
    this.#deadline = this.#started + shared.options.connectMs;
  }

  /** Dials, or settles at once when the target is not to be dialled. */
  start(): void {
    const refused = refusal(this.#target, this.#shared.options.allow);
    if (refused !== null) this.#finish(refused[0], 'policy', null, refused[1]);
    else {
      this.#shared.watch.add(this);
      this.#safely(this.#dial, undefined);
    }
    if (this.#socket === null) this.#closed();
  }

  /** Called by the watch: begins to read, ends what is late. What was not yet read cannot be late: the flight may lie in the kernel. */
  look(now: number): void {
    if (this.#resting) {
      if (now - (this.#connectedAt ?? now) < this.#shared.readAfterMs) return;
      this.#resting = false;
      this.#socket?.resume();
    } else if (now >= this.#deadline) {
      const phase = this.#wirePhase();
      this.#finish(TIMEOUTS[phase], phase, null, 'timeout');
    }
  }

  stalled(): void {
    this.#stalled = true;
  }

  #dial(): void {
    const source = sourceFor(this.#target.address, this.#shared.options.sources);
    const place = {
      host: this.#target.address,
      port: this.#target.port,
      autoSelectFamily: false,
      onread: { buffer: READ_BUFFER, callback: (size: number) => this.#received(size) },
    };
    const socket = net.connect(source === undefined ? place : { ...place, localAddress: source });
    this.#socket = socket;
    socket.pause();
    socket.on('connect', () => this.#safely(this.#connected, socket));
    socket.on('error', (error) => this.#safely(this.#broken, error));
    socket.on('end', () => this.#safely(this.#judge, (this.#reader ?? new FirstFlightReader()).end()));
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
    if (!pinned || !this.#shared.options.allow(remote)) {
      this.#finish('blocked_policy', 'policy', null, pinned ? 'POLICY' : 'REMOTE_ADDRESS');
      return;
    }
    this.#deadline = this.#connectedAt + this.#shared.options.flightMs;
    this.#resting = true;
    socket.write(helloFor(this.#target.serverName));
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

  #wirePhase(): 'connect' | 'tls' {
    return this.#connectedAt === null ? 'connect' : 'tls';
  }

  /** An error of a socket, or of ours. */
  #broken(error: unknown): void {
    if (this.#end !== null) return;
    const phase = this.#wirePhase();
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
    this.#end = { outcome: this.#stalled ? afterStall(outcome) : outcome, phase, alert, detail };
    this.#shared.watch.delete(this);
    this.#bytesIn = this.#socket?.bytesRead ?? 0;
    this.#socket?.destroy();
  }

  /** The descriptor is closed: the only place that settles. */
  #closed(): void {
    if (this.#end === null) this.#broken({ code: this.#socket === null ? '' : 'ECONNRESET' });
    if (this.#end === null) return;
    const { outcome, phase, alert, detail } = this.#end;
    const now = performance.now();
    const connectedAt = this.#connectedAt;
    const connect = connectedAt === null ? null : connectedAt - this.#started;
    const tls = phase === 'done' && connectedAt !== null ? now - connectedAt : null;
    this.#settle({
      outcome,
      phase,
      alert,
      detail,
      ms: { connect, tls, http: null, total: now - this.#started },
      bytesIn: this.#bytesIn,
      evidence: flightEvidence(this.#target, this.#observedAt, this.#reader?.flight ?? null),
    });
  }

  /** Nothing that a server sends may throw out of an event handler; should it, the fault is ours and the probe still ends. */
  #safely<T>(step: (value: T) => void, value: T): void {
    try {
      step.call(this, value);
    } catch (error) {
      this.#fault(error);
    }
  }

  #fault(error: unknown): void {
    const detail = error instanceof Error ? `INTERNAL_${error.name}` : 'INTERNAL';
    this.#finish('error_ours', this.#wirePhase(), null, detail);
  }
}
