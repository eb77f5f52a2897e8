// kubecensus export: rows as files, streamed, in a fixed order, with a manifest.
import { resolve } from 'node:path';
import { DATASETS, type DatasetName } from '../exports/columns.ts';
import { EXPORT_FORMATS, type ExportFormat, exportDataset } from '../exports/export.store.ts';
import { KubecensusError } from '../platform/errors.ts';
import { latestSurvey } from '../surveys/survey.store.ts';
import { type Command, EXIT, textOption } from './command.ts';

export const exportCommand: Command = {
  usage: 'export <dataset>',
  help: `export rows: ${Object.entries(DATASETS)
    .map(([name, dataset]) => `${name} (${dataset.description})`)
    .join('; ')}`,
  options: [
    { flags: '--survey <id>', help: 'the survey (default: the newest that is counted)' },
    { flags: '--format <format>', help: `${EXPORT_FORMATS.join(', ')} (default: csv)` },
    { flags: '--out <file>', help: 'write to this file, with FILE.manifest.json beside it (default: stdout)' },
  ],
  run: async (session, [name], options) => {
    if (!Object.hasOwn(DATASETS, name as string))
      throw new KubecensusError(
        'KC_USAGE',
        `There is no dataset named ${name}; there are: ${Object.keys(DATASETS).join(', ')}.`,
      );
    const format = (textOption(options, 'format') ?? 'csv') as ExportFormat;
    if (!EXPORT_FORMATS.includes(format))
      throw new KubecensusError('KC_USAGE', `--format is one of ${EXPORT_FORMATS.join(', ')}.`);
    const dataset = name as DatasetName;
    const parts = await session.open();
    const surveyId =
      textOption(options, 'survey') ?? (DATASETS[dataset].perSurvey ? await latestSurvey(parts.db) : null);
    if (surveyId === null && DATASETS[dataset].perSurvey)
      throw new KubecensusError('KC_NO_SURVEY', 'No survey has been counted yet.');
    const out = textOption(options, 'out');
    const done = await exportDataset(
      {
        dataset,
        surveyId,
        format,
        out: out === null ? process.stdout : resolve(out),
        codeVersion: parts.codeVersion,
        at: parts.now(),
      },
      parts.database,
      session.signal,
    );
    session.say(`${done.rows} rows of ${dataset}${out === null ? '' : ` in ${resolve(out)}, sha256 ${done.sha256}`}.`);
    return EXIT.done;
  },
};
