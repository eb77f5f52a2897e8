// What an adverse case is, and the runner that asserts the invariants for every one of them.
import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { queryObjects } from 'node:v8';
import { Connection } from '../../services/probes/connection.probe.ts';
import { ResponseReader } from '../../services/probes/http.ts';
import type { Outcome } from '../../services/probes/outcome.ts';
import { OUTCOME_NAMES } from '../../services/probes/outcome.ts';
import type { Probe, ProbeLimits, ProbeResult, Target } from '../../services/probes/probe.ts';
import type { ProbeOptions } from '../../services/probes/tls.probe.ts';
import { createProbe, DEFAULT_LIMITS } from '../../services/probes/tls.probe.ts';
import type { AdverseServer } from './servers/listener.ts';

export interface AdverseCase {
  /** The row of the list of adverse servers (docs/method.md), with a letter where a row has several forms. */
  readonly id: string;
  readonly what: string;
  readonly serve: () => Promise<AdverseServer>;
  readonly outcome: Outcome | null;
  readonly alert?: number;
  readonly target?: Partial<Target>;
  readonly options?: Partial<ProbeOptions>;
  /** Connections that the probe may make; 1 unless the case says otherwise. */
  readonly dials?: number;
  /** Connections that the server should have seen, when it differs from `dials`. */
  readonly accepted?: number;
  readonly check?: (result: ProbeResult) => void;
}

/** Short, so that the whole list runs in seconds; the proportions are those of the defaults. */
export const SHORT_LIMITS: ProbeLimits = {
  ...DEFAULT_LIMITS,
  connectMs: 300,
  tlsMs: 500,
  headersMs: 400,
  totalMs: 1000,
};

/** The promise of a Probe: it settles this long after its deadline at the latest. */
export const GRACE_MS = 250;
/** The largest TLS record on the wire: what one read may bring beyond the cap (RFC 8446 section 5.2, RFC 5246 6.2.3). */
const TLS_RECORD_BYTES = 16_384 + 2048 + 5;
/** Four certificates of 100 KiB in base64 and two capped answers. */
const MAX_EVIDENCE_CHARACTERS = 1_000_000;
const HANDLES = /^(?:TCP|TLS|Timeout|Immediate|GetAddrInfo|Pipe|Process)/;
const SETTLE_TRIES = 400;
/** Good targets probed beside each case; a hundred at once is the matter of the mixture. */
const GOOD_BESIDE = 2;

export function shortProbe(options: Partial<ProbeOptions> = {}): Probe {
  return createProbe({
    limits: SHORT_LIMITS,
    userAgent: 'kubecensus-test/1 (+http://127.0.0.1/)',
    from: 'operator@example.org',
    allow: () => true,
    now: () => new Date('2026-11-23T00:00:00Z'),
    ...options,
  });
}

export function targetOf(server: { readonly port: number }, target: Partial<Target> = {}): Target {
  return {
    address: '127.0.0.1',
    port: server.port,
    serverName: null,
    transport: 'tls',
    paths: ['/version', '/healthz'],
    ...target,
  };
}

/** Handles that the event loop holds, by kind. */
function handles(): string {
  return process
    .getActiveResourcesInfo()
    .filter((kind) => HANDLES.test(kind))
    .sort()
    .join(' ');
}

/** I3: what was opened is closed again. Closing takes a turn or two of the event loop. */
async function assertHandles(baseline: string): Promise<void> {
  for (let tries = 0; tries < SETTLE_TRIES && handles() !== baseline; tries++) await sleep(5);
  assert.equal(handles(), baseline, 'I3: handles left');
}

/** I8: every string can be stored as it is. */
export function assertStorable(value: unknown): void {
  if (typeof value === 'string') {
    assert.ok(value.isWellFormed() && !value.includes('\0'), 'I8: text that cannot be stored');
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(value)) {
      assertStorable(key);
      assertStorable(inner);
    }
  }
}

/** I5 for the cases so far: no connection and no reader of a probe outlives them. A count, where resident memory would be noise; it walks the heap, so it is asked once. */
export function assertForgotten(): void {
  for (const kind of [Connection, ResponseReader])
    assert.equal(queryObjects(kind), 0, `I5: a ${kind.name} is still held`);
}

/**
 * Runs one case and asserts its outcome and the invariants I1 to I4, I6, I8 and I9; with a good server also I7, by probes of it under way at the
 * same time. I2 is granted what the event loop itself stood still, which is the machine's doing.
 */
export async function runCase(adverse: AdverseCase, good: AdverseServer | null = null): Promise<void> {
  const stalls = monitorEventLoopDelay({ resolution: 10 });
  const baseline = handles();
  const trouble: unknown[] = [];
  const note = (error: unknown): void => void trouble.push(error);
  process.on('uncaughtException', note);
  process.on('unhandledRejection', note);
  process.on('warning', note);
  const server = await adverse.serve();
  let dialled = 0;
  const dial = (): void => void dialled++;
  try {
    const probe = shortProbe(adverse.options);
    const limits = adverse.options?.limits ?? SHORT_LIMITS;
    subscribe('net.client.socket', dial);
    stalls.enable();
    const started = performance.now();
    const pending = probe(targetOf(server, adverse.target)).then((result) => ({
      result,
      took: performance.now() - started,
    }));
    const patient = shortProbe({ limits: DEFAULT_LIMITS });
    const beside = good === null ? [] : Array.from({ length: GOOD_BESIDE }, () => patient(targetOf(good)));
    const { result, took } = await pending;
    const whole = await Promise.all(beside);
    unsubscribe('net.client.socket', dial);
    stalls.disable();
    assertResult(adverse, result);
    for (const { outcome, detail } of whole) assert.equal(outcome, null, `I7: a good target failed (${detail})`);
    const stalled = stalls.count === 0 ? 0 : stalls.max / 1e6;
    assert.ok(took <= limits.totalMs + GRACE_MS + stalled, `I2: took ${took.toFixed(0)} ms`);
    assert.ok(result.bytesIn <= limits.totalBytes + TLS_RECORD_BYTES, `I4: read ${result.bytesIn} bytes`);
    const dials = adverse.dials ?? 1;
    assert.equal(dialled - beside.length, dials, 'I9: connections dialled');
    assert.equal(server.connections(), adverse.accepted ?? dials, 'I9: connections accepted');
    adverse.check?.(result);
  } finally {
    await server.close();
    process.off('uncaughtException', note);
    process.off('unhandledRejection', note);
    process.off('warning', note);
  }
  await assertHandles(baseline);
  assert.deepEqual(trouble, [], 'I6: uncaught');
}

function assertResult(adverse: AdverseCase, result: ProbeResult): void {
  assert.equal(result.outcome, adverse.outcome, `outcome (${result.phase} ${result.detail})`);
  assert.equal(result.alert, adverse.alert ?? null, 'alert');
  assert.ok(result.outcome === null || OUTCOME_NAMES.includes(result.outcome), 'I1: a known outcome');
  assert.equal(result.outcome === null, result.phase === 'done', 'I1: null means done');
  assertStorable(result);
  assert.ok(JSON.stringify(result).length < MAX_EVIDENCE_CHARACTERS, 'I8: length');
}
