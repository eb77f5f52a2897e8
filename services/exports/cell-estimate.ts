// The estimate beside a kept count of a sampled survey, in SQL: the same as rollups/sample-estimate.ts gives.
import { Z95 } from '../rollups/estimate.ts';

/** One row for endpoints of a sampled survey that ended, none else; over the count `r` and its survey `u`. A design effect below one does not narrow. */
export const CELL_ESTIMATE = `
  select t.total, t.error, greatest(r.count, t.total - half) as low, t.total + half as high
  from (select r.count / u.sample as total, sqrt(r.count * (1 - u.sample)) / u.sample as error) t cross join lateral (
    select ${Z95} * t.error * sqrt(greatest(1, max((m.value->>'designEffect')::float8))) as half
    from jsonb_each(case jsonb_typeof(u.summary #> '{sampling,totals}') when 'object' then u.summary #> '{sampling,totals}' end) m) w
  where u.sample < 1 and u.state = 'complete' and r.unit = 'endpoint'`;
