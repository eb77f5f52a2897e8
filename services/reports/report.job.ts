// Makes one report of one survey: reads its data in one snapshot, builds, writes it atomically, and says what it is made of in the manifest.
import type { Kysely } from 'kysely';
import type { Clock } from '../platform/clock.ts';
import type { DB } from '../platform/db/schema.ts';
import { KubecensusError } from '../platform/errors.ts';
import type { Geo } from '../platform/geo.ts';
import { latestSurvey } from '../surveys/survey.store.ts';
import { inCountries } from './country-data.store.ts';
import type { HeadlineData } from './headline-data.ts';
import { isReportName, REPORTS, type ReportData, type ReportDefinition } from './index.ts';
import { manifestOf } from './manifest.ts';
import {
  type HeadlineRequest,
  readChangeData,
  readFeedsData,
  readHeadlineData,
  readOwnerData,
} from './report.store.ts';
import { type ReportFiles, reportDirectory } from './report-files.ts';
import { type Restriction, restricted } from './restriction.ts';
import type { Report } from './section.ts';
import { type ReportFormat, writeReport } from './write.ts';

export interface ReportRequest {
  readonly id: string;
  readonly name: string;
  /** null: the newest counted survey. */
  readonly surveyId: string | null;
  readonly compareId: string | null;
  /** Whose networks an owner's report covers; null for every other report. */
  readonly owner: string | null;
  /** null: below the data directory. */
  readonly out: string | null;
  readonly formats: readonly ReportFormat[];
  /** Only these sections, by id. Absent: all. */
  readonly sections?: readonly string[];
  /** Only endpoints of these countries, as two-letter codes. Absent: all. */
  readonly countries?: readonly string[];
}

export interface ReportContext {
  readonly db: Kysely<DB>;
  readonly now: Clock;
  readonly codeVersion: string;
  readonly dataDir: string;
  readonly geo: () => Promise<Geo>;
}

export interface MadeReport {
  readonly report: Report;
  readonly files: ReportFiles;
  readonly surveyId: string;
  readonly manifest: Readonly<Record<string, unknown>>;
}

/** Builds and writes a report. Throws KC_USAGE for an unknown name, KC_NO_SURVEY when there is nothing to report on, KC_REPORT_OUT for a place it may not use. */
export async function makeReport(request: ReportRequest, context: ReportContext): Promise<MadeReport> {
  if (!isReportName(request.name))
    throw new KubecensusError(
      'KC_USAGE',
      `There is no report named ${request.name}; there are: ${Object.keys(REPORTS).join(', ')}.`,
    );
  const surveyId = request.surveyId ?? (await latestSurvey(context.db));
  if (surveyId === null) throw new KubecensusError('KC_NO_SURVEY', 'No survey has been counted yet.');
  const geo = await context.geo();
  const { sections, countries } = request;
  const restriction = { ...(sections && { sections }), ...(countries && { countries }) };
  const asked = {
    surveyId,
    compareId: request.compareId,
    owner: request.owner,
    generatedAt: context.now().toISOString(),
    codeVersion: context.codeVersion,
    geo: geo.sources,
    networkName: (address: string) => geo.lookup(address).organisation,
  };
  const { data, report } = await build(REPORTS[request.name], context.db, asked, restriction);
  const manifest = { ...manifestOf(data), ...restriction };
  const out = request.out ?? reportDirectory(context.dataDir, request.id);
  const files = await writeReport(report, { id: request.id, out, formats: request.formats, manifest });
  return { report, files, surveyId, manifest };
}

/** How each kind of data is read; index.ts says which report reads which. */
const READERS: {
  readonly [Reads in keyof ReportData]: (db: Kysely<DB>, request: HeadlineRequest) => Promise<ReportData[Reads]>;
} = {
  headline: readHeadlineData,
  feeds: readFeedsData,
  change: readChangeData,
  owner: readOwnerData,
};

/** Reads what the report asks for, and builds it. Throws KC_SCHEDULE for a restriction that the report cannot be put to. */
async function build(
  definition: ReportDefinition,
  db: Kysely<DB>,
  request: HeadlineRequest,
  restriction: Restriction,
): Promise<{ data: HeadlineData; report: Report }> {
  const { countries } = restriction;
  if (countries !== undefined && definition.reads !== 'headline')
    throw new KubecensusError('KC_SCHEDULE', 'This report cannot be limited to countries.');
  // A definition's `reads` and `build` belong together (index.ts), which the types of a union cannot say here.
  const read: (db: Kysely<DB>, request: HeadlineRequest) => Promise<HeadlineData> = READERS[definition.reads];
  const whole = await read(db, request);
  const data = countries === undefined ? whole : await inCountries(db, whole, countries);
  const report = (definition.build as (data: HeadlineData) => Report)(data);
  return { data, report: restricted(report, restriction) };
}
