// Writes a chunk's observations, the state of its endpoints, and its committed mark in one transaction: at-least-once jobs, exactly-once facts.
import { type Kysely, sql } from 'kysely';
import type { Database, Patience } from '../platform/db/database.ts';
import { storableJson, storableText } from '../platform/db/json.ts';
import type { DB } from '../platform/db/schema.ts';
import { KubecensusError } from '../platform/errors.ts';
import { lockTrips } from '../surveys/brake.store.ts';
import { LOST, UNASKED } from '../surveys/brake.ts';
import { lockOpenChunk, markCommitted, splitChunk } from '../surveys/chunk.store.ts';
import type { Observation, ObservedEndpoint } from './observation.ts';
import { saysOf } from './seen-more.store.ts';

/** Names of one certificate that are stored; certificates with thousands exist. */
const STORED_NAMES = 100;
/** Characters of one name that are stored: a subject may have thousands, a DNS name has 253. */
const STORED_NAME = 1024;
/** Flags of one observation that are stored: they are a few words of ours, unless something is wrong. */
const STORED_FLAGS = 50;
const SHA256_HEX = /^[0-9a-f]{64}$/;
/** The years that X.509 can write (RFC 5280 4.1.2.5) and timestamptz prints alike. */
const FIRST_TIME = Date.parse('0001-01-01T00:00:00Z');
const LAST_TIME = Date.parse('9999-12-31T23:59:59Z');
/** Commits of one chunk whose end is not known; a connection that breaks at every one of them has a cause. */
const MOST_COMMITS = 5;

/** Who looked. `turn` counts the vantages that looked at the same targets before in this survey; absent: none. */
interface Visit {
  readonly surveyId: string;
  readonly vantage: string;
  readonly turn?: number;
}

/**
 * Stores the observations of a chunk exactly once: false when the chunk was committed before (a second delivery), its survey was stopped, or
 * nothing was observed. Rolls back whole on any failure; the caller may call again. `observations` follow the chunk's targets; null stands
 * for one that was not observed because work was halted: those targets become a chunk of their own, open for later.
 */
export async function commitChunk(
  database: Pick<Database, 'transaction'>,
  chunk: Visit & { readonly chunk: number },
  observations: readonly (Observation | null)[],
  at: Date,
  patience?: Patience,
): Promise<boolean> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await database.transaction((tx) => storeChunk(tx, chunk, observations, at), patience);
    } catch (error) {
      // When nobody knows whether the commit happened, doing it again is safe: a committed chunk is not open any more.
      const isUnknown = error instanceof KubecensusError && error.code === 'KC_DATABASE_COMMIT_UNKNOWN';
      if (!isUnknown || attempt === MOST_COMMITS) throw error;
    }
  }
}

async function storeChunk(
  tx: Kysely<DB>,
  chunk: Visit & { readonly chunk: number },
  all: readonly (Observation | null)[],
  at: Date,
): Promise<boolean> {
  const observations = all.filter((observation) => observation !== null);
  await lockTrips(tx, chunk.surveyId, 'shared');
  if ((all.length > 0 && observations.length === 0) || !(await lockOpenChunk(tx, chunk.surveyId, chunk.chunk)))
    return false;
  const left = all.flatMap((observation, index) => (observation === null ? [index] : []));
  if (left.length > 0) await splitChunk(tx, chunk.surveyId, chunk.chunk, left);
  await insertCertificates(tx, observations);
  await insertVersions(tx, observations);
  await insertObservations(tx, chunk, observations, at);
  await markCommitted(tx, chunk.surveyId, chunk.chunk, at);
  return true;
}

async function insertCertificates(tx: Kysely<DB>, observations: readonly Observation[]): Promise<void> {
  const bySha = new Map(
    observations.flatMap((observation) => {
      const sha256 = certificateOf(observation);
      return sha256 === null || observation.certificate === null ? [] : [[sha256, observation.certificate] as const];
    }),
  );
  const rows = [...bySha].map(([sha256, certificate]) => ({
    sha256,
    spki_sha256: certificate.spkiSha256,
    subject: certificate.subject.slice(0, STORED_NAME),
    issuer: certificate.issuer.slice(0, STORED_NAME),
    dns_names: storedNames(certificate.dnsNames),
    ip_addresses: storedNames(certificate.ipAddresses),
    not_before: storableTime(certificate.notBefore),
    not_after: storableTime(certificate.notAfter),
  }));
  if (rows.length === 0) return;
  await sql`
    insert into certificate (sha256, spki_sha256, subject, issuer, dns_names, ip_addresses, not_before, not_after)
    select sha256, spki_sha256, subject, issuer, dns_names, ip_addresses, not_before, not_after
    from json_populate_recordset(null::certificate, ${storableJson(rows)}::json) order by sha256
    on conflict (sha256) do nothing
  `.execute(tx);
}

