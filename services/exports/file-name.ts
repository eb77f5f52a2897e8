// What a file of an export is called where nobody gave it a name.
import type { DatasetName } from './columns.ts';
import { type ExportFormat, FORMAT_SPECS } from './export-format.ts';

export interface NamedExport {
  readonly dataset: DatasetName;
  readonly format: ExportFormat;
  readonly surveyId: string | null;
  readonly since: Date | null;
}

/**
 * DATASET[-SURVEY][-since-TIME].EXTENSION; of a Shadowserver report YYYY-MM-DD-scan_kubernetes[-SURVEY][-since-TIME].csv, by which its
 * readers know it, with the day (UTC) of `day`. Nothing but word characters and hyphens, whatever the survey is called.
 */
export function exportFileName({ dataset, format, surveyId, since }: NamedExport, day: Date): string {
  const head = format === 'shadowserver' ? [day.toISOString().slice(0, 10), 'scan_kubernetes'] : [dataset];
  const survey = surveyId === null ? [] : [surveyId.replace(/[^A-Za-z0-9]+/g, '_')];
  const increment = since === null ? [] : ['since', since.toISOString().slice(0, 19).replace(/[-:]/g, '')];
  return `${[...head, ...survey, ...increment].join('-')}.${FORMAT_SPECS[format].extension}`;
}
