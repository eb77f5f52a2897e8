// Datasets and their columns as data: one list serves header, queries, docs/exports.md and tests. Append-only: names and order stay.

import { ENDPOINT_STATES } from '../surveys/endpoint-life.ts';
import { CELL_ESTIMATE } from './cell-estimate.ts';
import { column, type Dataset, privateColumn } from './column.ts';
import { endpointStateSql } from './endpoint-state.ts';
import { logs, sightings } from './feed-datasets.ts';
import { OPTED_OUT_CANDIDATE, OPTED_OUT_CERTIFICATE, OPTED_OUT_ENDPOINT, OPTED_OUT_OBSERVATION } from './opted-out.ts';
import { PATCH_PATTERN, patchTable } from './patch-table.ts';
import { timeseries } from './timeseries.ts';

const JUDGED = [
  column('component', 'text', 'o.component', 'what was recognised; empty when nothing was'),
  column('grade', 'text', 'o.grade', 'confirmed, probable, possible or not'),
] as const;

/** Its rows are counts of a whole survey, so that a part of them would be other counts. */
const AGGREGATE = { refused: 'its rows are counts over a whole survey' } as const;

export const DATASETS = {
  candidates: {
    description: 'endpoints and names that feeds named',
    unit: 'candidates',
    perSurvey: false,
    source:
      'candidate c join lateral (select array_agg(feed order by feed) as feeds from sighting where candidate_id = c.id) s on true where true',
    leavesOut: OPTED_OUT_CANDIDATE,
    since: {
      sql: "exists (select from sighting x join feed_run r on r.id = x.last_run where x.candidate_id = c.id and coalesce(r.finished_at, 'infinity') > $SINCE)",
      means: 'candidates that a run of a feed named which ended later or still runs',
    },
    orderBy: 'c.key',
    columns: [
      privateColumn('candidate.key', 'candidate', 'text', 'c.key', 'canonical endpoint or name'),
      column('kind', 'text', 'c.kind', 'address or name'),
      privateColumn('candidate.host', 'host', 'text', 'c.host', 'address or name'),
      column('port', 'integer', 'c.port', 'port, empty when no feed named one'),
      column('feeds', 'texts', 's.feeds', 'feeds that named it'),
      column('first_seen', 'timestamp', 'c.first_seen', 'earliest time that a feed states'),
      column('last_seen', 'timestamp', 'c.last_seen', 'latest time that a feed states'),
    ],
  },
  observations: {
    description: 'every observation of a survey',
    unit: 'observations',
    perSurvey: true,
    source:
      'observation o left join k8s_version v on v.id = o.version_id left join certificate c on c.id = o.certificate_id left join survey_suspect s on s.survey_id = o.survey_id and s.address = o.address and s.port = o.port where (o.survey_id = $SURVEY or $SURVEY is null)',
    leavesOut: OPTED_OUT_OBSERVATION,
    since: {
      sql: 'o.recorded_at > $SINCE',
      means: 'observations that were committed later; without --survey those of all surveys',
      acrossSurveys: true,
    },
    orderBy: 'o.address, o.port, o.host, o.survey_id, o.vantage',
    columns: [
      column('survey', 'text', 'o.survey_id', 'the survey'),
      column('observed_at', 'timestamp', 'o.observed_at', 'when it was seen'),
      privateColumn('observation.host', 'host', 'text', 'o.host', 'address or name of the candidate'),
      privateColumn(
        'observation.address',
        'address',
        'text',
        'host(o.address)',
        'address that was dialled; empty when a name led to none',
      ),
      column('port', 'integer', 'o.port', 'port'),
      privateColumn('observation.server_name', 'server_name', 'text', 'o.server_name', 'SNI that was sent'),
      column('method', 'text', 'o.method', 'active or passive'),
      column('vantage', 'text', 'o.vantage', 'where the probe left from'),
      column('feeds', 'texts', 'o.feeds', 'feeds that named the endpoint'),
      column('outcome', 'text', 'o.outcome', 'how the probe ended'),
      column('phase', 'text', 'o.phase', 'where it ended'),
      column('tls_alert', 'integer', 'o.alert', 'TLS alert number'),
      column('ms_total', 'integer', 'o.ms_total', 'duration of the probe in milliseconds', 'milliseconds'),
      column('bytes_in', 'integer', 'o.bytes_in', 'bytes received', 'bytes'),
      ...JUDGED,
      column(
        'certificate_name',
        'boolean',
        'o.certificate_name',
        'indicator: the certificate carries the Kubernetes names',
      ),
      column('version_endpoint', 'boolean', 'o.version_endpoint', 'indicator: /version discloses a version'),
      column('authentication', 'text', 'o.authentication', 'what it answers without credentials'),
      column('git_version', 'text', 'v.git_version', 'version as printed'),
      column('minor', 'text', 'o.minor', 'minor version'),
      column('distribution', 'text', 'o.distribution', 'distribution that the evidence proves'),
      column('support', 'text', 'o.support', 'upstream support on the day of observation'),
      column(
        'honeypot',
        'text',
        'coalesce(s.grade, o.honeypot)',
        'consistency grade, raised where the whole survey shows more',
      ),
      column('country', 'text', 'o.country', 'country of the address'),
      column('asn', 'integer', 'o.asn', 'AS number of the address'),
      privateColumn('certificate.sha256', 'certificate_sha256', 'text', 'c.sha256', 'SHA-256 of the leaf certificate'),
      privateColumn(
        'certificate.subject',
        'certificate_subject',
        'text',
        'c.subject',
        'subject of the leaf certificate',
      ),
      privateColumn('certificate.issuer', 'certificate_issuer', 'text', 'c.issuer', 'issuer of the leaf certificate'),
      column('flags', 'texts', 'o.flags', 'data quality flags'),
      privateColumn(
        'observation.evidence_digest',
        'evidence_digest',
        'text',
        'o.evidence_digest',
        'SHA-256 of the evidence',
      ),
      column(
        'honeypot_reasons',
        'texts',
        "coalesce(s.reasons, array(select jsonb_array_elements_text(o.verdict->'honeypot'->'reasons')))",
        'what the consistency grade was given for',
      ),
      column(
        'rungs',
        'texts',
        "array(select jsonb_array_elements_text(o.verdict->'rungs'))",
        'what spoke for the component, strongest first; docs/fingerprints.md explains each',
      ),
      column(
        'superseded',
        'boolean',
        'o.superseded',
        'true where another vantage of the survey saw more of the endpoint: counts leave this row out',
      ),
    ],
  },
  endpoints: {
    description: 'the state of every endpoint that was ever probed',
    unit: 'endpoints',
    perSurvey: false,
    source: 'endpoint_state o left join k8s_version v on v.id = o.version_id where true',
    leavesOut: OPTED_OUT_ENDPOINT,
    since: { sql: 'o.last_probed > $SINCE', means: 'endpoints that were probed later' },
    orderBy: 'o.address, o.port',
    columns: [
      privateColumn('endpoint_state.address', 'address', 'text', 'host(o.address)', 'address'),
      column('port', 'integer', 'o.port', 'port'),
      ...JUDGED,
      column('outcome', 'text', 'o.outcome', 'how the last probe ended'),
      column('git_version', 'text', 'v.git_version', 'version as printed last'),
      column('distribution', 'text', 'o.distribution', 'distribution as judged last'),
      column('first_seen', 'timestamp', 'o.first_seen', 'first time that a component was confirmed or probable there'),
      column('last_seen', 'timestamp', 'o.last_seen', 'last such time'),
      column('last_probed', 'timestamp', 'o.last_probed', 'last probe, whatever it found'),
      column(
        'last_changed',
        'timestamp',
        'o.last_changed',
        'last change of outcome, component, grade, version or distribution',
      ),
      column('misses', 'integer', 'o.misses', 'probes since it was last seen', 'probes'),
      column(
        'state',
        'text',
        endpointStateSql('o'),
        `as of the newest active survey; ${Object.entries(ENDPOINT_STATES)
          .map(([state, says]) => `${state}: ${says}`)
          .join('; ')}`,
      ),
    ],
  },
  rollups: {
    description: 'counts of a survey by dimensions',
    unit: 'counts',
    perSurvey: true,
    source: `rollup r join survey u on u.id = r.survey_id left join lateral (${CELL_ESTIMATE}) e on true where r.survey_id = $SURVEY`,
    since: AGGREGATE,
    orderBy: 'r.unit, r.dims, r.count desc, r.values',
    columns: [
      column('survey', 'text', 'r.survey_id', 'the survey'),
      column('unit', 'text', 'r.unit', 'endpoint, host or certificate'),
      column('dimensions', 'texts', 'r.dims', 'dimensions, in order'),
      column(
        'values',
        'texts',
        "array_replace(r.values, '', null)",
        'their values, in the same order; not observed is ? in CSV and null in JSON',
      ),
      column('count', 'integer', 'r.count', 'how many', 'in the column unit'),
      column(
        'estimated_total',
        'number',
        'e.total',
        'of endpoints of a sampled survey: what the count says of all candidates (Horvitz and Thompson); empty for every other count',
        'endpoints',
      ),
      column(
        'standard_error',
        'number',
        'e.error',
        'standard error of the estimated total, each endpoint for itself',
        'endpoints',
      ),
      column(
        'estimated_low',
        'number',
        'e.low',
        'lower end of its 95 % interval, widened because endpoints of one network come and go together',
        'endpoints',
      ),
      column('estimated_high', 'number', 'e.high', 'upper end of the same', 'endpoints'),
    ],
  },
  versions: {
    description: 'endpoints of a survey by version, distribution and support',
    unit: 'versions',
    perSurvey: true,
    source: `(select *, regexp_match(g.git_version, '${PATCH_PATTERN}') as level from (
      select v.git_version, o.minor, o.distribution, o.support, o.component, count(*) as n, max(o.observed_at at time zone 'UTC')::date as day
      from observation o join k8s_version v on v.id = o.version_id where o.survey_id = $SURVEY and not o.superseded group by 1, 2, 3, 4, 5) g) t
      left join ${patchTable('p')} on p.minor = level[1]::int and p.patch = level[2]::int and p.day <= t.day
      left join lateral (select max(q.patch) as patch from ${patchTable('q')} where q.minor = level[1]::int and q.day <= t.day) l on true`,
    since: AGGREGATE,
    orderBy: 't.n desc, t.git_version, t.minor, t.distribution, t.support, t.component',
    columns: [
      column('git_version', 'text', 't.git_version', 'version as printed'),
      column('minor', 'text', 't.minor', 'minor version'),
      column('distribution', 'text', 't.distribution', 'distribution'),
      column('support', 'text', 't.support', 'upstream support on the day of observation'),
      column('component', 'text', 't.component', 'component'),
      column('endpoints', 'integer', 't.n', 'endpoints', 'endpoints'),
      column(
        'patch_age_days',
        'integer',
        't.day - p.day',
        'days from the upstream patch release that the build stands on to the last day on which one of them was observed',
        'days',
      ),
      column(
        'latest_patch',
        'text',
        "'1.' || level[1] || '.' || l.patch",
        'newest upstream patch of its minor on that day',
      ),
    ],
  },
  components: {
    description: 'endpoints and hosts of a survey by component and grade',
    unit: 'components',
    perSurvey: true,
    source: `(select o.component, o.grade, o.authentication, count(*) as n, count(distinct o.address) as hosts from observation o
      where o.survey_id = $SURVEY and not o.superseded group by 1, 2, 3) t`,
    since: AGGREGATE,
    orderBy: 't.n desc, t.component, t.grade, t.authentication',
    columns: [
      column('component', 'text', 't.component', 'what was recognised; empty when nothing was'),
      column('grade', 'text', 't.grade', 'confirmed, probable, possible or not'),
      column('authentication', 'text', 't.authentication', 'what it answers without credentials'),
      column('endpoints', 'integer', 't.n', 'endpoints', 'endpoints'),
      column('hosts', 'integer', 't.hosts', 'addresses', 'hosts'),
    ],
  },
  certificates: {
    description: 'leaf certificates of a survey',
    unit: 'certificates',
    perSurvey: true,
    source: `(select c.*, count(*) as n from observation o join certificate c on c.id = o.certificate_id where o.survey_id = $SURVEY and not o.superseded group by c.id) t where true`,
    leavesOut: OPTED_OUT_CERTIFICATE,
    since: AGGREGATE,
    orderBy: 't.sha256',
    columns: [
      privateColumn('certificate.sha256', 'sha256', 'text', 't.sha256', 'SHA-256 of the certificate'),
      privateColumn('certificate.spki_sha256', 'spki_sha256', 'text', 't.spki_sha256', 'SHA-256 of its public key'),
      privateColumn('certificate.subject', 'subject', 'text', 't.subject', 'subject'),
      privateColumn('certificate.issuer', 'issuer', 'text', 't.issuer', 'issuer'),
      privateColumn('certificate.dns_names', 'dns_names', 'texts', 't.dns_names', 'DNS names, at most 100'),
      privateColumn('certificate.ip_addresses', 'ip_addresses', 'texts', 't.ip_addresses', 'IP addresses, at most 100'),
      column('not_before', 'timestamp', 't.not_before', 'valid from'),
      column('not_after', 'timestamp', 't.not_after', 'valid to'),
      column('endpoints', 'integer', 't.n', 'endpoints that served it', 'endpoints'),
    ],
  },
  feeds: {
    description: 'runs of feeds, with what made them partial',
    unit: 'runs',
    perSurvey: false,
    source: 'feed_run f where true',
    since: {
      sql: "coalesce(f.finished_at, 'infinity') > $SINCE",
      means: 'runs that ended later or still run',
    },
    orderBy: 'f.id',
    columns: [
      column('run', 'integer', 'f.id', 'number of the run'),
      column('feed', 'text', 'f.feed', 'the feed'),
      column('kind', 'text', 'f.kind', 'sightings or counts'),
      column('query', 'text', 'f.query', 'what was asked'),
      column('state', 'text', 'f.state', 'complete, partial, failed, held, rejected or running'),
      column('partial_reason', 'text', 'f.partial_reason', 'why it is not whole'),
      column('claimed_total', 'integer', 'f.claimed_total', 'how many the source says there are', 'rows'),
      column('read', 'integer', 'f.read', 'rows read', 'rows'),
      column('accepted', 'integer', 'f.accepted', 'rows that said something new', 'rows'),
      column('duplicate', 'integer', 'f.duplicate', 'rows that said nothing new', 'rows'),
      column('rejected', 'integer', 'f.rejected', 'rows that were refused', 'rows'),
      column('cap_hit', 'boolean', 'f.cap_hit', 'a limit cut it short'),
      column('upstreams', 'texts', 'f.upstreams', 'feeds that this one reads or buys from'),
      column('code_version', 'text', 'f.code_version', 'version of kubecensus'),
      column('started_at', 'timestamp', 'f.started_at', 'start'),
      column('finished_at', 'timestamp', 'f.finished_at', 'end'),
      column(
        'held',
        'integer',
        'f.held',
        'rows that wait for a decision, or were dropped by one; in no other column but read',
        'rows',
      ),
    ],
  },
  tallies: {
    description: 'counts that others state, by version string as stated',
    unit: 'buckets',
    perSurvey: false,
    source: 'tally t join tally_bucket b on b.tally_id = t.id where true',
    since: {
      sql: "exists (select from feed_run r where r.id = t.run_id and coalesce(r.finished_at, 'infinity') > $SINCE)",
      means: 'tallies that a run of a feed brought which ended later or still runs, whatever time they speak of',
    },
    orderBy: 't.observed_at, t.feed, t.query, t.field, b.count desc, b.key',
    columns: [
      column('feed', 'text', 't.feed', 'who states it'),
      column('observed_at', 'timestamp', 't.observed_at', 'the time it speaks of'),
      column('query', 'text', 't.query', 'the query behind it'),
      column('field', 'text', 't.field', 'the field that was counted'),
      column('unit', 'text', 't.unit', "what was counted, in the source's word"),
      column('version', 'text', 'b.key', 'version string as stated'),
      column('distribution', 'text', 'b.distribution', 'distribution that the string proves'),
      column('minor', 'text', 'b.minor', 'minor version'),
      column('support', 'text', 'b.support', 'upstream support on that day'),
      column('count', 'integer', 'b.count', 'how many', 'in the column unit'),
      column(
        'total',
        'integer',
        't.total',
        'total that the source states, with what it left out of the versions',
        'in the column unit',
      ),
      column('deviation', 'integer', 't.deviation', 'deviation that the source admits', 'in the column unit'),
    ],
  },
  overlaps: {
    description: 'endpoints, names and certificates of a survey by the exact set of feeds that named them',
    unit: 'sets of feeds',
    perSurvey: true,
    source: `(select feeds, sum(endpoints)::bigint as endpoints, sum(kubernetes)::bigint as kubernetes_endpoints,
        sum(names)::bigint as names, sum(certificates)::bigint as certificates from (
      select array_agg(distinct f.feed collate "C") as feeds, 1 as endpoints,
          bool_or(o.component is not null and o.component <> 'other')::int as kubernetes, 0 as names, 0 as certificates
        from named o cross join unnest(o.feeds) as f (feed) group by coalesce(host(o.address), o.host), o.port
      union all select array_agg(distinct f.feed collate "C"), 0, 0, 1, 0
        from named o cross join unnest(o.feeds) as f (feed) where o.host is distinct from host(o.address) group by o.host
      union all select array_agg(distinct f.feed collate "C"), 0, 0, 0, 1
        from named o cross join unnest(o.feeds) as f (feed) where o.certificate_id is not null group by o.certificate_id
      ) e group by feeds) t`.replaceAll(
      'named o',
      '(select * from observation where survey_id = $SURVEY and not superseded) o',
    ),
    since: AGGREGATE,
    orderBy: 't.endpoints desc, t.feeds',
    columns: [
      column('feeds', 'texts', 't.feeds', 'the feeds that named these; no other did'),
      column('feed_count', 'integer', 'cardinality(t.feeds)', 'how many feeds they are', 'feeds'),
      column('endpoints', 'integer', 't.endpoints', 'endpoints, whatever they answered', 'endpoints'),
      column(
        'kubernetes_endpoints',
        'integer',
        't.kubernetes_endpoints',
        'those at which a component of Kubernetes was recognised',
        'endpoints',
      ),
      column('names', 'integer', 't.names', 'candidates that are names, wherever they led', 'names'),
      column(
        'certificates',
        'integer',
        't.certificates',
        'certificates that endpoints served which they named',
        'certificates',
      ),
    ],
  },
  timeseries,
  sightings,
  logs,
} as const satisfies Record<string, Dataset>;

export type DatasetName = keyof typeof DATASETS;
