// kubecensus stats: counts of a survey by any dimensions, or of tallies.
import { KubecensusError } from '../platform/errors.ts';
import { CLUSTER, COUNTED_UNITS, readConditions, readDimensions, readUnit } from '../rollups/count-request.ts';
import { DIMENSION_NAMES } from '../rollups/rollup.ts';
import type { CellEstimate } from '../rollups/sample-estimate.ts';
import { type StatsCell, stats } from '../rollups/stats.store.ts';
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
    { flags: '--tallies', help: `counts that others state; --by ${Object.keys(TALLY_DIMENSIONS).join(', ')}` },
    { flags: '--feed <name>', help: 'with --tallies: of this feed only' },
  ],
  run: (session, _args, options) =>
    options['tallies'] === true ? tallies(session, options) : counts(session, options),
};

async function counts(session: Session, options: Options): Promise<ExitCode> {
  const by = readDimensions((textOption(options, 'by') ?? '').split(',').filter((word) => word !== ''));
  const unit = readUnit(textOption(options, 'unit') ?? 'endpoint');
  const where = readConditions(listOption(options, 'where').map(pairOf));
  const parts = await session.open();
  const { cells } = await stats(parts.db, { surveyId: textOption(options, 'survey'), by, where, unit });
  await session.out(
    formatRows(
      cells.map((cell) => rowOf(cell, unit, session.format)),
      session.format,
    ),
  );
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
