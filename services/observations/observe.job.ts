// Observes one chunk: dials (or reads the evidence of feeds), judges, and commits all of it or nothing.
import { performance } from 'node:perf_hooks';
import type { Policy } from '../candidates/policy.ts';
import type { Evidence } from '../feeds/evidence.ts';
import { readCertificate } from '../feeds/x509/certificate.ts';
import { judge } from '../fingerprints/match.ts';
import type { Clock } from '../platform/clock.ts';
import type { Database } from '../platform/db/database.ts';
import type { Geo } from '../platform/geo.ts';
import { type Address, parseAddress } from '../platform/net/address.ts';
import type { FirstFlightProbe } from '../probes/first-flight.probe.ts';
import type { Outcome } from '../probes/outcome.ts';
import type { Pace } from '../probes/pace.ts';
import type { Probe, ProbeResult } from '../probes/probe.ts';
import { openTurn } from '../surveys/chunk.store.ts';
import { withStart } from '../surveys/chunk-start.store.ts';
import { evidenceBodies } from '../surveys/evidence.store.ts';
import { portPlan } from '../surveys/ports.ts';
import { findPlan } from '../surveys/survey.store.ts';
import type { SurveyPlan, SurveyTarget } from '../surveys/survey.ts';
import { bodyDigestOf } from './body-digest.ts';
import { reporting } from './chunk-reports.store.ts';
import { ChunkWatch } from './chunk-watch.ts';
import { interview } from './interview.ts';
import { commitChunk } from './observation.store.ts';
import { digestOf, type Leaf, type Observation, outcomeOf } from './observation.ts';

/**
 * What was observed is held so long while the database is away, full or read-only; then it is given up, and its hosts are asked once more. Chunks that are held
 * keep their places, so that a worker dials no others meanwhile. Less than the time without progress after which a worker is taken for stuck.
 */
const HELD_MS = 2 * 60_000;

export interface ObserveContext {
  readonly database: Database;
  readonly now: Clock;
  readonly probe: Probe;
  readonly firstFlight: FirstFlightProbe;
  readonly pace: Pace;
  /** Where this process's probes leave from: it dials for no other vantage. */
  readonly vantage: string;
  /** Policy with the survey's scope and opt-outs as fresh as half a minute; asked again just before each dial. */
  readonly policyFor: (scope: readonly string[]) => Promise<Policy>;
  readonly geo: Pick<Geo, 'lookup'>;
  readonly clusterKey: string;
  /** Runs one thing at a time in this process: chunks that were begun before and not ended, so that whichever ends the process again stands alone. */
  readonly alone: <T>(work: () => Promise<T>) => Promise<T>;
  /** Told of every commit: how many observations, and how long it took in milliseconds. */
  readonly onCommit?: (rows: number, ms: number) => void;
}

/**
 * Observes a chunk exactly once, however often it is delivered: true when this call committed something of it. When `signal` aborts, no
 * further dial starts; what was observed is committed and the rest stays open for the planner to issue again.
 */
export async function observe(
  chunk: { surveyId: string; chunk: number },
  context: ObserveContext,
  signal: AbortSignal,
): Promise<boolean> {
  const { db } = context.database;
  const plan = await findPlan(db, chunk.surveyId);
  const visit = await openTurn(db, chunk.surveyId, chunk.chunk);
  // A scheduler of an earlier release gives a chunk to anybody.
  if (plan === null || visit === null || (plan.method === 'active' && visit.vantage !== context.vantage)) return false;
  const work = async (targets: readonly SurveyTarget[]): Promise<boolean> => {
    const { observations, faults } =
      plan.method === 'passive'
        ? { observations: await readChunk(targets, await context.policyFor(plan.scope), context), faults: [] }
        : await dialChunk(targets, plan, context, signal);
    const committed = await commit({ ...chunk, ...visit }, observations, context, signal);
    if (faults.length > 0) throw faults[0];
    return committed;
  };
  return withStart(db, chunk, { ...context, signal }, work);
}

