// The views for researchers who speak SQL: one for each dataset, without its private columns, and one for the surveys. Made of the same list as the files.
import { type Column, column, type Dataset } from './column.ts';
import { DATASETS } from './columns.ts';
import { SQL_TYPE } from './copy-query.ts';

/** Reads every census_* view and nothing else. */
export const READER_ROLE = 'census_reader';

export interface SqlView {
  /** census_<dataset>. */
  readonly name: string;
  readonly description: string;
  readonly columns: readonly Pick<Column, 'name' | 'type' | 'description' | 'unit'>[];
  readonly query: string;
}

const SURVEYS: Dataset = {
  description: 'surveys: when, by which method, from where, how whole',
  unit: 'surveys',
  perSurvey: false,
  source: 'survey s where true',
  since: { refused: 'it is small' },
  orderBy: 's.created_at',
  columns: [
    column('survey', 'text', 's.id', 'the survey'),
    column('method', 'text', 's.method', 'active: our own probes; passive: evidence of feeds'),
    column('state', 'text', 's.state', 'planning, running, stopped or complete'),
    column('vantage', 'text', 's.vantage', 'where the probes left from'),
    column('sample', 'number', 's.sample', 'probability with which each target was drawn; null: every target'),
    column('targets', 'integer', 's.target_count', 'targets drawn', 'targets'),
    column('rate', 'number', 's.rate', 'connections a second at most', 'connections per second'),
    column('ports', 'texts', 's.ports::text[]', 'ports asked'),
    column('feeds', 'texts', 's.feeds', 'feeds drawn from; empty: all'),
    column('created_at', 'timestamp', 's.created_at', 'when it was drawn'),
    column('started_at', 'timestamp', 's.started_at', 'first probe'),
    column('finished_at', 'timestamp', 's.finished_at', 'last probe'),
    column('counted_at', 'timestamp', 's.rolled_up_at', 'when its counts were made; null: not yet'),
  ],
};

/** A survey's rows for each survey: the dataset's own column says whose they are, or one is added in front. */
const SURVEY = column('survey', 'text', 'of_survey.id', 'the survey');

/** Every view, surveys first. */
export const SQL_VIEWS: readonly SqlView[] = [
  ['surveys', SURVEYS] as const,
  ...(Object.entries(DATASETS) as [string, Dataset][]),
].map(([name, dataset]) => viewOf(`census_${name}`, dataset));

function viewOf(name: string, dataset: Dataset): SqlView {
  const open = dataset.columns.filter((one) => one.private === undefined);
  const rows = `select ${open.map(selected).join(', ')} from ${dataset.source}`;
  if (!dataset.perSurvey) return { name, description: dataset.description, columns: open, query: rows };
  const own = open.some((one) => one.name === 'survey');
  return {
    name,
    description: dataset.description,
    columns: own ? open : [SURVEY, ...open],
    query: `select ${own ? '' : `${selected(SURVEY)}, `}row_.* from survey of_survey cross join lateral (${rows.replaceAll('$SURVEY', 'of_survey.id')}) row_`,
  };
}

function selected({ sql, type, name }: Column): string {
  return `(${sql})::${SQL_TYPE[type]} as "${name}"`;
}

/** What Postgres says a column is, e.g. "endpoints (endpoints)". */
export function commentOf({ description, unit }: SqlView['columns'][number]): string {
  return unit === undefined || unit === description ? description : `${description} (${unit})`;
}
