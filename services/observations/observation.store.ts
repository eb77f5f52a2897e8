// Writes a chunk's observations, the state of its endpoints, and its committed mark in one transaction: at-least-once jobs, exactly-once facts.
import { type Kysely, sql } from 'kysely';
import type { Database } from '../platform/db/database.ts';
import { storableJson, storableText } from '../platform/db/json.ts';
import type { DB } from '../platform/db/schema.ts';
import { KubecensusError } from '../platform/errors.ts';
import { lockOpenChunk, markCommitted } from '../surveys/survey.store.ts';
import type { Observation, ObservedEndpoint } from './observation.ts';

/** Names of one certificate that are stored; certificates with thousands exist. */
const STORED_NAMES = 100;

/**
 * Stores all observations of a chunk exactly once: false when the chunk was committed before (a second delivery) or its survey was stopped.
 * Rolls back whole on any failure; the caller may call again.
 */
export async function commitChunk(
  database: Pick<Database, 'transaction'>,
  chunk: { surveyId: string; chunk: number; vantage: string },
  observations: readonly Observation[],
  at: Date,
): Promise<boolean> {
  const commit = (): Promise<boolean> => database.transaction((tx) => storeChunk(tx, chunk, observations, at));
  // When nobody knows whether the commit happened, doing it again is safe: a committed chunk is not open any more.
  return commit().catch((error: unknown) => {
    if (error instanceof KubecensusError && error.code === 'KC_DATABASE_COMMIT_UNKNOWN') return commit();
    throw error;
  });
}

async function storeChunk(
  tx: Kysely<DB>,
  chunk: { surveyId: string; chunk: number; vantage: string },
  observations: readonly Observation[],
  at: Date,
): Promise<boolean> {
  if (!(await lockOpenChunk(tx, chunk.surveyId, chunk.chunk))) return false;
  await insertCertificates(tx, observations);
  await insertVersions(tx, observations);
  await insertObservations(tx, chunk, observations, at);
  await updateStates(tx, chunk.surveyId, at, observations);
  await markCommitted(tx, chunk.surveyId, chunk.chunk, at);
  return true;
}

async function insertCertificates(tx: Kysely<DB>, observations: readonly Observation[]): Promise<void> {
  const bySha = new Map(
    observations.flatMap(({ certificate }) =>
      certificate === null ? [] : [[certificate.sha256, certificate] as const],
    ),
  );
  const rows = [...bySha.values()].map((certificate) => ({
    sha256: certificate.sha256,
    spki_sha256: certificate.spkiSha256,
    subject: certificate.subject,
    issuer: certificate.issuer,
    dns_names: certificate.dnsNames.slice(0, STORED_NAMES),
    ip_addresses: certificate.ipAddresses.slice(0, STORED_NAMES),
    not_before: certificate.notBefore,
    not_after: certificate.notAfter,
  }));
  if (rows.length === 0) return;
  await sql`
    insert into certificate (sha256, spki_sha256, subject, issuer, dns_names, ip_addresses, not_before, not_after)
    select sha256, spki_sha256, subject, issuer, dns_names, ip_addresses, not_before, not_after
    from json_populate_recordset(null::certificate, ${storableJson(rows)}::json) order by sha256
    on conflict (sha256) do nothing
  `.execute(tx);
}

async function insertVersions(tx: Kysely<DB>, observations: readonly Observation[]): Promise<void> {
  const versions = [...new Set(observations.map(gitVersionOf).filter((version) => version !== null))].sort();
  if (versions.length === 0) return;
  await sql`insert into k8s_version (git_version) select * from unnest(${versions}::text[]) on conflict (git_version) do nothing`.execute(
    tx,
  );
}

/** The version as printed, or null when none was disclosed. */
function gitVersionOf(observation: Observation): string | null {
  const version = observation.verdict.version;
  return version === null || version.gitVersion === '' ? null : storableText(version.gitVersion);
}

async function insertObservations(
  tx: Kysely<DB>,
  chunk: { surveyId: string; vantage: string },
  observations: readonly Observation[],
  at: Date,
): Promise<void> {
  const rows = observations.map((observation) => toRow(chunk, observation, at));
  await sql`
    insert into observation select o.* from jsonb_array_elements(${storableJson(rows)}::jsonb) as t (body)
    left join k8s_version v on v.git_version = t.body->>'git_version'
    left join certificate c on c.sha256 = t.body->>'certificate_sha256'
    cross join lateral jsonb_populate_record(null::observation, t.body || jsonb_build_object('version_id', v.id, 'certificate_id', c.id)) as o
  `.execute(tx);
}

