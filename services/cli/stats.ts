// kubecensus stats: counts of a survey by any dimensions, or of tallies.
import { KubecensusError } from '../platform/errors.ts';
import { CLUSTER, COUNTED_UNITS, readConditions, readDimensions, readUnit } from '../rollups/count-request.ts';
import { countedSurvey } from '../rollups/counted-survey.store.ts';
import { SURVEY_FLAGS } from '../rollups/counted-survey.ts';
import { DIMENSION_NAMES } from '../rollups/rollup.ts';
import type { CellEstimate } from '../rollups/sample-estimate.ts';
import { type StatsCell, stats } from '../rollups/stats.store.ts';
import { keptVantages } from '../rollups/summary.store.ts';
import { compareVantages, type VantageComparison } from '../rollups/vantages.ts';
import { STORED_FLAGS } from '../surveys/flags.store.ts';
import { TALLY_DIMENSIONS, type TallyDimension, tallyCounts } from '../tallies/tally.store.ts';
import { type Command, EXIT, type ExitCode, listOption, type Options, type Session, textOption } from './command.ts';
import { formatRows, type Row, type RowFormat } from './rows.ts';

export const statsCommand: Command = {
  usage: 'stats',
  help: `counts by dimensions: ${DIMENSION_NAMES.join(', ')}`,
  options: [
    { flags: '--survey <id>', help: 'the survey (default: the newest that is counted)' },
    { flags: '--by <dimensions>', help: 'one or more dimensions, comma-separated' },
    {
      flags: '--where <dim=value...>',
      help: 'only where a dimension has this value; repeated for one dimension: any of them',
    },
    {
      flags: '--unit <unit>',
      help: `${COUNTED_UNITS.join(', ')} (default: endpoint; ${CLUSTER}: an estimate, from low to high)`,
    },
    { flags: '--vantages', help: 'endpoints that each of several vantages saw, and what each further one gained' },
    { flags: '--tallies', help: `counts that others state; --by ${Object.keys(TALLY_DIMENSIONS).join(', ')}` },
    { flags: '--feed <name>', help: 'with --tallies: of this feed only' },
  ],
  run: (session, _args, options) => {
    if (options['vantages'] === true) return vantages(session, options);
    return options['tallies'] === true ? tallies(session, options) : counts(session, options);
  },
};

async function counts(session: Session, options: Options): Promise<ExitCode> {
  const by = readDimensions((textOption(options, 'by') ?? '').split(',').filter((word) => word !== ''));
  const unit = readUnit(textOption(options, 'unit') ?? 'endpoint');
  const where = readConditions(listOption(options, 'where').map(pairOf));
  const parts = await session.open();
  const { cells, survey } = await stats(parts.db, { surveyId: textOption(options, 'survey'), by, where, unit });
  await session.out(
    formatRows(
      cells.map((cell) => rowOf(cell, unit, session.format)),
      session.format,
    ),
  );
  const stops = STORED_FLAGS.filter((flag) => survey.flags.includes(flag));
  if (stops.length > 0) session.say(`${stops.map((flag) => `${flag}: ${SURVEY_FLAGS[flag]}`).join('; ')}.`);
  return EXIT.done;
}

function rowOf(cell: StatsCell, unit: string, format: RowFormat): Row {
  if (!('count' in cell)) return { ...cell.values, low: cell.low, high: cell.high };
  return { ...cell.values, [unit]: cell.count, ...(cell.estimate === undefined ? {} : written(cell.estimate, format)) };
}

/** Beside the count of a sample: one field in JSON, columns elsewhere. */
function written({ total, standardError, low, high, method }: CellEstimate, format: RowFormat): Row {
  if (format === 'json' || format === 'ndjson') return { estimate: { total, standardError, low, high, method } };
  return {
    estimated_total: Math.round(total),
    standard_error: Math.round(standardError),
    estimated_low: Math.round(low),
    estimated_high: Math.round(high),
  };
}

/** 'component=kubelet' and 'component=kube-proxy-metrics' together mean either; '-' and '' mean not observed. */
function pairOf(text: string): [string, string] {
  const cut = text.indexOf('=');
  if (cut < 1) throw new KubecensusError('KC_USAGE', `--where takes dimension=value, not ${text}.`);
  return [text.slice(0, cut), text.slice(cut + 1)];
}

async function vantages(session: Session, options: Options): Promise<ExitCode> {
  const alone = ['by', 'where', 'unit', 'tallies', 'feed'].filter((name) => options[name] !== undefined);
  if (alone.length > 0)
    throw new KubecensusError('KC_USAGE', `--vantages goes with --survey only, not with --${alone[0]}.`);
  const parts = await session.open();
  const survey = await countedSurvey(parts.db, textOption(options, 'survey'));
  const kept = await keptVantages(parts.db, survey);
  if (kept === null) {
    session.say(`Survey ${survey.id} was made from one vantage, ${survey.vantage}, or is not counted yet.`);
    return EXIT.done;
  }
  await session.out(formatRows(vantageRows(compareVantages(kept)), session.format));
  return EXIT.done;
}

/** One row for each vantage; the first gains nothing over those before it. */
function vantageRows({ asked, seen, views, gains }: VantageComparison): Row[] {
  return views.map(({ vantage, missed, ...view }) => {
    const gain = gains.find((one) => one.vantage === vantage);
    return {
      vantage,
      unit: 'endpoint',
      asked,
      seen_by_any: seen,
      seen: view.seen,
      only_here: view.onlyHere,
      missed_share: shareOf(missed?.share),
      missed_low: shareOf(missed?.interval[0]),
      missed_high: shareOf(missed?.interval[1]),
      added: gain?.added ?? null,
      gain: shareOf(gain?.gain),
      gain_low: shareOf(gain?.interval?.[0]),
      gain_high: shareOf(gain?.interval?.[1]),
    };
  });
}

/** To four digits: more is noise of the interval. */
const shareOf = (share: number | null | undefined): number | null => (share == null ? null : Number(share.toFixed(4)));

async function tallies(session: Session, options: Options): Promise<ExitCode> {
  const by = textOption(options, 'by') ?? 'distribution';
  if (!Object.hasOwn(TALLY_DIMENSIONS, by))
    throw new KubecensusError('KC_DIMENSION', `Tallies are counted by ${Object.keys(TALLY_DIMENSIONS).join(', ')}.`);
  const parts = await session.open();
  const rows = await tallyCounts(parts.db, by as TallyDimension, textOption(options, 'feed'));
  await session.out(
    formatRows(
      rows.map(({ value, ...row }) => ({
        feed: row.feed,
        day: row.day,
        [by]: value,
        count: row.count,
        share: row.share,
        unit: row.unit,
        total: row.total,
        omitted: row.omitted,
      })),
      session.format,
    ),
  );
  return EXIT.done;
}
