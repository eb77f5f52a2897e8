// kubecensus stats: counts of a survey by any dimensions, or of tallies.
import { KubecensusError } from '../platform/errors.ts';
import { clusters } from '../rollups/cluster.store.ts';
import { count } from '../rollups/rollup.store.ts';
import { DIMENSION_NAMES, DIMENSIONS, type Dimension, UNITS, type Unit } from '../rollups/rollup.ts';
import { latestSurvey } from '../surveys/survey.store.ts';
import { TALLY_DIMENSIONS, type TallyDimension, tallyCounts } from '../tallies/tally.store.ts';
import { type Command, EXIT, type ExitCode, listOption, type Options, type Session, textOption } from './command.ts';
import { formatRows } from './rows.ts';

const CLUSTER = 'cluster';
const COUNTED_UNITS: readonly string[] = [...UNITS, CLUSTER];

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
      help: `${COUNTED_UNITS.join(', ')} (default: endpoint; cluster: an estimate, from low to high)`,
    },
    { flags: '--tallies', help: `counts that others state; --by ${Object.keys(TALLY_DIMENSIONS).join(', ')}` },
    { flags: '--feed <name>', help: 'with --tallies: of this feed only' },
  ],
  run: (session, _args, options) => (options['tallies'] === true ? tallies(session, options) : stats(session, options)),
};

async function stats(session: Session, options: Options): Promise<ExitCode> {
  const by = dimensions((textOption(options, 'by') ?? '').split(',').filter((word) => word !== ''));
  const unit = textOption(options, 'unit') ?? 'endpoint';
  if (!COUNTED_UNITS.includes(unit))
    throw new KubecensusError('KC_DIMENSION', `${unit} is no unit; there are: ${COUNTED_UNITS.join(', ')}.`);
  const where = conditions(listOption(options, 'where'));
  const parts = await session.open();
  const surveyId = textOption(options, 'survey') ?? (await latestSurvey(parts.db));
  if (surveyId === null) throw new KubecensusError('KC_NO_SURVEY', 'No survey has been counted yet.');
  const query = { surveyId, by, where };
  const rows =
    unit === CLUSTER
      ? (await clusters(parts.db, query)).map(({ values, low, high }) => ({ ...values, low, high }))
      : (await count(parts.db, { ...query, unit: unit as Unit })).map((cell) => ({
          ...cell.values,
          [unit]: cell.count,
        }));
  await session.out(formatRows(rows, session.format));
  return EXIT.done;
}

function dimensions(words: readonly string[]): Dimension[] {
  const unknown = words.filter((word) => !Object.hasOwn(DIMENSIONS, word));
  if (unknown.length > 0)
    throw new KubecensusError(
      'KC_DIMENSION',
      `No dimension is named ${unknown.join(', ')}; there are: ${DIMENSION_NAMES.join(', ')}.`,
    );
  return words as Dimension[];
}

/** 'component=kubelet' and 'component=kube-proxy-metrics' together mean either; '-' and '' mean not observed. */
function conditions(texts: readonly string[]): Partial<Record<Dimension, string[]>> {
  const where: Partial<Record<Dimension, string[]>> = {};
  for (const text of texts) {
    const cut = text.indexOf('=');
    if (cut < 1) throw new KubecensusError('KC_USAGE', `--where takes dimension=value, not ${text}.`);
    const [dim] = dimensions([text.slice(0, cut)]) as [Dimension];
    const value = text.slice(cut + 1);
    where[dim] = [...(where[dim] ?? []), value === '-' ? '' : value];
  }
  return where;
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
