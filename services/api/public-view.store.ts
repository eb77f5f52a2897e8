// The one place that counts pass through before they leave: whole for those with a key, without what small cells would say for all others.
import type { Database } from '../platform/db/database.ts';
import { KubecensusError } from '../platform/errors.ts';
import type { Where } from '../rollups/count-request.ts';
import type { CountedSurvey } from '../rollups/counted-survey.ts';
import { type Dimension, ROLLUP_SETS } from '../rollups/rollup.ts';
import { type StatsCell, statsOf } from '../rollups/stats.store.ts';
import { type PublicCells, publicCells } from '../rollups/suppress.store.ts';
import type { Access } from './access.ts';
import { type Asked, keptTable } from './kept-table.ts';

/** Cells as they may leave, and how many are held back of the kept table that they are a part of: how many of the part alone would say that there are some. */
export interface View {
  readonly cells: readonly StatsCell[];
  readonly suppressedCells: number;
}

/** Surveys whose published cells are remembered: judging one reads its rollups and those of a week. */
const REMEMBERED = 50;

/** Tables of counted surveys that are remembered: the largest, of some 30,000 networks, takes five megabytes. */
const COUNTED = 24;

/** What may be published of counted surveys, judged once for each. */
export class PublicView {
  readonly #db: Database['db'];
  /** Networks that a published cell stands for at least. */
  readonly k: number;
  readonly #judged = new Map<string, Promise<PublicCells>>();
  readonly #counted = new Map<string, Promise<View>>();

  constructor(db: Database['db'], k: number) {
    this.#db = db;
    this.k = k;
  }

  /** Counts a survey for whoever asks. Throws KC_API_FORBIDDEN for a table that is not published to those without a key. */
  async countFor(access: Access, survey: CountedSurvey, asked: Asked): Promise<View> {
    // Before anything is counted: whoever has no key may not make us read a whole survey either.
    const dims = access.kind === 'key' ? null : publishedDimensions(asked);
    if (survey.rolledUpAt === null) return this.#count(survey, asked, dims);
    const key = JSON.stringify([versionOf(survey), dims, asked.by, Object.entries(asked.where), asked.unit]);
    return remembered(this.#counted, key, COUNTED, () => this.#count(survey, asked, dims));
  }

  async #count(survey: CountedSurvey, asked: Asked, dims: readonly Dimension[] | null): Promise<View> {
    const judged = dims === null ? null : await this.judge(survey);
    const { cells } = await statsOf(this.#db, survey, asked);
    if (dims === null || judged === null) return { cells, suppressedCells: 0 };
    const shown = cells.filter(
      (cell) =>
        !judged.isHidden(
          dims,
          dims.map((dim) => wordOf(cell, asked.where, dim)),
        ),
    );
    return { cells: shown, suppressedCells: judged.hiddenIn(dims) };
  }

  /** Which cells of a counted survey may be published. */
  judge(survey: CountedSurvey): Promise<PublicCells> {
    return remembered(this.#judged, versionOf(survey), REMEMBERED, () => publicCells(this.#db, survey.id, this.k));
  }
}

/** What is counted anew gets another answer. */
const versionOf = ({ id, state, rolledUpAt }: CountedSurvey): string => `${id} ${state} ${rolledUpAt?.toISOString()}`;

/** What is known under the key, else what `make` makes, which is then kept; the oldest of more than `most` goes. Failures are not kept. */
function remembered<T>(kept: Map<string, Promise<T>>, key: string, most: number, make: () => Promise<T>): Promise<T> {
  const known = kept.get(key);
  if (known !== undefined) return known;
  const making = make();
  kept.set(key, making);
  making.catch(() => kept.delete(key));
  const [oldest] = kept.keys();
  if (kept.size > most && oldest !== undefined) kept.delete(oldest);
  return making;
}

const wordOf = (cell: StatsCell, where: Where, dim: Dimension): string => cell.values[dim] ?? where[dim]?.[0] ?? '';

/** The kept table that the answer is a part of, in its own order: only these were judged. */
function publishedDimensions(asked: Asked): readonly Dimension[] {
  const kept = keptTable(asked);
  if (kept !== null) return kept;
  const tables = ROLLUP_SETS.map((set) => set.join(' and ') || 'the whole').join('; ');
  throw new KubecensusError(
    'KC_API_FORBIDDEN',
    `Without a key there are counts by these dimensions, each condition counted as one and of one value: ${tables}. With a key (\`kubecensus keys create --name NAME --scope aggregate:read\`) there are all.`,
  );
}