async function commit(
  chunk: Parameters<typeof commitChunk>[1],
  observations: readonly (Observation | null)[],
  context: ObserveContext,
  signal: AbortSignal,
): Promise<boolean> {
  const startedAt = performance.now();
  const patience = { ms: HELD_MS, signal };
  const committed = await commitChunk(context.database, chunk, observations, context.now(), patience);
  if (committed) context.onCommit?.(observations.filter((seen) => seen !== null).length, performance.now() - startedAt);
  return committed;
}

/**
 * What became of every target of a chunk, in its order; null where `signal` or the survey's end came before its turn, or where a fault of ours did, as a database that did not say
 * who has opted out. A dial that has begun is waited for, and no fault spoils what others observed.
 */
async function dialChunk(
  targets: readonly SurveyTarget[],
  plan: SurveyPlan,
  context: ObserveContext,
  signal: AbortSignal,
): Promise<{ observations: (Observation | null)[]; faults: unknown[] }> {
  const watch = new ChunkWatch((address) => context.geo.lookup(address).asn);
  const { ending, stop } = await reporting(watch, plan.id, context);
  const halted = AbortSignal.any([signal, ending]);
  const ends = await Promise.allSettled(targets.map((target) => dial(target, plan, watch, context, halted)));
  await stop();
  return {
    observations: ends.map((end) => (end.status === 'fulfilled' ? end.value : null)),
    faults: halted.aborted ? [] : ends.flatMap((end) => (end.status === 'rejected' ? [end.reason] : [])),
  };
}

/** One target dialled within pace, unless planning or policy already decided. Policy is asked when the turn has come: an opt-out holds for queued work. */
async function dial(
  target: SurveyTarget,
  plan: SurveyPlan,
  watch: ChunkWatch,
  context: ObserveContext,
  signal: AbortSignal,
): Promise<Observation> {
  const address = target.address === null ? null : parseAddress(target.address);
  if (target.outcome !== null || address === null)
    return undialled(target, (target.outcome ?? 'invalid_target') as Outcome, context);
  const { transport, paths, plainFallback } = portPlan(target.port);
  const asked = {
    address: address.text,
    port: target.port,
    serverName: target.serverName,
    transport,
    paths,
    plainFallback,
  };
  let policy: Policy | null = null;
  const halted = AbortSignal.any([signal, watch.signalFor(address.text)]);
  const turn = (ask: () => Promise<ProbeResult>) => (): Promise<ProbeResult | null> => {
    const allowed = async () => {
      policy = await context.policyFor(plan.scope);
      return mayAsk(target, address, policy) && !watch.isStopped(address.text) ? ask() : null;
    };
    return context.pace.run(address.text, allowed, halted);
  };
  const asking = await interview(asked, plan, {
    probe: turn(() => context.probe(asked)),
    firstFlight: turn(() => context.firstFlight(asked)),
    mayGoOn: (evidence) => mayKeep(leafOf(evidence), policy),
  }).catch((error: unknown) => {
    if (signal.aborted || !watch.isStopped(address.text)) throw error;
    return null;
  });
  if (asking === null)
    return undialled(target, watch.isStopped(address.text) ? 'scope_blocked_us' : 'blocked_policy', context);
  const { result, flags } = asking;
  const seen = observed(target, result.evidence, result, 'active', context);
  if (target.wasUp === true) watch.ended(address.text, seen.outcome, context.now().getTime());
  return withoutOptedOutKey({ ...seen, flags: [...seen.flags, ...flags] }, target, policy, context);
}

/** Neither the address nor the name may be one whose owner asked not to be asked. */
function mayAsk(target: SurveyTarget, address: Address | null, policy: Policy): boolean {
  if (address !== null && !policy.decide(address).allowed) return false;
  return target.serverName === null || policy.decideName(target.serverName).allowed;
}

/** The owner of a key can be known after the handshake only; then nothing of what was seen is kept. */
function withoutOptedOutKey(
  observation: Observation,
  target: SurveyTarget,
  policy: Policy | null,
  context: ObserveContext,
): Observation {
  return mayKeep(observation.certificate, policy) ? observation : undialled(target, 'blocked_policy', context);
}

