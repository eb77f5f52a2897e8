// kubecensus report: one report with its pictures, CSV files and manifest.
import { resolve } from 'node:path';
import { REPORTS } from '../reports/index.ts';
import { makeReport } from '../reports/report.job.ts';
import type { ReportFormat } from '../reports/write.ts';
import { storeReport } from '../schedules/delivery.store.ts';
import { type Command, EXIT, type Options, textOption } from './command.ts';
import { formatRows } from './rows.ts';

const FORMAT_FLAGS = { html: 'html', markdown: 'markdown', json: 'json' } as const satisfies Record<
  string,
  ReportFormat
>;

export const reportCommand: Command = {
  usage: 'report [name]',
  help: `write a report: ${Object.entries(REPORTS)
    .map(([name, report]) => `${name} (${report.title})`)
    .join('; ')}`,
  options: [
    { flags: '--survey <id>', help: 'the survey (default: the newest that is counted)' },
    { flags: '--compare <id>', help: 'an earlier survey to stand beside it' },
    { flags: '--owner <name>', help: 'whose networks an owner report covers; see owners' },
    { flags: '--html', help: 'only the HTML page (default: all forms)' },
    { flags: '--markdown', help: 'only Markdown' },
    { flags: '--json', help: 'only JSON' },
    { flags: '--out <dir>', help: 'where to write it (default: below the data directory)' },
  ],
  run: async (session, [named], options) => {
    const parts = await session.open();
    const name = named ?? 'headline';
    const id = `r-${name}-${parts.now().toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-')}`;
    const out = textOption(options, 'out');
    const made = await makeReport(
      {
        id,
        name,
        surveyId: textOption(options, 'survey'),
        compareId: textOption(options, 'compare'),
        owner: textOption(options, 'owner'),
        out: out === null ? null : resolve(out),
        formats: formatsOf(options),
      },
      { ...parts, dataDir: parts.config.dataDir },
    );
    // One that lies elsewhere is its maker's own: the API lists what it can also hand out.
    if (out === null)
      await storeReport(
        parts.db,
        { id, name, surveyId: made.surveyId, manifest: made.manifest },
        { scheduleId: null, destinations: [] },
        parts.now(),
      );
    const row = {
      report: id,
      name: made.files.name,
      survey: made.surveyId,
      directory: made.files.directory,
      files: made.files.files.length + 1,
    };
    await session.out(formatRows([row], session.format));
    return EXIT.done;
  },
};

function formatsOf(options: Options): ReportFormat[] {
  const named = Object.entries(FORMAT_FLAGS).filter(([flag]) => options[flag] === true);
  return (named.length === 0 ? Object.entries(FORMAT_FLAGS) : named).map(([, format]) => format);
}
