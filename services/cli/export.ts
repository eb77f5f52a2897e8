// kubecensus export: rows as files, streamed, in a fixed order, with a manifest.
import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { DATASETS, type DatasetName } from '../exports/columns.ts';
import { exportDataset, exportedSurvey } from '../exports/export.store.ts';
import { EXPORT_FORMATS, type ExportFormat } from '../exports/export-format.ts';
import { type ExportSelection, ofOneSurvey, selectedDataset } from '../exports/export-request.ts';
import { exportFileName } from '../exports/file-name.ts';
import type { Parts } from '../parts.ts';
import { KubecensusError } from '../platform/errors.ts';
import { latestSurvey } from '../surveys/survey.store.ts';
import { type Command, EXIT, type Options, textOption } from './command.ts';

export const exportCommand: Command = {
  usage: 'export <dataset>',
  help: `export rows: ${Object.entries(DATASETS)
    .map(([name, dataset]) => `${name} (${dataset.description})`)
    .join('; ')}`,
  options: [
    { flags: '--survey <id>', help: 'the survey (default: the newest that is counted)' },
    { flags: '--format <format>', help: `${EXPORT_FORMATS.join(', ')} (default: csv)` },
    { flags: '--since <time>', help: 'only what is newer than this time, RFC 3339; see docs/exports.md' },
    {
      flags: '--out <path>',
      help: 'write to this file or into this directory, with FILE.manifest.json beside it (default: stdout)',
    },
  ],
  run: async (session, [name], options) => {
    const selection = selectionOf(name as string, options);
    selectedDataset(selection);
    const parts = await session.open();
    const asked = await withSurvey(selection, parts);
    const given = textOption(options, 'out');
    const out = given === null ? null : await fileOf(given, asked, parts);
    const done = await exportDataset(
      {
        ...asked,
        out: out ?? process.stdout,
        policy: await policyOf(parts),
        codeVersion: parts.codeVersion,
        at: parts.now(),
      },
      parts.database,
      session.signal,
    );
    session.say(`${done.rows} rows of ${asked.dataset}${out === null ? '' : ` in ${out}, sha256 ${done.sha256}`}.`);
    return EXIT.done;
  },
};

function selectionOf(name: string, options: Options): ExportSelection & { readonly since: Date | null } {
  if (!Object.hasOwn(DATASETS, name))
    throw new KubecensusError(
      'KC_USAGE',
      `There is no dataset named ${name}; there are: ${Object.keys(DATASETS).join(', ')}.`,
    );
  const format = (textOption(options, 'format') ?? 'csv') as ExportFormat;
  if (!EXPORT_FORMATS.includes(format))
    throw new KubecensusError('KC_USAGE', `--format is one of ${EXPORT_FORMATS.join(', ')}.`);
  const time = textOption(options, 'since');
  return {
    dataset: name as DatasetName,
    surveyId: textOption(options, 'survey'),
    format,
    since: time === null ? null : timeOf(time),
  };
}

/** A day, or a time with its zone: what a machine in another zone would read otherwise is refused. */
const TIME = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/;

function timeOf(text: string): Date {
  const time = new Date(TIME.test(text) ? text : Number.NaN);
  if (Number.isNaN(time.getTime()))
    throw new KubecensusError('KC_USAGE', `--since ${text} is no time: write 2026-11-24 or 2026-11-24T12:00:00Z.`);
  return time;
}

/** Without --survey the newest counted one, where the rows are those of one survey. */
async function withSurvey<T extends ExportSelection>(selection: T, parts: Parts): Promise<T> {
  if (selection.surveyId !== null || !ofOneSurvey(selectedDataset(selection), selection)) return selection;
  const surveyId = await latestSurvey(parts.db);
  if (surveyId === null) throw new KubecensusError('KC_NO_SURVEY', 'No survey has been counted yet.');
  return { ...selection, surveyId };
}

/** What this installation asks and keeps today: over its scope, or everywhere where it has none. */
async function policyOf({ config, policyFor }: Parts): Promise<object> {
  return (await policyFor(config.scope.length > 0 ? config.scope : ['0.0.0.0/0', '::/0'])).describe();
}

/** The path that was given, or a file of the export's own name in it where it is a directory. */
async function fileOf(
  out: string,
  selection: ExportSelection & { readonly since: Date | null },
  parts: Parts,
): Promise<string> {
  const path = resolve(out);
  const isDirectory = (await stat(path).catch(() => null))?.isDirectory() ?? false;
  if (!isDirectory) return path;
  const survey = await exportedSurvey(selection, parts.database);
  return join(path, exportFileName(selection, survey?.finished_at ?? parts.now()));
}
