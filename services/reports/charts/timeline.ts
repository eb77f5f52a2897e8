// Counts over time as lines, earlier counts of others as lettered marks that no line joins, and dashed rules where a series changed its method.
import * as Plot from '@observablehq/plot';
import type { TimelineChart } from '../chart.ts';
import { compact } from '../numbers.ts';
import { visible } from '../plain-text.ts';
import { type Picture, SMALL_LETTER } from './drawing.ts';
import { keyMarks } from './key.ts';
import { textWidth, wrapped } from './letters.ts';
import { paint } from './palette.ts';
import { drawPixels, emptyPicture, linear, ticksUpTo } from './pixels.ts';
import { timeAxis, timeMarks, unbroken } from './time-axis.ts';

const PLOT_HEIGHT = 300;
const LINE = 17;
const SYMBOLS = { circle: 'circle', diamond: 'diamond2', square: 'square2', triangle: 'triangle2' } as const;
/** Pixels between a mark and its letter, by the order in which places are tried. */
const LETTER_PLACES = [
  [0, -12],
  [0, 13],
  [12, 0],
  [-12, 0],
] as const;
/** Two letters nearer than this overlap. */
const LETTER_BOX = 13;

export function timelinePicture(chart: TimelineChart, width: number): Picture {
  const dated = [...chart.series.flatMap((one) => one.points), ...chart.points, ...chart.breaks];
  if (dated.length === 0) return emptyPicture(width);
  const most = Math.max(
    1,
    ...chart.series.flatMap((one) => one.points.map((point) => point.value)),
    ...chart.points.map((point) => point.value),
  );
  const ticks = ticksUpTo(most, 5);
  const left = Math.ceil(Math.max(...ticks.map((tick) => textWidth(compact(tick), SMALL_LETTER)))) + 8;
  const right = width - 16;
  const key = keyMarks(
    chart.series.map(({ label, role }) => ({ label, role })),
    0,
    0,
    width,
  );
  const axis = timeAxis(
    dated.map((one) => one.date),
    left + 14,
    right,
  );
  const breakNotes = placeBreaks(chart, axis.x, left, right, key.height);
  const top = breakNotes.bottom + 8;
  const bottom = top + PLOT_HEIGHT;
  const y = linear([0, ticks.at(-1)!], [bottom, top]);
  const breaks = chart.breaks.map((one) => one.date);
  const lines = chart.series.flatMap((one) =>
    unbroken(one.points, breaks).map((piece) => ({
      stroke: paint(one.role),
      dots: piece.map((point) => ({ x: axis.x(point.date), y: y(point.value) })),
    })),
  );
  const marks = chart.points.map((point, at) => ({
    ...point,
    x: axis.x(point.date),
    y: y(point.value),
    letter: letterOf(at),
  }));
  const letters = placeLetters(
    marks,
    lines.flatMap((line) => line.dots),
  );
  const legend = pointLegend(chart, width, bottom + 34);
  return drawPixels(width, legend.bottom, [
    ...key.marks,
    Plot.link(ticks, { x1: left, x2: width, y1: (tick) => y(tick), y2: (tick) => y(tick), stroke: paint('rule') }),
    Plot.text(ticks, {
      x: left - 6,
      y: (tick) => y(tick),
      text: compact,
      textAnchor: 'end',
      fill: paint('muted'),
      fontSize: SMALL_LETTER,
      fontVariant: 'tabular-nums',
    }),
    ...timeMarks(axis, left, width, bottom),
    Plot.link(breakNotes.rules, {
      x1: 'x',
      x2: 'x',
      y1: 'top',
      y2: bottom,
      stroke: paint('muted'),
      strokeDasharray: '2,3',
    }),
    Plot.text(breakNotes.notes, {
      x: 'x',
      y: 'y',
      text: 'text',
      textAnchor: 'start',
      fill: paint('muted'),
      stroke: paint('paper'),
      strokeWidth: 5,
      fontSize: SMALL_LETTER,
    }),
    ...lines.flatMap((line) => [
      Plot.line(line.dots, { x: 'x', y: 'y', stroke: line.stroke, strokeWidth: 2, curve: 'linear' }),
      Plot.dot(line.dots, { x: 'x', y: 'y', r: 2.6, fill: line.stroke }),
    ]),
    ...marks.map((mark) =>
      Plot.dot([mark], {
        x: 'x',
        y: 'y',
        r: 4.5,
        symbol: SYMBOLS[mark.shape],
        fill: paint('paper'),
        stroke: paint(mark.role),
        strokeWidth: 2,
      }),
    ),
    Plot.text(letters, {
      x: 'x',
      y: 'y',
      text: 'letter',
      fill: paint('ink'),
      stroke: paint('paper'),
      strokeWidth: 4,
      fontSize: SMALL_LETTER,
      fontWeight: 700,
    }),
    ...legend.marks,
  ]);
}

