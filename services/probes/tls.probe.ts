// The prober: one polite connection per target, TLS first where the port speaks it, every end a value.
import { isIP } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createSecureContext } from 'node:tls';
import type { Evidence } from '../feeds/evidence.ts';
import { KubecensusError } from '../platform/errors.ts';
import type { ConnectionResult, ConnectionSettings } from './connection.probe.ts';
import { Connection } from './connection.probe.ts';
import type { Outcome } from './outcome.ts';
import type { Probe, ProbeLimits, ProbeResult, Target } from './probe.ts';
import { identityFields, isFieldValue, requestFault } from './request.ts';
import { Watch } from './watch.probe.ts';

/**
 * What one probe may take at most. Times in milliseconds: a handshake over a bad line needs seconds, a host that needs more is not measured.
 * Sizes in bytes: /version and /healthz answers stay below 2 KiB, so 64 KiB is ample and a hostile server costs at most 256 KiB.
 */
export const DEFAULT_LIMITS: ProbeLimits = {
  connectMs: 5_000,
  tlsMs: 7_000,
  headersMs: 5_000,
  totalMs: 15_000,
  bodyBytes: 64 * 1024,
  totalBytes: 256 * 1024,
  headerBytes: 16 * 1024,
  interimResponses: 5,
};

/** Between the TLS attempt and the plain one to the same port: two connections at once would look like an attack. */
export const FALLBACK_PAUSE_MS = 500;

export interface ProbeOptions {
  readonly limits: ProbeLimits;
  readonly userAgent: string;
  /** Mail address for the From field, or null. */
  readonly from: string | null;
  /** Policy: asked before dialling and again with the address of the connected socket. */
  readonly allow: (address: string) => boolean;
  /** Local addresses to dial from, one of each family at most; without one the system chooses. */
  readonly sources?: readonly string[];
  readonly now: () => Date;
}

/**
 * Key exchange groups: a classical share is a tenth of the work and of the bytes of a hybrid one, and nothing secret is sent. X25519 is the one
 * share that is sent, the others are named for servers that know nothing else.
 */
const GROUPS = 'X25519:P-256:P-384:P-521';

/** One context for all probes. Old protocol versions, short keys and weak hashes are let in: they are findings. No root is loaded: nothing is verified here. */
function surveyContext(): ConnectionSettings['secureContext'] {
  return createSecureContext({ minVersion: 'TLSv1', ciphers: 'DEFAULT:@SECLEVEL=0', ecdhCurve: GROUPS, ca: [] });
}

/**
 * How a port without TLS ends a handshake: most answer in the clear; the client port of etcd closes or resets without a byte, since it takes a
 * ClientHello for neither HTTP nor gRPC (measured on 3.4.23 and 3.7.3).
 */
const ENDS_OF_PLAIN_PORTS: ReadonlySet<string | null> = new Set(['tls_not_tls', 'tls_closed', 'tls_reset']);

function mayBePlain({ outcome, tls }: ConnectionResult): boolean {
  return tls === null && ENDS_OF_PLAIN_PORTS.has(outcome);
}

/** A result without a connection. */
function refused(outcome: Outcome, detail: string): ConnectionResult {
  const ms = { connect: null, tls: null, http: null };
  return { outcome, phase: 'policy', alert: null, detail, ms, bytesIn: 0, tls: null, requests: [] };
}

function evidenceOf(target: Target, result: ConnectionResult, observedAt: Date): Evidence {
  return {
    endpoint: { address: target.address, port: target.port },
    ...(target.serverName === null ? {} : { serverName: target.serverName }),
    observedAt: observedAt.toISOString(),
    source: 'active',
    transport: target.transport,
    ...(result.tls === null ? {} : { tls: result.tls }),
    // TLS libraries of Node do not show the CertificateRequest.
    acceptableClientCAs: null,
    requests: result.requests,
  };
}

/**
 * Makes a Probe. What is constant for all targets (TLS context, field lines, watch) is made once here.
 * Throws KC_CONFIG when `userAgent` or `from` cannot stand in a header field.
 */
export function createProbe(options: ProbeOptions): Probe {
  const { limits, userAgent, from, allow, now } = options;
  for (const value of [userAgent, ...(from === null ? [] : [from])])
    if (!isFieldValue(value))
      throw new KubecensusError('KC_CONFIG', 'The User-Agent and the From address must be visible ASCII.');
  const settings: ConnectionSettings = {
    limits,
    identity: identityFields(userAgent, from),
    allow,
    sources: options.sources,
    secureContext: surveyContext(),
    watch: new Watch(),
  };

  const dial = (target: Target, deadline: number): Promise<ConnectionResult> =>
    new Connection(target, settings, deadline).result;

  /** The plain attempt counts when it brought a whole answer; else the port is what the TLS attempt found. */
  const fallback = async (target: Target, first: ConnectionResult, deadline: number) => {
    if (deadline - performance.now() <= FALLBACK_PAUSE_MS) return null;
    await sleep(FALLBACK_PAUSE_MS);
    const plain: Target = { ...target, transport: 'plain' };
    const second = await dial(plain, deadline);
    const bytesIn = first.bytesIn + second.bytesIn;
    return second.outcome === null
      ? { target: plain, result: { ...second, bytesIn } }
      : { target, result: { ...first, bytesIn } };
  };

  const attempt = async (target: Target, deadline: number): Promise<{ target: Target; result: ConnectionResult }> => {
    if (isIP(target.address) === 0) return { target, result: refused('invalid_target', 'ADDRESS') };
    const fault = requestFault(target);
    if (fault !== null) return { target, result: refused('invalid_target', fault) };
    if (!allow(target.address)) return { target, result: refused('blocked_policy', 'POLICY') };
    const first = await dial(target, deadline);
    const again = target.plainFallback === true && target.transport === 'tls' && mayBePlain(first);
    return (again ? await fallback(target, first, deadline) : null) ?? { target, result: first };
  };

  return async (asked: Target): Promise<ProbeResult> => {
    const started = performance.now();
    const observedAt = now();
    let ended: { target: Target; result: ConnectionResult };
    try {
      ended = await attempt(asked, started + limits.totalMs);
    } catch {
      ended = { target: asked, result: refused('error_ours', 'INTERNAL') };
    }
    const { outcome, phase, alert, detail, ms, bytesIn } = ended.result;
    const evidence = evidenceOf(ended.target, ended.result, observedAt);
    return { outcome, phase, alert, detail, ms: { ...ms, total: performance.now() - started }, bytesIn, evidence };
  };
}
