// Rows about hosts: the state of endpoints within networks, and what was observed at one. Whoever opted out is in neither.
import { type Kysely, sql } from 'kysely';
import { endpointStateSql } from '../exports/endpoint-state.ts';
import { OPTED_OUT_OBSERVATION, optedOut } from '../exports/opted-out.ts';
import type { DB } from '../platform/db/schema.ts';
import type { EndpointState } from '../surveys/endpoint-life.ts';

/** What one endpoint is, as it was judged last. */
export interface EndpointRow {
  readonly address: string;
  readonly port: number;
  readonly component: string | null;
  readonly grade: string;
  readonly outcome: string;
  readonly version: string | null;
  readonly distribution: string | null;
  readonly country: string | null;
  readonly asn: number | null;
  readonly firstSeen: Date | null;
  readonly lastSeen: Date | null;
  readonly lastProbed: Date;
  readonly lastChanged: Date;
  readonly misses: number;
  /** As of the newest active survey. */
  readonly state: EndpointState;
}

/** One observation of an endpoint. */
export interface ObservationRow {
  readonly survey: string;
  readonly observedAt: Date;
  readonly recordedAt: Date;
  readonly method: string;
  readonly vantage: string;
  readonly evidenceFeed: string | null;
  readonly serverName: string | null;
  readonly outcome: string;
  readonly component: string | null;
  readonly grade: string;
  readonly authentication: string | null;
  readonly version: string | null;
  readonly distribution: string | null;
  readonly support: string | null;
  readonly honeypot: string;
  readonly country: string | null;
  readonly asn: number | null;
  readonly certificateSha256: string | null;
  readonly flags: readonly string[];
  readonly ranges: readonly string[];
  readonly advice: readonly string[];
}

export interface EndpointQuery {
  /** Networks in canonical form; rows lie within one of them. */
  readonly networks: readonly string[];
  readonly component?: readonly string[] | undefined;
  readonly grade?: readonly string[] | undefined;
  readonly outcome?: readonly string[] | undefined;
  readonly distribution?: readonly string[] | undefined;
  /** Only what changed at or after this time. */
  readonly changedSince?: Date | undefined;
  /** Address and port of the row before; null: from the first. */
  readonly after: readonly [string, number] | null;
  readonly limit: number;
}

/** The last observation of an endpoint, for what its state does not keep. */
const LAST = sql`left join lateral (
  select country, asn, host, server_name, certificate_id from observation x
  where x.address = e.address and x.port = e.port order by x.recorded_at desc limit 1) o on true`;

/** As OPTED_OUT_OBSERVATION, with the address of the state. */
const OPTED_OUT_STATE = sql.raw(
  optedOut({ address: 'e.address', network: 'o.asn', names: ['o.server_name', 'o.host'], key: 'c.spki_sha256' }),
);

/** Endpoints in the order of addresses and ports. Only those that active surveys probed have a state. */
export async function endpoints(db: Kysely<DB>, query: EndpointQuery): Promise<EndpointRow[]> {
  const { after, networks, changedSince } = query;
  const conditions = [
    sql`e.address <<= any(${[...networks]}::inet[])`,
    sql`not ${OPTED_OUT_STATE}`,
    ...(after === null ? [] : [sql`(e.address, e.port) > (${after[0]}::inet, ${after[1]}::int)`]),
    ...(changedSince === undefined ? [] : [sql`e.last_changed >= ${changedSince}`]),
    ...(['component', 'grade', 'outcome', 'distribution'] as const).flatMap((name) => {
      const wanted = query[name];
      return wanted === undefined ? [] : [sql`e.${sql.ref(name)} = any(${[...wanted]}::text[])`];
    }),
  ];
  const { rows } = await sql<EndpointRow>`
    select host(e.address) as address, e.port, e.component, e.grade, e.outcome, v.git_version as version, e.distribution, o.country, o.asn,
      e.first_seen as "firstSeen", e.last_seen as "lastSeen", e.last_probed as "lastProbed", e.last_changed as "lastChanged", e.misses,
      ${sql.raw(endpointStateSql('e'))} as state
    from endpoint_state e left join k8s_version v on v.id = e.version_id ${LAST} left join certificate c on c.id = o.certificate_id
    where ${sql.join(conditions, sql` and `)} order by e.address, e.port limit ${query.limit}
  `.execute(db);
  return rows;
}

/** What was observed at one endpoint, newest first, behind `after` (the time and survey of the row before); at most `limit`. */
export async function endpointHistory(
  db: Kysely<DB>,
  endpoint: { readonly address: string; readonly port: number },
  after: { readonly recordedAt: Date; readonly survey: string } | null,
  limit: number,
): Promise<ObservationRow[]> {
  const behind =
    after === null ? sql`true` : sql`(o.recorded_at, o.survey_id) < (${after.recordedAt}, ${after.survey})`;
  const list = (name: string) =>
    sql`array(select jsonb_array_elements_text(coalesce(o.verdict->${sql.lit(name)}, '[]')))`;
  const { rows } = await sql<ObservationRow>`
    select o.survey_id as survey, o.observed_at as "observedAt", o.recorded_at as "recordedAt", o.method, o.vantage,
      o.evidence_feed as "evidenceFeed", o.server_name as "serverName", o.outcome, o.component, o.grade, o.authentication,
      v.git_version as version, o.distribution, o.support, coalesce(s.grade, o.honeypot) as honeypot, o.country, o.asn,
      c.sha256 as "certificateSha256", o.flags, ${list('ranges')} as ranges, ${list('advice')} as advice
    from observation o left join k8s_version v on v.id = o.version_id left join certificate c on c.id = o.certificate_id
      left join survey_suspect s on s.survey_id = o.survey_id and s.address = o.address and s.port = o.port
    where o.address = ${endpoint.address}::inet and o.port = ${endpoint.port} and ${behind} and not ${sql.raw(OPTED_OUT_OBSERVATION)}
    order by o.recorded_at desc, o.survey_id desc limit ${limit}
  `.execute(db);
  return rows;
}
