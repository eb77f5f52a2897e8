// The report that a schedule asks for: on the newest counted survey, in every form, below the data directory.
import type { ReportRequest } from '../reports/report.job.ts';
import type { ReportSpec } from './schedule.ts';

export function reportRequest(id: string, { report, owner, sections, countries }: ReportSpec): ReportRequest {
  return {
    id,
    name: report,
    surveyId: null,
    compareId: null,
    owner: owner ?? null,
    out: null,
    formats: ['html', 'markdown', 'json'],
    ...(sections === undefined ? {} : { sections }),
    ...(countries === undefined ? {} : { countries }),
  };
}
