// What a schedule runs, read from the options of `schedule add`.
import { SETTINGS } from '../config.ts';
import { KubecensusError } from '../platform/errors.ts';
import { isReportName, REPORTS } from '../reports/index.ts';
import { hasSection, sectionIds } from '../reports/section-ids.ts';
import type { ReportSpec, ScheduleSpec } from '../schedules/schedule.ts';
import { listOption, type OptionSpec, type Options, textOption } from './command.ts';

export const SPEC_OPTIONS: readonly OptionSpec[] = [
  { flags: '--report <name>', help: `write a report on the newest survey: ${Object.keys(REPORTS).join(', ')}` },
  { flags: '--owner <name>', help: 'with --report owner: whose networks it covers; see owners' },
  { flags: '--section <id...>', help: 'with --report: only these sections, by the ids that its report.json has' },
  { flags: '--country <code...>', help: 'with --report: only endpoints of these countries, as two-letter codes' },
  { flags: '--even-partial', help: 'with --report: send it also when the survey or a feed of it is partial' },
  { flags: '--survey', help: 'start a survey of the configured scope' },
  { flags: '--vantages <list>', help: 'with --survey: vantages that each visit every target, comma-separated' },
  { flags: '--feed <name...>', help: 'pull this declared feed; with --survey: only candidates of these feeds' },
];

/** Throws KC_SCHEDULE for options that do not go together, KC_USAGE for sections that the report cannot have. */
export function specOf(options: Options): ScheduleSpec {
  const report = textOption(options, 'report');
  const feeds = listOption(options, 'feed');
  const vantages = textOption(options, 'vantages');
  if (report !== null && options['survey'] === undefined && feeds.length === 0) return reportSpec(report, options);
  const only = ['owner', 'section', 'country', 'evenPartial'].filter((name) => options[name] !== undefined);
  if (only.length > 0)
    throw new KubecensusError('KC_SCHEDULE', '--owner, --section, --country and --even-partial go with --report.');
  if (options['survey'] === true && report === null)
    return vantages === null ? { kind: 'survey', feeds } : { kind: 'survey', feeds, vantages: vantageNames(vantages) };
  if (vantages !== null) throw new KubecensusError('KC_SCHEDULE', '--vantages goes with --survey.');
  if (report === null && feeds.length === 1) return { kind: 'feed', feed: feeds[0] as string };
  throw new KubecensusError('KC_SCHEDULE', 'A schedule runs one thing: --report NAME, --survey, or --feed NAME.');
}

function vantageNames(text: string): readonly string[] {
  const read = SETTINGS.vantages.read(text);
  if (read.ok) return read.value;
  throw new KubecensusError('KC_SCHEDULE', `--vantages takes ${read.expected}.`);
}

function reportSpec(report: string, options: Options): ReportSpec {
  if (!isReportName(report))
    throw new KubecensusError(
      'KC_SCHEDULE',
      `There is no report named ${report}; there are: ${Object.keys(REPORTS).join(', ')}.`,
    );
  const owner = textOption(options, 'owner');
  if ((owner !== null) !== (report === 'owner'))
    throw new KubecensusError('KC_SCHEDULE', 'The report owner needs --owner NAME, and no other report takes it.');
  const sections = listOption(options, 'section');
  const strange = sections.filter((id) => !hasSection(report, id));
  if (strange.length > 0)
    throw new KubecensusError(
      'KC_USAGE',
      `The report ${report} has no section ${strange.join(', ')}; it has: ${sectionIds(report).join(', ')}.`,
    );
  const countries = listOption(options, 'country').map((code) => code.toUpperCase());
  const wrong = countries.filter((code) => !/^[A-Z]{2}$/.test(code));
  if (wrong.length > 0)
    throw new KubecensusError('KC_SCHEDULE', `--country takes codes of two letters, not ${wrong.join(', ')}.`);
  if (countries.length > 0 && REPORTS[report].reads !== 'headline')
    throw new KubecensusError('KC_SCHEDULE', `The report ${report} cannot be limited to countries.`);
  return {
    kind: 'report',
    report,
    ...(owner === null ? {} : { owner }),
    ...(sections.length === 0 ? {} : { sections }),
    ...(countries.length === 0 ? {} : { countries }),
    ...(options['evenPartial'] === true ? { evenPartial: true as const } : {}),
  };
}
