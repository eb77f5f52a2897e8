// The dataset of counts over time. Point-in-time counts of one survey and rolling counts of days before it are kept apart and never add up.
import { column, type Dataset } from './column.ts';

/** Days of the rolling windows. */
const ROLLING_DAYS = [7, 30] as const;
/** A pass that took longer is no point in time: what it saw first may be gone when it saw the last. */
const POINT_HOURS = 36;

/** What makes a survey's counts less than they seem. */
const FLAGS = `case when s.state = 'stopped' then 'partial_run' end, case when s.sample < 1 then 'sampled' end,
  case when exists (select from (select distinct on (r.feed, r.query) r.state, r.cap_hit from feed_run r
    where r.kind = 'sightings' and r.started_at <= s.created_at and (cardinality(s.feeds) = 0 or r.feed = any (s.feeds))
    order by r.feed, r.query, r.id desc) last where last.state <> 'complete' or last.cap_hit) then 'feed_partial' end`;

/** Surveys that were counted, each with the time of its first and its last observation, or of its own ends when those are kept no longer. */
const SURVEYS = `select s.*, coalesce(o.first, s.started_at, s.created_at) as window_from, coalesce(o.last, s.finished_at, s.created_at) as window_to,
  o.first is null and exists (select from rollup r where r.survey_id = s.id) as dropped, array[${FLAGS}] as marks
  from survey s left join lateral (select min(observed_at) as first, max(observed_at) as last from observation where survey_id = s.id) o on true
  where s.rolled_up_at is not null`;

/** From the rollups of one survey; endpoints of all components are a sum, hosts and certificates may have several. */
const POINT = `select s.id, 'point-in-time' as series, s.window_from, s.window_to, s.method, c.indicator, c.component, c.unit, c.n, s.rolled_up_at,
  s.marks || case when s.window_to - s.window_from > interval '${POINT_HOURS} hours' then 'long_window' end as marks
  from counted s join (
    select r.survey_id, r.unit, r.values[1] as component, 'any' as indicator, r.count as n from rollup r where r.dims = '{component}'
    union all select r.survey_id, r.unit, 'any', r.values[1], r.count from rollup r where r.dims = '{indicator}'
    union all select r.survey_id, r.unit, r.values[1], r.values[2], r.count from rollup r where r.dims = '{component,indicator}'
    union all select r.survey_id, r.unit, 'any', 'any', sum(r.count)::bigint from rollup r
      where r.dims = '{component}' and r.unit = 'endpoint' and r.values[1] not in ('', 'other') group by 1, 2
  ) c on c.survey_id = s.id where c.component <> '' and (c.component <> 'any' or c.indicator <> 'neither')`;

/** Distinct things that were seen at least once in the days before a survey's end. Withheld where a survey of those days is kept as counts only. */
const ROLLING = `select s.id, 'rolling', s.window_to - make_interval(days => d.days), s.window_to, s.method, c.indicator, c.component, u.unit,
  case u.unit when 'endpoint' then c.endpoints when 'host' then c.hosts else c.certificates end, s.rolled_up_at,
  s.marks || case when not exists (select from counted e where e.method = s.method and e.window_from <= s.window_to - make_interval(days => d.days)) then 'short_window' end
  from counted s cross join unnest(array[${ROLLING_DAYS.join(', ')}]) as d (days) cross join lateral (
    select case grouping(o.component) when 0 then o.component else 'any' end as component, case grouping(o.indicator) when 0 then o.indicator else 'any' end as indicator,
      count(distinct o.endpoint) as endpoints, count(distinct o.host) as hosts, count(distinct o.certificate_id) as certificates
    from seen o where o.method = s.method and o.observed_at > s.window_to - make_interval(days => d.days) and o.observed_at <= s.window_to
    group by grouping sets ((o.kubernetes), (o.component), (o.indicator), (o.component, o.indicator)) having grouping(o.kubernetes) = 1 or o.kubernetes
  ) c cross join (values ('endpoint'), ('host'), ('certificate')) as u (unit)
  where c.component <> '' and (c.component <> 'any' or c.indicator <> 'neither') and not exists (
    select from counted e where e.method = s.method and e.dropped and e.window_to > s.window_to - make_interval(days => d.days) and e.window_from <= s.window_to)`;

/** Everything that was recognised or shows an indicator, by its survey's method. */
const SEEN = `select e.method, o.observed_at, (coalesce(host(o.address), o.host), o.port) as endpoint, coalesce(host(o.address), o.host) as host, o.certificate_id,
  coalesce(o.component, '') as component, o.component <> 'other' as kubernetes, case when o.certificate_name and o.version_endpoint then 'both'
    when o.certificate_name then 'certificate-name' when o.version_endpoint then 'version-endpoint' else 'neither' end as indicator
  from observation o join counted e on e.id = o.survey_id where not o.superseded and (o.component is not null or o.certificate_name or o.version_endpoint)`;

export const timeseries = {
  description: 'counts over time by indicator, component and unit: of each survey, and of the days before its end',
  unit: 'counts',
  perSurvey: false,
  source: `(with counted as materialized (${SURVEYS}), seen as not materialized (${SEEN})
    select id, series, window_from, window_to, method, indicator, component, unit, n, rolled_up_at, array_remove(marks, null) as marks
    from (${POINT} union all ${ROLLING}) a) t where true`,
  since: { sql: 't.rolled_up_at > $SINCE', means: 'counts whose survey was counted later' },
  orderBy: 't.window_to, t.id, t.series, t.window_from, t.unit, t.component, t.indicator',
  columns: [
    column('survey', 'text', 't.id', 'the survey; of a rolling count the one at whose end the window ends'),
    column(
      'series',
      'text',
      't.series',
      'point-in-time: what one survey saw; rolling: what was seen at least once in the window. Never divide one by the other',
    ),
    column('window_from', 'timestamp', 't.window_from', 'the first observation, or the start of the rolling window'),
    column('window_to', 'timestamp', 't.window_to', 'the last observation of the survey'),
    column(
      'window_hours',
      'integer',
      'ceil(extract(epoch from t.window_to - t.window_from) / 3600)::bigint',
      'length of the window',
      'hours',
    ),
    column('method', 'text', 't.method', 'active or passive'),
    column(
      'indicator',
      'text',
      't.indicator',
      'any, both, certificate-name, version-endpoint or neither; in a rolling window one thing may stand in several',
    ),
    column(
      'component',
      'text',
      't.component',
      'what was recognised; any: all together, without indicator any component of Kubernetes',
    ),
    column('unit', 'text', 't.unit', 'endpoint, host or certificate'),
    column('count', 'integer', 't.n', 'how many', 'in the column unit'),
    column(
      'flags',
      'texts',
      't.marks',
      'partial_run: the survey was stopped; sampled; feed_partial: a feed was cut short; long_window: the pass took more than 36 h; short_window: the series is younger than the window',
    ),
  ],
} as const satisfies Dataset;
