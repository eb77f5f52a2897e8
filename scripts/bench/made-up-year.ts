// A made-up year of weekly surveys, written by the database itself from row numbers: the same seed and size give the same rows.
import { type Kysely, sql } from 'kysely';
import { makePartitions } from '../../services/observations/partition.store.ts';
import type { Database } from '../../services/platform/db/database.ts';
import type { DB } from '../../services/platform/db/schema.ts';

const WEEKS = 52;
const DAY_MS = 24 * 3600 * 1000;
/** The newest survey has half of all observations, up to what a survey of everything that answers on 6443 has; the year before shares the rest. */
const LARGEST_SURVEY = 1_500_000;
const VERSIONS = 2000;
/** Statements at once: what two cores carry. */
const WRITERS = 2;
/** Rows of one statement. */
const SLICE = 250_000;

/** One survey of the year. */
export interface MadeUpSurvey {
  readonly id: string;
  readonly endpoints: number;
  readonly at: Date;
}

/** The surveys that `observations` in all make, oldest first, the newest a day before `now`. */
export function yearOf(observations: number, now: Date): MadeUpSurvey[] {
  const newest = Math.min(LARGEST_SURVEY, Math.ceil(observations / 2));
  const each = Math.floor((observations - newest) / (WEEKS - 1));
  return Array.from({ length: WEEKS }, (_, week) => ({
    id: `bench-${String(week).padStart(2, '0')}`,
    endpoints: week === WEEKS - 1 ? newest : each,
    at: new Date(now.getTime() - DAY_MS - (WEEKS - 1 - week) * 7 * DAY_MS),
  })).filter((survey) => survey.endpoints > 0);
}

/** Writes versions, certificates, surveys and observations into an empty database with a partition for every day. */
export async function writeYear({ db }: Database, surveys: readonly MadeUpSurvey[], seed: number): Promise<void> {
  const most = Math.max(...surveys.map((survey) => survey.endpoints));
  await sql`insert into k8s_version (git_version) select 'v1.' || 18 + n % 18 || '.' || n / 18 || case n % 3 when 0 then '' when 1 then '-gke.' || n else '-eks-' || n end
    from generate_series(0, ${sql.lit(VERSIONS - 1)}) n`.execute(db);
  for (const { at } of surveys) await makePartitions(db, at);
  for (const { id, at, endpoints } of surveys)
    await sql`insert into survey (id, method, state, seed, ports, feeds, scope, vantage, rate, manifest, target_count, created_at, started_at, finished_at)
      values (${id}, 'active', 'complete', 's', '{6443}', '{}', '{0.0.0.0/0}', 'bench', 60, '{}', ${endpoints}, ${at}, ${at}, ${new Date(at.getTime() + DAY_MS / 4)})`.execute(
      db,
    );
  const slices = surveys.flatMap((survey, week) =>
    Array.from({ length: Math.ceil(survey.endpoints / SLICE) }, (_, n) => () => {
      const end = Math.min(survey.endpoints, (n + 1) * SLICE);
      return writeObservations(db, survey, week, [n * SLICE, end - 1], { seed, most });
    }),
  );
  const certificates = Array.from(
    { length: Math.ceil(most / SLICE) },
    (_, n) => () => writeCertificates(db, [n * SLICE, Math.min(most, (n + 1) * SLICE) - 1]),
  );
  await allAtOnce([...certificates, ...slices]);
  await sql`vacuum analyze`.execute(db);
}

/** Does all of it, in order, as much at once as two cores carry. */
export async function allAtOnce(works: (() => Promise<void>)[]): Promise<void> {
  const writer = async (): Promise<void> => {
    for (let work = works.shift(); work !== undefined; work = works.shift()) await work();
  };
  await Promise.all(Array.from({ length: WRITERS }, writer));
}

/** One leaf per endpoint; one in eight has the key of its neighbour. */
async function writeCertificates(db: Kysely<DB>, [from, to]: readonly [number, number]): Promise<void> {
  await sql`insert into certificate (id, sha256, spki_sha256, subject, issuer, dns_names, ip_addresses, not_before, not_after) overriding system value
    select n + 1, encode(sha256(int8send(n)), 'hex'), encode(sha256(int8send(n / 8 * 8 + least(n % 8, 6))), 'hex'), 'O=kubernetes,CN=kube-apiserver', 'CN=kubernetes',
      array['kubernetes', 'kubernetes.default', 'kubernetes.default.svc', 'kubernetes.default.svc.cluster.local', 'node-' || n], array['10.96.0.1'],
      '2026-01-01', '2027-01-01'
    from generate_series(${sql.lit(from)}::bigint, ${sql.lit(to)}::bigint) n`.execute(db);
}

