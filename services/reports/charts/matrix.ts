// Sets and their exact combinations as a matrix (after UpSet, Lex et al. 2014): above, how large each set is; below, one row per combination.
import * as Plot from '@observablehq/plot';
import type { MatrixChart } from '../chart.ts';
import { grouped } from '../numbers.ts';
import { visible } from '../plain-text.ts';
import { LETTER, type Picture, SMALL_LETTER } from './drawing.ts';
import { keyMarks } from './key.ts';
import { textWidth, wrapped } from './letters.ts';
import { paint } from './palette.ts';
import { drawPixels, emptyPicture, linear } from './pixels.ts';

const LINE = 17;
const SET_BAR = 5;
const SET_GAP = 9;
const ROW = 22;
const BAR = 13;
/** Columns stand so far apart, or closer when they would take more than their part of the sheet. */
const COLUMN = 26;
const COLUMNS_SHARE = 0.45;
/** Room for the mark of a set left of its name. */
const MARK = 24;
/** A combination that is not zero shows at least so much. */
const LEAST_BAR = 1;

/** Marks of sets: A to Z, then A1 to Z1 and so on. */
export function setMark(at: number): string {
  return `${String.fromCharCode(65 + (at % 26))}${at < 26 ? '' : Math.floor(at / 26)}`;
}

export function matrixPicture(chart: MatrixChart, width: number): Picture {
  if (chart.rows.length === 0) return emptyPicture(width);
  const sets = setRows(chart, width);
  const key = keyMarks(
    [
      { label: `${chart.unit} of one only`, role: 'version-endpoint' },
      { label: `${chart.unit} of several`, role: 'plain' },
    ],
    0,
    sets.bottom + 8,
    width,
  );
  const top = sets.bottom + 8 + key.height;
  const rows = combinationRows(chart, width, top);
  return drawPixels(width, rows.bottom, [...sets.marks, ...key.marks, ...rows.marks]);
}

interface Part {
  /** Pixels from the top of the sheet. */
  readonly bottom: number;
  readonly marks: readonly Plot.Markish[];
}

/** One line of text for each set (more where its name is long), and below it a thin bar for its size. */
function setRows(chart: MatrixChart, width: number): Part {
  const values = chart.sets.map((set) => grouped(set.value));
  const room = Math.max(0, ...values.map((value) => textWidth(value, LETTER))) + 12;
  const x = linear([0, Math.max(1, ...chart.sets.map((set) => set.value))], [MARK, width]);
  const marks: { y: number; text: string }[] = [];
  const names: { y: number; text: string }[] = [];
  const numbers: { y: number; text: string }[] = [];
  const bars: { y: number; x2: number }[] = [];
  let y = 0;
  for (const [at, set] of chart.sets.entries()) {
    const lines = wrapped(visible(set.label), width - MARK - room, LETTER);
    marks.push({ y: y + LINE / 2, text: setMark(at) });
    numbers.push({ y: y + LINE / 2, text: values[at]! });
    for (const [line, text] of lines.entries()) names.push({ y: y + (line + 0.5) * LINE, text });
    y += lines.length * LINE + 1;
    bars.push({ y, x2: x(set.value) });
    y += SET_BAR + SET_GAP;
  }
  const text = { y: 'y', text: 'text', fill: paint('ink'), fontSize: LETTER } as const;
  return {
    bottom: y,
    marks: [
      Plot.text(marks, { ...text, x: 0, textAnchor: 'start', fontWeight: 600 }),
      Plot.text(names, { ...text, x: MARK, textAnchor: 'start' }),
      Plot.text(numbers, { ...text, x: width, textAnchor: 'end', fontVariant: 'tabular-nums' }),
      Plot.rect(bars, { x1: MARK, x2: width, y1: 'y', y2: (bar) => bar.y + SET_BAR, fill: paint('rule') }),
      Plot.rect(bars, { x1: MARK, x2: 'x2', y1: 'y', y2: (bar) => bar.y + SET_BAR, fill: paint('muted') }),
    ],
  };
}

/** A dot under each set that a combination has, joined by a line, and the bar of its size from zero. */
function combinationRows(chart: MatrixChart, width: number, top: number): Part {
  const step = Math.min(COLUMN, (width * COLUMNS_SHARE) / chart.sets.length);
  const column = (set: number): number => (set + 0.5) * step;
  const left = Math.ceil(chart.sets.length * step) + 8;
  const values = chart.rows.map((row) => grouped(row.value));
  const right = Math.ceil(Math.max(...values.map((value) => textWidth(value, SMALL_LETTER)))) + 10;
  const x = linear([0, Math.max(1, ...chart.rows.map((row) => row.value))], [left, width - right]);
  const radius = Math.min(6, step / 2 - 1);
  const head = Math.min(SMALL_LETTER, step / 0.8);
  const first = top + LINE + 2;
  const rows = chart.rows.map((row, at) => ({
    ...row,
    y: first + (at + 0.5) * ROW,
    stripe: at % 2 === 0,
    fill: paint(row.alone ? 'version-endpoint' : 'plain'),
    x2: row.value === 0 ? left : Math.max(left + LEAST_BAR, x(row.value)),
    text: values[at]!,
  }));
  const dots = rows.flatMap((row) =>
    chart.sets.map((_, set) => ({ x: column(set), y: row.y, has: row.sets.includes(set), fill: row.fill })),
  );
  const heads = chart.sets.map((_, set) => ({ x: column(set), text: setMark(set) }));
  return {
    bottom: first + rows.length * ROW + 1,
    marks: [
      Plot.rect(
        rows.filter((row) => row.stripe),
        {
          x1: 0,
          x2: width,
          y1: (row) => row.y - ROW / 2,
          y2: (row) => row.y + ROW / 2,
          fill: paint('rule'),
          fillOpacity: 0.3,
        },
      ),
      Plot.text(heads, {
        x: 'x',
        y: top + LINE / 2,
        text: 'text',
        textAnchor: 'middle',
        fill: paint('ink'),
        fontSize: head,
        fontWeight: 600,
      }),
      Plot.dot(
        dots.filter((dot) => !dot.has),
        { x: 'x', y: 'y', r: Math.min(3, radius), fill: paint('rule') },
      ),
      Plot.link(
        rows.filter((row) => row.sets.length > 1),
        {
          x1: (row) => column(Math.min(...row.sets)),
          x2: (row) => column(Math.max(...row.sets)),
          y1: 'y',
          y2: 'y',
          stroke: paint('plain'),
          strokeWidth: 2,
        },
      ),
      ...(['version-endpoint', 'plain'] as const).map((role) =>
        Plot.dot(
          dots.filter((dot) => dot.has && dot.fill === paint(role)),
          { x: 'x', y: 'y', r: radius, fill: paint(role) },
        ),
      ),
      Plot.rect(rows, { x1: left, x2: 'x2', y1: (row) => row.y - BAR / 2, y2: (row) => row.y + BAR / 2, fill: 'fill' }),
      Plot.text(rows, {
        x: (row) => row.x2 + 6,
        y: 'y',
        text: 'text',
        textAnchor: 'start',
        fill: paint('ink'),
        fontSize: SMALL_LETTER,
        fontVariant: 'tabular-nums',
      }),
    ],
  };
}
