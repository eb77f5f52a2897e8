// What is fuzzed: each reader of bytes that strangers choose, its seeds, and what must hold for any input.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import type { Evidence } from '../../services/feeds/evidence.ts';
import { parseEvidence } from '../../services/feeds/read-evidence.ts';
import { readCertificate } from '../../services/feeds/x509/certificate.ts';
import { fingerprintLine } from '../../services/fingerprints/fingerprint-line.ts';
import { judge, weigh } from '../../services/fingerprints/match.ts';
import { COMPONENTS, GRADES, type Verdict } from '../../services/fingerprints/verdict.ts';
import { verdictLine } from '../../services/fingerprints/verdict-line.ts';
import { createFirstFlightProbe } from '../../services/probes/first-flight.probe.ts';
import { FirstFlightReader, MAX_FLIGHT_BYTES } from '../../services/probes/first-flight.ts';
import { OUTCOME_NAMES } from '../../services/probes/outcome.ts';
import { shortProbe, targetOf } from '../../test/hostile/adverse-case.ts';
import { serveTcp } from '../../test/hostile/servers/listener.ts';
import { flightOf } from '../../test/probes/first-flight-bytes.ts';

export interface FuzzTarget {
  readonly name: string;
  readonly seeds: readonly Uint8Array[];
  /** Throws when `input` breaks something. */
  readonly check: (input: Buffer) => void | Promise<void>;
}

const NOW = '2026-11-23T18:20:00Z';
const CAPTURES = new URL('../../test/fixtures/captures/', import.meta.url);

/** The captures as lines of evidence. */
function captureLines(): readonly string[] {
  return readdirSync(CAPTURES)
    .sort()
    .map((file) => JSON.stringify(JSON.parse(readFileSync(new URL(file, CAPTURES), 'utf8'))));
}

function evidenceOf(line: string): Evidence {
  const read = parseEvidence(line);
  if (!read.ok) throw new Error(`a capture cannot be read: ${read.reason}`);
  return read.evidence;
}

/** Any input gives a verdict of known words, and the line that is printed says the same as the verdict. */
function checkVerdict(evidence: Evidence): void {
  const verdict = judge(evidence, { now: NOW });
  assert.ok(GRADES.includes(verdict.grade), verdict.grade);
  assert.ok(verdict.component === null || COMPONENTS.includes(verdict.component), String(verdict.component));
  assert.deepEqual(JSON.parse(verdictLine(weigh(evidence, { now: NOW }))), JSON.parse(JSON.stringify(verdict)));
}

const BASE: Evidence = { endpoint: { address: '192.0.2.1', port: 6443 }, transport: 'tls' };
const PATHS = ['/version', '/healthz', '/livez', '/', '/health', '/metrics'] as const;

/** Every target, with the seeds of test/fixtures. */
export function fuzzTargets(): readonly FuzzTarget[] {
  const lines = captureLines();
  const captures = lines.map(evidenceOf);
  const chains = captures.flatMap(({ tls }) => tls?.chain ?? []).map((text) => Buffer.from(text, 'base64'));
  const responses = captures.flatMap(({ requests }) =>
    (requests ?? []).flatMap((request) => ('response' in request ? [Buffer.from(request.response, 'latin1')] : [])),
  );
  const flights = captures.flatMap(({ id, tls }) => (tls?.chain === undefined ? [] : [flightOf(String(id))]));
  return [
    { name: 'evidence lines', seeds: lines.map((line) => Buffer.from(line)), check: checkLine },
    {
      name: 'responses',
      seeds: responses,
      check: (input) => {
        const response = input.toString('latin1');
        for (const path of PATHS) checkVerdict({ ...BASE, requests: [{ path, response }] });
      },
    },
    {
      name: 'certificates',
      seeds: chains,
      check: (input) => {
        checkStorable(readCertificate(input));
        checkVerdict({ ...BASE, tls: { chain: [input.toString('base64')] } });
      },
    },
    { name: 'TLS flights', seeds: flights, check: checkFlight },
  ];
}

/** Whole servers of such bytes, over real sockets: slower than the readers by a hundred times, hence a list of their own. */
export function transcriptTargets(): readonly FuzzTarget[] {
  const seeds = fuzzTargets().flatMap((target) =>
    target.name === 'responses' || target.name === 'TLS flights' ? target.seeds : [],
  );
  return [{ name: 'transcripts', seeds, check: checkTranscript }];
}

/** PostgreSQL has no NUL and no lone surrogate in text. */
function checkStorable(facts: object | null): void {
  JSON.stringify(facts, (key, value: unknown) => {
    if (typeof value === 'string') assert.ok(!value.includes('\0') && value.isWellFormed(), key);
    return value;
  });
}

function checkLine(input: Buffer): void {
  const { line } = fingerprintLine(input.toString('utf8'), NOW);
  assert.ok(!line.includes('\n'), 'a newline inside a line');
  assert.ok(GRADES.includes((JSON.parse(line) as Verdict).grade));
}

/** The reader says the same however the bytes are cut, keeps within its bound, and what it gives can be judged. */
function checkFlight(input: Buffer): void {
  const whole = readPieces([input]);
  const half = input.length >> 1;
  assert.deepEqual(readPieces([input.subarray(0, half), input.subarray(half)]), whole);
  assert.deepEqual(readPieces(Array.from(input, (_, at) => input.subarray(at, at + 1))), whole);
  const { chain, acceptableClientCAs } = whole.flight ?? { chain: [], acceptableClientCAs: null };
  assert.ok(chain.reduce((sum, der) => sum + der.length, 0) <= 2 * MAX_FLIGHT_BYTES);
  checkVerdict({ ...BASE, tls: { chain }, acceptableClientCAs });
}

function readPieces(pieces: readonly Buffer[]) {
  const reader = new FirstFlightReader();
  for (const piece of pieces) if (reader.push(piece).state !== 'more') break;
  return { state: reader.end(), flight: reader.flight };
}

const FULL_PROBE = shortProbe();
const FIRST_FLIGHT = createFirstFlightProbe({
  connectMs: 1000,
  flightMs: 1000,
  allow: () => true,
  now: () => new Date(NOW),
});

/** A server that says this and ends: over real sockets every probe comes to one known end, what it kept can be stored, and nothing rejects. */
async function checkTranscript(input: Buffer): Promise<void> {
  const server = await serveTcp((socket) => void socket.once('data', () => socket.end(input)));
  try {
    const results = await Promise.all([
      FULL_PROBE(targetOf(server)),
      FULL_PROBE(targetOf(server, { transport: 'plain' })),
      FIRST_FLIGHT(targetOf(server)),
    ]);
    for (const { outcome, phase, evidence } of results) {
      assert.ok(outcome === null ? phase === 'done' : OUTCOME_NAMES.includes(outcome), String(outcome));
      assert.notEqual(outcome, 'error_ours', 'what a server says is no fault of ours');
      checkStorable(evidence);
    }
  } finally {
    await server.close();
  }
}
