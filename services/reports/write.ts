// Writes a report and everything that belongs to it into one directory, whole or not at all.
import { resolve } from 'node:path';
import { KubecensusError } from '../platform/errors.ts';
import { entriesOf, writeDirectory } from './atomic-directory.ts';
import { standaloneSvg } from './charts.ts';
import { htmlOf } from './html.ts';
import { jsonOf } from './json.ts';
import { markdownOf } from './markdown.ts';
import { describeFile, MANIFEST, MANIFEST_KIND, type ReportFiles, readReport } from './report-files.ts';
import { figuresOf, type Report, type Table, tablesOf } from './section.ts';
import { csvOf } from './table-csv.ts';

/** The forms a report can be written in, and what each file is called. */
const FORMATS = {
  html: { path: 'index.html', render: htmlOf },
  markdown: { path: 'report.md', render: markdownOf },
  json: { path: 'report.json', render: jsonOf },
} as const satisfies Record<string, { path: string; render: (report: Report) => string }>;
export type ReportFormat = keyof typeof FORMATS;

export interface WriteOptions {
  /** Stable id of this report; kept in the manifest and used by deliveries. */
  readonly id: string;
  /** The directory that will hold the report. */
  readonly out: string;
  readonly formats: readonly ReportFormat[];
  /** What the manifest says besides id, name, time and files; see manifest.ts. */
  readonly manifest: Readonly<Record<string, unknown>>;
}

/**
 * Writes index.html, report.md, report.json (those asked for), and always data/*.csv, figures/*.svg and manifest.json, which lists
 * every other file with its size in bytes and its sha256. An earlier report at `out` is replaced, in one step for readers
 * (atomic-directory.ts says how); a path that is neither empty nor a report is refused with KC_REPORT_OUT and not touched.
 */
export async function writeReport(report: Report, options: WriteOptions): Promise<ReportFiles> {
  const directory = resolve(options.out);
  await refuseForeign(directory);
  const contents = contentsOf(report, options.formats);
  const files = [...contents].map(([path, text]) => describeFile(path, text));
  const head = { kind: MANIFEST_KIND, id: options.id, name: report.name, generatedAt: report.generatedAt };
  contents.set(
    MANIFEST,
    `${JSON.stringify({ ...head, ...options.manifest, tables: tablesOf(report).map(tableEntry), files }, null, 2)}\n`,
  );
  await writeDirectory(directory, contents);
  return { id: options.id, name: report.name, directory, files };
}

/** A CSV file says nothing of its units; the manifest does. */
function tableEntry(table: Table) {
  return { path: `data/${table.id}.csv`, title: table.title, rows: table.rows.length, columns: table.columns };
}

/** Path -> text of every file but the manifest, by path. Same report, same bytes. */
export function contentsOf(report: Report, formats: readonly ReportFormat[]): Map<string, string> {
  const files: [string, string][] = [
    ...formats.map((format): [string, string] => [FORMATS[format].path, FORMATS[format].render(report)]),
    ...tablesOf(report).map((table): [string, string] => [`data/${table.id}.csv`, csvOf(table)]),
    ...figuresOf(report).map((figure): [string, string] => [`figures/${figure.id}.svg`, standaloneSvg(figure)]),
  ];
  return new Map(files.sort(([a], [b]) => (a < b ? -1 : 1)));
}

async function refuseForeign(directory: string): Promise<void> {
  const entries = await entriesOf(directory).catch((cause: unknown) => {
    throw new KubecensusError('KC_REPORT_OUT', `${directory} is not a directory.`, { cause });
  });
  if (entries === null || entries.length === 0 || (await readReport(directory)) !== null) return;
  throw new KubecensusError('KC_REPORT_OUT', `${directory} holds files that are not a report of kubecensus.`);
}
