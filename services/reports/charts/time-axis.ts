// Days on a horizontal axis: from ISO dates to pixels, with as many month or year marks as the width can bear.
import * as Plot from '@observablehq/plot';
import { SMALL_LETTER } from './drawing.ts';
import { paint } from './palette.ts';
import { linear } from './pixels.ts';

const DAY_MS = 86_400_000;
/** A mark with its text needs about this many pixels. */
const MARK_WIDTH = 62;
/** One with a whole date. */
const DAY_MARK_WIDTH = 84;
const DAY_STEPS = [1, 2, 7, 14, 28] as const;
/** Over fewer months than these, marks are days: of months there would be one, or none. */
const DAYS_BELOW_MONTHS = 3;
const MONTH_STEPS = [1, 2, 3, 6, 12, 24, 60] as const;

export interface TimeAxis {
  readonly x: (date: string) => number;
  readonly ticks: readonly { readonly date: string; readonly x: number; readonly text: string }[];
}

/** Whole days since 1970 of a YYYY-MM-DD or RFC 3339 date. */
function day(date: string): number {
  return Math.floor(Date.parse(date) / DAY_MS);
}

/** An axis over all dates given, in [left, right] pixels. One day alone stands in the middle. */
export function timeAxis(dates: readonly string[], left: number, right: number): TimeAxis {
  const days = dates.map(day);
  let [first, last] = [Math.min(...days), Math.max(...days)];
  if (first === last) [first, last] = [first - 15, last + 15];
  const scale = linear([first, last], [left, right]);
  return {
    x: (date) => scale(day(date)),
    ticks: marks(first, last, right - left).map((tick) => ({ ...tick, x: scale(day(tick.date)) })),
  };
}

function marks(first: number, last: number, width: number): { date: string; text: string }[] {
  const span = (last - first) / 30.44;
  if (span < DAYS_BELOW_MONTHS) return daysBetween(first, last, width);
  const room = Math.max(1, Math.floor(width / MARK_WIDTH));
  const step = MONTH_STEPS.find((one) => span / one <= room) ?? 120;
  const ticks: { date: string; text: string }[] = [];
  const start = new Date(first * DAY_MS);
  for (let month = start.getUTCFullYear() * 12 + start.getUTCMonth(); ; month += 1) {
    const date = `${Math.floor(month / 12)}-${String((month % 12) + 1).padStart(2, '0')}-01`;
    if (day(date) > last) return ticks;
    if (month % step === 0 && day(date) >= first)
      ticks.push({ date, text: step >= 12 ? date.slice(0, 4) : date.slice(0, 7) });
  }
}

function daysBetween(first: number, last: number, width: number): { date: string; text: string }[] {
  const room = Math.max(1, Math.floor(width / DAY_MARK_WIDTH));
  const step = DAY_STEPS.find((one) => (last - first) / one <= room) ?? 56;
  return Array.from({ length: Math.floor((last - first) / step) + 1 }, (_, at) => {
    const date = new Date((first + at * step) * DAY_MS).toISOString().slice(0, 10);
    return { date, text: date };
  });
}

/** Points in pieces that no break lies within: a break on a day parts what is before it from that day on. */
export function unbroken<T extends { readonly date: string }>(points: readonly T[], breaks: readonly string[]): T[][] {
  const pieces = Map.groupBy(points, (point) => breaks.filter((day) => day <= point.date).length);
  return [...pieces.values()];
}

/** The marks of the axis along `y`. */
export function timeMarks(axis: TimeAxis, left: number, right: number, y: number): Plot.Markish[] {
  return [
    Plot.link([{ left, right }], { x1: 'left', x2: 'right', y1: y, y2: y, stroke: paint('muted') }),
    Plot.link(axis.ticks, { x1: 'x', x2: 'x', y1: y, y2: y + 4, stroke: paint('muted') }),
    Plot.text(axis.ticks, { x: 'x', y: y + 14, text: 'text', fill: paint('muted'), fontSize: SMALL_LETTER }),
  ];
}