/** A, B … Z, then AA, AB …: charts with more earlier counts than letters stay readable. */
function letterOf(at: number): string {
  const last = String.fromCharCode(65 + (at % 26));
  return at < 26 ? last : letterOf(Math.floor(at / 26) - 1) + last;
}

/** The first place beside each mark where its letter meets no other letter, mark or dot; above it when there is none. */
function placeLetters(
  marks: readonly { x: number; y: number; letter: string }[],
  dots: readonly { x: number; y: number }[],
): { x: number; y: number; letter: string }[] {
  const placed: { x: number; y: number; letter: string }[] = [];
  const taken = (x: number, y: number, own: string): boolean =>
    [...placed, ...dots, ...marks.filter((mark) => mark.letter !== own)].some(
      (one) => Math.abs(one.x - x) < LETTER_BOX && Math.abs(one.y - y) < LETTER_BOX,
    );
  for (const mark of marks) {
    const place = LETTER_PLACES.find(([dx, dy]) => !taken(mark.x + dx, mark.y + dy, mark.letter)) ?? LETTER_PLACES[0];
    placed.push({ x: mark.x + place[0], y: mark.y + place[1], letter: mark.letter });
  }
  return placed;
}

/** Each break has its note above the plot, on a line of its own when it would run into the one before. */
function placeBreaks(chart: TimelineChart, x: (date: string) => number, left: number, right: number, top: number) {
  const notes: { x: number; y: number; text: string }[] = [];
  const rules: { x: number; top: number }[] = [];
  let y = top;
  for (const one of [...chart.breaks].sort((a, b) => (a.date < b.date ? -1 : 1))) {
    const at = x(one.date);
    const lines = wrapped(visible(one.label), right - left, SMALL_LETTER);
    const widest = Math.max(...lines.map((line) => textWidth(line, SMALL_LETTER)));
    const start = Math.max(left, Math.min(at, right - widest));
    rules.push({ x: at, top: y + lines.length * LINE });
    for (const text of lines) {
      notes.push({ x: start, y: y + LINE / 2, text });
      y += LINE;
    }
  }
  return { notes, rules, bottom: y };
}

function pointLegend(chart: TimelineChart, width: number, top: number): { bottom: number; marks: Plot.Markish[] } {
  const rows: { y: number; text: string; letter: string; point: TimelineChart['points'][number]; head: boolean }[] = [];
  let y = top;
  for (const [at, point] of chart.points.entries()) {
    for (const [line, text] of wrapped(visible(point.label), width - 46, SMALL_LETTER).entries()) {
      rows.push({ y, text, letter: letterOf(at), point, head: line === 0 });
      y += LINE;
    }
  }
  const heads = rows.filter((row) => row.head);
  return {
    bottom: rows.length === 0 ? top - 6 : y,
    marks: [
      Plot.text(heads, {
        x: 2,
        y: 'y',
        text: 'letter',
        textAnchor: 'start',
        fill: paint('ink'),
        fontSize: SMALL_LETTER,
        fontWeight: 700,
      }),
      ...heads.map((head) =>
        Plot.dot([head], {
          x: 30,
          y: 'y',
          r: 4,
          symbol: SYMBOLS[head.point.shape],
          fill: paint('paper'),
          stroke: paint(head.point.role),
          strokeWidth: 2,
        }),
      ),
      Plot.text(rows, { x: 44, y: 'y', text: 'text', textAnchor: 'start', fill: paint('ink'), fontSize: SMALL_LETTER }),
    ],
  };
}
