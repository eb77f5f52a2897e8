// The state of an endpoint in SQL, as of the newest active survey, so that files made at different times from the same rows are the same.
import { DOWN_MISSES, DOWN_MS, RETIRED_MS } from '../surveys/endpoint-life.ts';

const milliseconds = (ms: number): string => `interval '${ms} milliseconds'`;
/** When the rows of endpoint_state speak: the newest active survey, or the endpoint's own probe where that is later. */
const asOf = (row: string): string =>
  `greatest(${row}.last_probed, (select max(a.started_at) from survey a where a.method = 'active'))`;

/** The state of surveys/endpoint-life.ts over a row of endpoint_state. */
export const endpointStateSql = (row: string): string => `case when ${row}.last_seen is null then 'candidate'
  when ${row}.misses = 0 then 'up'
  when ${asOf(row)} - ${row}.last_seen >= ${milliseconds(RETIRED_MS)} then 'retired'
  when ${row}.misses >= ${DOWN_MISSES} and ${row}.last_probed - ${row}.last_seen >= ${milliseconds(DOWN_MS)} then 'down'
  else 'suspect' end`;