/** A tenth of the endpoints are others every week. */
const CHURN = 0.1;

/**
 * Endpoints by number: two to a /24, networks and countries drawn with a long tail, a quarter silent, a third with a version. What an endpoint is depends on its
 * number and the seed, so that it is the same one in the next survey.
 */
async function writeObservations(
  db: Kysely<DB>,
  survey: MadeUpSurvey,
  week: number,
  [from, to]: readonly [number, number],
  { seed, most }: { readonly seed: number; readonly most: number },
): Promise<void> {
  const first = Math.floor(week * CHURN * survey.endpoints);
  const draw = (salt: number) => sql`(hashint8extended(e.n, ${sql.lit(seed * 10 + salt)}) & 1048575) / 1048576.0`;
  const recorded = sql.lit(survey.at.toISOString());
  await sql`
    insert into observation (survey_id, recorded_at, observed_at, host, address, port, method, vantage, feeds, outcome, phase, ms_total, bytes_in, component, grade,
      certificate_name, version_endpoint, authentication, version_id, certificate_id, distribution, minor, support, honeypot, country, asn, evidence_digest, body_digest,
      flags, verdict)
    select ${sql.lit(survey.id)}, at, at, host(address), address, case when d.kind < 0.7 then 6443 when d.kind < 0.85 then 443 else 10250 end, 'active', 'bench',
      case when d.other < 0.6 then '{ct}' when d.other < 0.8 then '{ct,censys}' when d.other < 0.9 then '{shodan}' else '{censys,shodan}' end::text[],
      case when silent then 'tcp_timeout' when open then 'k8s_version_open' else 'k8s_auth_required' end, 'done', 80, 4096,
      case when silent then null when d.kind < 0.85 then 'kube-apiserver' else 'kubelet' end, case when silent then 'not' when d.other < 0.9 then 'confirmed' else 'probable' end,
      case when not silent then d.other < 0.9 end, case when not silent then open end,
      case when silent then null when open then 'anonymous-public' else 'required' end,
      case when open then 1 + floor(${sql.lit(VERSIONS)} * d.version ^ 3)::int end, case when not silent then 1 + e.n % ${sql.lit(most)} end,
      case when open then (array['vanilla', 'gke', 'eks', 'aks', 'k3s', 'rke2', 'openshift'])[1 + floor(7 * d.version)::int] end,
      case when open then '1.' || 18 + floor(${sql.lit(VERSIONS)} * d.version ^ 3)::int % 18 end, case when open then case when d.version < 0.3 then 'supported' else 'end-of-life' end end,
      case when d.version < 0.97 then 'none' else 'medium' end,
      chr(65 + floor(26 * d.place ^ 2)::int) || chr(65 + floor(26 * d.place)::int % 26), 1000 + floor(30000 * d.place ^ 3)::int,
      md5(e.n::text), case when not silent then md5((e.n / 5)::text) end, '{}',
      jsonb_build_object('component', 'kube-apiserver', 'grade', 'confirmed', 'cluster', jsonb_build_object('keys', case when silent then '[]'::jsonb else jsonb_build_array(md5((e.n / 3)::text)) end),
        'honeypot', '{"grade": "none", "reasons": []}'::jsonb, 'ranges', '["CVE-2023-2728"]'::jsonb, 'advice', '["restrict-api-server"]'::jsonb,
        'indicators', '{"certificateName": true, "versionEndpoint": true, "issuer": true, "subject": false, "healthz": null}'::jsonb)
    from (select ${sql.lit(first)} + i as n, ${recorded}::timestamptz + i % 20000 * interval '1 second' as at from generate_series(${sql.lit(from)}::bigint, ${sql.lit(to)}::bigint) i) e
    cross join lateral (select ${draw(1)} as kind, ${draw(2)} as other, ${draw(3)} as version, ${draw(4)} as place) d
    cross join lateral (select d.kind * 7 - floor(d.kind * 7) < 0.25 as silent) s
    cross join lateral (select not silent and d.other < 0.45 as open, '16.0.0.0'::inet + e.n / 2 * 256 + 10 + e.n % 2 * 20 as address) a
  `.execute(db);
}