function mayKeep(leaf: Leaf | null, policy: Policy | null): boolean {
  const key = leaf?.spkiSha256 ?? null;
  return key === null || policy === null || policy.decideKey(key).allowed;
}

/** The evidence that feeds gave for the targets of a passive chunk. */
async function readChunk(
  targets: readonly SurveyTarget[],
  policy: Policy,
  context: ObserveContext,
): Promise<Observation[]> {
  const wanted = targets.flatMap(({ candidateId, evidenceFeed }) =>
    candidateId === null || evidenceFeed === null ? [] : [{ candidateId, feed: evidenceFeed }],
  );
  const bodies = await evidenceBodies(context.database.db, wanted);
  return targets.map((target) => {
    const stored = bodies.get(`${target.evidenceFeed} ${target.candidateId}`);
    const address = target.address === null ? null : parseAddress(target.address);
    if (stored === undefined) return undialled(target, 'invalid_target', context);
    if (!mayAsk(target, address, policy)) return undialled(target, 'blocked_policy', context);
    const endpoint = { address: target.address ?? '', port: target.port };
    const evidence: Evidence = { ...(stored.body as Evidence), endpoint, observedAt: stored.observedAt.toISOString() };
    return withoutOptedOutKey(observed(target, evidence, null, 'passive', context), target, policy, context);
  });
}

function observed(
  target: SurveyTarget,
  evidence: Evidence,
  wire: ProbeResult | null,
  method: 'active' | 'passive',
  context: ObserveContext,
): Observation {
  const geo = target.address === null ? NOWHERE : context.geo.lookup(target.address);
  const now = context.now().toISOString();
  const verdict = judge(evidence, { now, asn: geo.asn, key: context.clusterKey });
  return {
    ...identity(target),
    observedAt: new Date(evidence.observedAt ?? now),
    method,
    outcome: outcomeOf(wire?.outcome ?? null, verdict),
    wire,
    verdict,
    certificate: leafOf(evidence),
    country: geo.country,
    asn: geo.asn,
    evidenceDigest: digestOf(evidence),
    bodyDigest: bodyDigestOf(evidence),
    flags: [...new Set([...target.flags, ...verdict.flags])],
  };
}

function undialled(target: SurveyTarget, outcome: Outcome, context: ObserveContext): Observation {
  const evidence: Evidence = { endpoint: { address: target.address ?? '', port: target.port } };
  const wire = {
    phase: outcome.startsWith('dns_') ? 'dns' : 'policy',
    alert: null,
    detail: null,
    ms: NO_TIMES,
    bytesIn: 0,
  } as const;
  return {
    ...observed(target, evidence, null, target.evidenceFeed === null ? 'active' : 'passive', context),
    outcome,
    wire,
  };
}

const NOWHERE = { country: null, asn: null } as const;
const NO_TIMES = { connect: null, tls: null, http: null, total: 0 } as const;

const identity = (target: SurveyTarget) => ({
  host: target.host,
  address: target.address,
  port: target.port,
  serverName: target.serverName,
  feeds: target.feeds,
  evidenceFeed: target.evidenceFeed,
});

/** The leaf as stored: from DER where there is some, else as the engine parsed it. */
function leafOf({ tls, certificate }: Evidence): Leaf | null {
  const der = tls?.chain?.[0];
  if (der !== undefined) return readCertificate(Buffer.from(der, 'base64'));
  if (certificate?.sha256 === undefined) return null;
  return {
    sha256: certificate.sha256,
    spkiSha256: null,
    subject: certificate.subject ?? '',
    issuer: certificate.issuer ?? '',
    dnsNames: certificate.dnsNames ?? [],
    ipAddresses: certificate.ipAddresses ?? [],
    notBefore: certificate.notBefore ?? null,
    notAfter: certificate.notAfter ?? null,
  };
}
