// One run as a page for people: facts, what to do, rows that are held, rows that were refused.
import type { FeedRun } from '../feeds/feed-run.store.ts';
import type { Quarantined } from '../feeds/quarantine.store.ts';
import { formatRows, type Row } from './rows.ts';

/** Refused rows that are shown of each reason; the table quarantine holds more. */
export const SHOWN_OF_REASON = 5;
/** Rows of a held run that are shown: enough to see what came. */
export const SHOWN_HELD = 5;

/** A run for people: one line a fact, then what to do, then refused rows. */
export function runPage(row: Row, run: FeedRun, refused: readonly Quarantined[], todo: readonly string[]): string {
  const { rejectedBy, refused: _refused, todo: _todo, waiting, ...facts } = row;
  const shown = Object.entries(facts).filter(([, value]) => value !== null && !isEmpty(value));
  const blocks = [
    formatRows(
      shown.map(([fact, value]): Row => ({ fact, value })),
      'table',
    ),
  ];
  if (todo.length > 0) blocks.push(`what to do\n${todo.map((line) => `  ${line}\n`).join('')}`);
  if (!isEmpty(waiting))
    blocks.push(
      `rows that are held, the first ${SHOWN_HELD}\n${(waiting as string[]).map((key) => ` ${key}\n`).join('')}`,
    );
  if (!isEmpty(rejectedBy as Row[string])) {
    const rows = refused.map(
      (one): Row => ({ reason: one.reason, rows: run.rejectedBy[one.reason] ?? 0, at: one.at, excerpt: one.excerpt }),
    );
    const kept = new Set(refused.map(({ reason }) => reason));
    const others = Object.entries(run.rejectedBy).filter(([reason]) => !kept.has(reason));
    const notKept = others.map(([reason, count]): Row => ({ reason, rows: count, at: null, excerpt: null }));
    blocks.push(
      `rejected rows, at most ${SHOWN_OF_REASON} of each reason\n${formatRows([...rows, ...notKept], 'table')}`,
    );
  }
  return blocks.join('\n');
}

const isEmpty = (value: Row[string] | undefined): boolean =>
  typeof value === 'object' && value !== null && !(value instanceof Date) && Object.keys(value).length === 0;