function toRow(
  chunk: { surveyId: string; vantage: string },
  observation: Observation,
  at: Date,
): Record<string, unknown> {
  const { verdict, wire } = observation;
  return {
    survey_id: chunk.surveyId,
    recorded_at: at,
    observed_at: observation.observedAt,
    host: observation.host,
    address: observation.address,
    port: observation.port,
    server_name: observation.serverName,
    method: observation.method,
    vantage: chunk.vantage,
    feeds: observation.feeds,
    evidence_feed: observation.evidenceFeed,
    outcome: observation.outcome,
    phase: wire?.phase ?? 'done',
    alert: wire?.alert ?? null,
    detail: wire?.detail ?? null,
    ms_connect: round(wire?.ms.connect),
    ms_tls: round(wire?.ms.tls),
    ms_http: round(wire?.ms.http),
    ms_total: round(wire?.ms.total),
    bytes_in: wire?.bytesIn ?? 0,
    component: verdict.component,
    grade: verdict.grade,
    certificate_name: verdict.indicators.certificateName,
    version_endpoint: verdict.indicators.versionEndpoint,
    authentication: verdict.authentication,
    git_version: gitVersionOf(observation),
    certificate_sha256: observation.certificate?.sha256 ?? null,
    distribution: verdict.distribution?.slug ?? null,
    minor: minorOf(observation),
    support: verdict.support,
    honeypot: verdict.honeypot.grade,
    country: observation.country,
    asn: observation.asn,
    evidence_digest: observation.evidenceDigest,
    flags: observation.flags,
    verdict,
  };
}

const round = (ms: number | null | undefined): number | null => (ms == null ? null : Math.round(ms));

function minorOf({ verdict }: Observation): string | null {
  const version = verdict.version;
  return version === null || version.major === null || version.minor === null
    ? null
    : `${version.major}.${version.minor}`;
}

/** Outcomes that say nothing about the host leave its state alone. */
const SAYS_NOTHING = new Set(['error_ours', 'blocked_policy', 'invalid_target']);

/** First and last seen, misses and the last verdict per endpoint; only active surveys move it, and never backwards. */
async function updateStates(
  tx: Kysely<DB>,
  surveyId: string,
  at: Date,
  observations: readonly Observation[],
): Promise<void> {
  if (!observations.some((observation) => observation.method === 'active' && observation.address !== null)) return;
  await sql`
    insert into endpoint_state as e (address, port, first_seen, last_seen, last_probed, last_changed, misses, outcome, component, grade, version_id, distribution)
    select o.address, o.port, case when up then o.observed_at end, case when up then o.observed_at end, o.observed_at, o.observed_at,
      case when up then 0 else 1 end, o.outcome, o.component, o.grade, o.version_id, o.distribution
    from (select *, grade in ('confirmed', 'probable') as up from observation
      where survey_id = ${surveyId} and recorded_at = ${at} and method = 'active' and address is not null and outcome <> all(${[...SAYS_NOTHING]}::text[])) o
    order by o.address, o.port
    on conflict (address, port) do update set
      first_seen = coalesce(e.first_seen, excluded.first_seen),
      last_seen = greatest(e.last_seen, excluded.last_seen),
      last_probed = excluded.last_probed,
      last_changed = case when (e.outcome, e.component, e.grade, e.version_id, e.distribution)
        is distinct from (excluded.outcome, excluded.component, excluded.grade, excluded.version_id, excluded.distribution)
        then excluded.last_probed else e.last_changed end,
      misses = case when excluded.misses = 0 then 0 else e.misses + 1 end,
      outcome = excluded.outcome, component = excluded.component, grade = excluded.grade,
      version_id = excluded.version_id, distribution = excluded.distribution
    where e.last_probed <= excluded.last_probed
  `.execute(tx);
}

/** One address of every network of a survey, by AS number in decimal: enough to look its name up. */
export async function addressPerNetwork(db: Kysely<DB>, surveyId: string): Promise<Map<string, string>> {
  const result = await sql<{ asn: string; address: string }>`
    select distinct on (asn) asn::text as asn, host(address) as address from observation
    where survey_id = ${surveyId} and asn is not null and address is not null order by asn, address
  `.execute(db);
  return new Map(result.rows.map((row) => [row.asn, row.address]));
}

/** What a survey saw at every endpoint, in the order of addresses, with the words of the verdict. For a survey that fits into memory. */
export async function observedEndpoints(db: Kysely<DB>, surveyId: string): Promise<ObservedEndpoint[]> {
  const result = await sql<ObservedEndpoint>`
    select host(o.address) as address, o.host, o.port, o.outcome, o.component, o.grade, o.certificate_name as "certificateName",
      o.version_endpoint as "versionEndpoint", v.git_version as "gitVersion", o.distribution, o.authentication
    from observation o left join k8s_version v on v.id = o.version_id where o.survey_id = ${surveyId} order by o.address, o.port, o.host
  `.execute(db);
  return result.rows;
}