/** The digest that names a certificate in lower-case hex; null without a certificate, or when an engine names it otherwise. */
function certificateOf({ certificate }: Observation): string | null {
  const sha256 = certificate?.sha256.toLowerCase() ?? '';
  return SHA256_HEX.test(sha256) ? sha256 : null;
}

const storedNames = (names: readonly string[]): string[] =>
  names.slice(0, STORED_NAMES).map((name) => name.slice(0, STORED_NAME));

/** A time that timestamptz and JavaScript both hold, or null: engines and hosts write what they like. */
function storableTime(text: string | null): string | null {
  const time = text === null ? Number.NaN : Date.parse(text);
  return time >= FIRST_TIME && time <= LAST_TIME ? new Date(time).toISOString() : null;
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

/** What one observation is sent as, by name and type; the rest of a row is the same for the whole chunk or looked up. */
const SENT = {
  observed_at: 'timestamptz',
  host: 'text',
  address: 'inet',
  port: 'integer',
  server_name: 'text',
  method: 'text',
  feeds: 'text[]',
  evidence_feed: 'text',
  outcome: 'text',
  phase: 'text',
  alert: 'smallint',
  detail: 'text',
  ms_connect: 'integer',
  ms_tls: 'integer',
  ms_http: 'integer',
  ms_total: 'integer',
  bytes_in: 'integer',
  component: 'text',
  grade: 'text',
  certificate_name: 'boolean',
  version_endpoint: 'boolean',
  authentication: 'text',
  distribution: 'text',
  minor: 'text',
  support: 'text',
  honeypot: 'text',
  country: 'text',
  asn: 'bigint',
  evidence_digest: 'text',
  body_digest: 'text',
  flags: 'text[]',
  verdict: 'jsonb',
} as const;
type SentRow = Record<keyof typeof SENT | 'git_version' | 'certificate_sha256', unknown>;

const SENT_NAMES = sql.join(Object.keys(SENT).map((name) => sql.ref(name)));
const SENT_FIELDS = sql.join(Object.keys(SENT).map((name) => sql.ref(`sent.${name}`)));
const SENT_COLUMNS = sql.raw(
  Object.entries({ ...SENT, git_version: 'text', certificate_sha256: 'text' })
    .map(([name, type]) => `${name} ${type}`)
    .join(', '),
);

/** Outcomes that say nothing about the host leave its state alone. */
const SAYS_NOTHING = [...UNASKED];

/**
 * Inserts the rows and, from the same rows, moves the state of their endpoints: first and last seen, misses and the last verdict. Only
 * active surveys move it, and never backwards. A miss in a time that was taken for our own fault makes an endpoint suspect and counts no further.
 * Of an endpoint that another vantage of the survey saw, the row that says most counts: the other is superseded, moves no state, and a second
 * miss is none.
 */
async function insertObservations(
  tx: Kysely<DB>,
  chunk: Visit,
  observations: readonly Observation[],
  at: Date,
): Promise<void> {
  const isFirst = (chunk.turn ?? 0) === 0;
  await sql`
    with sent as materialized (
      select ${SENT_NAMES}, v.id as version_id, c.id as certificate_id
      from json_to_recordset(${storableJson(observations.map(toRow))}::json) as row (${SENT_COLUMNS})
      left join k8s_version v using (git_version) left join certificate c on c.sha256 = certificate_sha256
    ), before as materialized (
      ${isFirst ? NOBODY : countedBefore(chunk)}
    ), ${isFirst ? sql`` : outdone(chunk)}
    inserted as (
      insert into observation (survey_id, recorded_at, vantage, superseded, version_id, certificate_id, ${SENT_NAMES})
      select ${chunk.surveyId}, ${at}::timestamptz, ${chunk.vantage}, coalesce(b.says >= ${saysOf('sent')}, false), version_id, certificate_id, ${SENT_FIELDS}
      from sent left join before b on b.address = sent.address and b.port = sent.port
      returning address, port, observed_at, method, outcome, component, grade, version_id, distribution, superseded
    )
    insert into endpoint_state as e (address, port, first_seen, last_seen, last_probed, last_changed, misses, outcome, component, grade, version_id, distribution)
    select address, port, case when up then observed_at end, case when up then observed_at end, observed_at, observed_at,
      case when up then 0 else 1 end, outcome, component, grade, version_id, distribution
    from (select *, grade in ('confirmed', 'probable') as up from inserted) o
    where method = 'active' and address is not null and not superseded and outcome <> all(${SAYS_NOTHING}::text[])
    order by address, port
    on conflict (address, port) do update set
      first_seen = coalesce(e.first_seen, excluded.first_seen),
      last_seen = greatest(e.last_seen, excluded.last_seen),
      last_probed = excluded.last_probed,
      last_changed = case when (e.outcome, e.component, e.grade, e.version_id, e.distribution)
        is distinct from (excluded.outcome, excluded.component, excluded.grade, excluded.version_id, excluded.distribution)
        then excluded.last_probed else e.last_changed end,
      misses = case when excluded.misses = 0 then 0 when ${WAS_MISSED_BEFORE} then e.misses when ${isDoubted(chunk.surveyId)} then greatest(e.misses, 1) else e.misses + 1 end,
      outcome = excluded.outcome, component = excluded.component, grade = excluded.grade,
      version_id = excluded.version_id, distribution = excluded.distribution
    where e.last_probed <= excluded.last_probed
  `.execute(tx);
}

/** The row that counts so far of each endpoint that is sent, and whether it said anything. */
const countedBefore = ({ surveyId, vantage }: Visit) => sql`
  select o.address, o.port, ${saysOf('o')} as says, o.outcome <> all(${SAYS_NOTHING}::text[]) as was_said
  from sent join observation o on o.address = sent.address and o.port = sent.port where ${isOfOthers(surveyId, vantage)}`;

const NOBODY = sql`select null::inet as address, null::integer as port, 0 as says, false as was_said where false`;

/** Counted rows `o` of the survey's other vantages. */
const isOfOthers = (surveyId: string, vantage: string) => sql`
  o.survey_id = ${surveyId} and o.vantage <> ${vantage} and not o.superseded
  and o.recorded_at >= (select started_at from survey where id = ${surveyId})`;

/** Marks those that a row which is sent outdoes. */
const outdone = ({ surveyId, vantage }: Visit) => sql`
  outdone as (
    update observation o set superseded = true from before b join sent on sent.address = b.address and sent.port = b.port
    where o.address = b.address and o.port = b.port and ${saysOf('sent')} > b.says and ${isOfOthers(surveyId, vantage)}
  ),`;

/** The vantage before missed it already: one survey misses an endpoint once. */
const WAS_MISSED_BEFORE = sql<boolean>`exists (select from before b where b.address = e.address and b.port = e.port and b.was_said)`;

/** A loss in a time that was taken for our own fault. */
const isDoubted = (surveyId: string) => sql<boolean>`(excluded.outcome = any(${[...LOST]}::text[]) and exists (
  select from survey_trip t where t.survey_id = ${surveyId} and excluded.last_probed between t.window_from and t.window_to))`;

function toRow(observation: Observation): SentRow {
  const { verdict, wire } = observation;
  return {
    observed_at: observation.observedAt,
    host: observation.host,
    address: observation.address,
    port: observation.port,
    server_name: observation.serverName,
    method: observation.method,
    feeds: observation.feeds,
    evidence_feed: observation.evidenceFeed,
    outcome: observation.outcome,
    phase: wire?.phase ?? 'done',
    alert: wire?.alert ?? null,
    detail: wire?.detail?.slice(0, STORED_NAME) ?? null,
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
    certificate_sha256: certificateOf(observation),
    distribution: verdict.distribution?.slug ?? null,
    minor: minorOf(observation),
    support: verdict.support,
    honeypot: verdict.honeypot.grade,
    country: observation.country,
    asn: observation.asn,
    evidence_digest: observation.evidenceDigest,
    body_digest: observation.bodyDigest,
    flags: observation.flags.slice(0, STORED_FLAGS).map((flag) => flag.slice(0, STORED_NAME)),
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
    from observation o left join k8s_version v on v.id = o.version_id where o.survey_id = ${surveyId} and not o.superseded order by o.address, o.port, o.host
  `.execute(db);
  return result.rows;
}
