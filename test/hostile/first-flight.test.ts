// The first-flight reader against every adverse server: one outcome, in time, one connection, bounded bytes, nothing left open.
import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createFirstFlightProbe } from '../../services/probes/first-flight.probe.ts';
import { MAX_FLIGHT_BYTES } from '../../services/probes/first-flight.ts';
import { OUTCOME_NAMES } from '../../services/probes/outcome.ts';
import { assertStorable, GRACE_MS } from './adverse-case.ts';
import { type FlightCase, leafOf, madeFlightCases } from './first-flight-cases.ts';

const LIMITS = { connectMs: 300, flightMs: 500 };
/** One read may bring this much beyond the cap. */
const READ_BYTES = 16 * 1024;
const HANDLES = /^(?:TCP|TLS|Timeout|Immediate|GetAddrInfo|Pipe|Process)/;
const SETTLE_TRIES = 100;

const { cases, issued } = await madeFlightCases();

function handles(): string {
  return process
    .getActiveResourcesInfo()
    .filter((kind) => HANDLES.test(kind))
    .sort()
    .join(' ');
}

async function runCase(adverse: FlightCase): Promise<void> {
  const baseline = handles();
  const trouble: unknown[] = [];
  const note = (error: unknown): void => void trouble.push(error);
  for (const event of ['uncaughtException', 'unhandledRejection', 'warning']) process.on(event, note);
  const server = await adverse.serve();
  let dialled = 0;
  const dial = (): void => void dialled++;
  try {
    const probe = createFirstFlightProbe({ ...LIMITS, allow: () => true, now: () => new Date(), ...adverse.options });
    subscribe('net.client.socket', dial);
    const started = performance.now();
    const result = await probe({ address: '127.0.0.1', port: server.port, serverName: null }).finally(() =>
      unsubscribe('net.client.socket', dial),
    );
    const took = performance.now() - started;
    assert.equal(result.outcome, adverse.outcome, `outcome (${result.phase} ${result.detail})`);
    assert.equal(result.alert, adverse.alert ?? null, 'alert');
    if (adverse.detail !== undefined) assert.equal(result.detail, adverse.detail);
    assert.ok(result.outcome === null || OUTCOME_NAMES.includes(result.outcome), 'I1: a known outcome');
    assert.equal(result.outcome === null, result.phase === 'done', 'I1: null means done');
    assert.equal(leafOf(result), adverse.leaf === true ? issued.der.toString('base64') : undefined, 'leaf');
    assert.ok(took <= LIMITS.connectMs + LIMITS.flightMs + GRACE_MS, `I2: took ${took.toFixed(0)} ms`);
    assert.ok(result.bytesIn <= MAX_FLIGHT_BYTES + READ_BYTES, `I4: read ${result.bytesIn} bytes`);
    assertStorable(result);
    assert.equal(dialled, 1, 'I9: connections dialled');
    assert.equal(server.connections(), adverse.accepted ?? 1, 'I9: connections accepted');
  } finally {
    await server.close();
    for (const event of ['uncaughtException', 'unhandledRejection', 'warning']) process.off(event, note);
  }
  for (let tries = 0; tries < SETTLE_TRIES && handles() !== baseline; tries++) await sleep(5);
  assert.equal(handles(), baseline, 'I3: handles left');
  assert.deepEqual(trouble, [], 'I6: uncaught');
}

test('case ids are unique', () => {
  assert.equal(new Set(cases.map(({ id }) => id)).size, cases.length);
  assert.ok(cases.length > 30);
});

for (const adverse of cases) test(`${adverse.id}: ${adverse.what}`, () => runCase(adverse));
