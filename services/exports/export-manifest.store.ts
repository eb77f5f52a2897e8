// What stands beside an export: what it is, in which units, of which survey and policy, and what its feeds lacked.
import { type Kysely, sql } from 'kysely';
import type { DB } from '../platform/db/schema.ts';
import type { Dataset } from './column.ts';
import type { DatasetName } from './columns.ts';
import { type ExportFormat, FORMAT_SPECS, type FormatSpec } from './export-format.ts';
import type { ExportRequest, ExportResult } from './export-request.ts';

/** The survey of an export, as its manifest shows it. */
export interface ExportedSurvey {
  readonly id: string;
  readonly state: string;
  readonly manifest: unknown;
  readonly finished_at: Date | null;
  readonly rolled_up_at: Date | null;
}

/** The last run of a feed with one query; partial where it did not bring everything. */
interface FeedMark {
  readonly feed: string;
  readonly kind: string;
  readonly query: string;
  readonly run: number;
  readonly state: string;
  readonly partial: boolean;
  readonly partialReason: string | null;
  readonly rows: number;
  readonly upstreams: readonly string[];
  readonly startedAt: Date;
  readonly finishedAt: Date | null;
}

export interface ExportManifest extends ExportResult {
  readonly kind: 'kubecensus-export';
  readonly dataset: DatasetName;
  readonly format: ExportFormat;
  readonly unit: string;
  readonly madeAt: string;
  /** Time after which the rows are new; null for all rows. */
  readonly since: string | null;
  readonly codeVersion: string;
  readonly survey: ExportedSurvey | null;
  /** That of the survey, or that of now for what is of none; null where nobody said. */
  readonly policy: unknown;
  readonly feeds: readonly FeedMark[];
  readonly partialFeeds: readonly { feed: string; id: number; partial_reason: string | null }[];
  readonly columns: readonly object[];
}

export async function exportManifest(
  request: ExportRequest,
  dataset: Dataset,
  survey: ExportedSurvey | null,
  result: ExportResult,
  db: Kysely<DB>,
): Promise<ExportManifest> {
  const partialFeeds = await db
    .selectFrom('feed_run')
    .select(['feed', 'id', 'partial_reason'])
    .where('state', 'in', ['partial', 'failed'])
    .orderBy('id')
    .execute();
  const spec: FormatSpec = FORMAT_SPECS[request.format];
  return {
    kind: 'kubecensus-export',
    dataset: request.dataset,
    format: request.format,
    unit: dataset.unit,
    madeAt: request.at.toISOString(),
    since: request.since?.toISOString() ?? null,
    codeVersion: request.codeVersion,
    survey,
    policy: survey === null ? (request.policy ?? null) : ((survey.manifest as { policy?: unknown }).policy ?? null),
    feeds: await feedMarks(db),
    partialFeeds,
    columns: spec.header?.map((name) => ({ name, type: 'text' })) ?? dataset.columns.map(columnOf),
    ...result,
  };
}

const columnOf = ({ name, type, description, unit, private: field }: Dataset['columns'][number]): object => ({
  name,
  type,
  description,
  unit: unit ?? null,
  private: field !== undefined,
});

async function feedMarks(db: Kysely<DB>): Promise<FeedMark[]> {
  const { rows } = await sql<FeedMark>`
    select distinct on (feed, query) feed, kind, query, id as run, state, state <> 'complete' or cap_hit as partial, partial_reason as "partialReason",
      read as rows, upstreams, started_at as "startedAt", finished_at as "finishedAt"
    from feed_run order by feed, query, id desc
  `.execute(db);
  return rows;
}
