// Stacked horizontal bars on bands of neighbouring rows: minor versions by distribution, on their support at the day of observation.
import * as Plot from '@observablehq/plot';
import type { StackedChart } from '../chart.ts';
import { grouped } from '../numbers.ts';
import { visible } from '../plain-text.ts';
import { type Block, blockMarks } from './blocks.ts';
import { LETTER, type Picture, SMALL_LETTER } from './drawing.ts';
import { keyMarks } from './key.ts';
import { textWidth, wrapped } from './letters.ts';
import { paint } from './palette.ts';
import { drawPixels, emptyPicture, linear } from './pixels.ts';

const BAR = 15;
const STEP = 20;
const LINE = 16;
/** At most this part of the sheet is for labels; longer ones wrap. */
const LABEL_SHARE = 0.3;
const BAND_HEAD = 22;
const BAND_GAP = 8;

export function stackedPicture(chart: StackedChart, width: number): Picture {
  if (chart.rows.length === 0) return emptyPicture(width);
  const totals = chart.rows.map((row) => row.values.reduce((sum, value) => sum + value, 0));
  const names = chart.rows.map((row) => wrapped(visible(row.label), width * LABEL_SHARE, LETTER));
  const left = Math.ceil(Math.max(0, ...names.flat().map((line) => textWidth(line, LETTER)))) + 18;
  const right =
    Math.ceil(Math.max(0, ...chart.rows.map((row, at) => textWidth(sumText(totals[at]!, row), SMALL_LETTER)))) + 12;
  const x = linear([0, Math.max(1, ...totals)], [left, Math.max(left + 20, width - right)]);
  const key = keyMarks(chart.keys, 0, 0, width);
  const backs: { y1: number; y2: number; fill: string; head: string }[] = [];
  const segments: Block[] = [];
  const labels: { y: number; text: string }[] = [];
  const sums: { x: number; y: number; text: string }[] = [];
  let y = key.height;
  for (const band of chart.bands) {
    const rows = chart.rows
      .map((row, at) => ({ row, total: totals[at]!, lines: names[at]! }))
      .filter(({ row }) => row.band === band.id);
    if (rows.length === 0) continue;
    const top = y;
    y += BAND_HEAD;
    for (const { row, total, lines } of rows) {
      let sum = 0;
      for (const [at, value] of row.values.entries()) {
        if (value > 0)
          segments.push({ x1: x(sum), x2: x(sum + value), y1: y, y2: y + BAR, role: chart.keys[at]!.role });
        sum += value;
      }
      for (const [at, text] of lines.entries()) labels.push({ y: y + BAR / 2 + at * LINE, text });
      sums.push({ x: x(total) + 6, y: y + BAR / 2, text: sumText(total, row) });
      y += STEP + (lines.length - 1) * LINE;
    }
    backs.push({ y1: top, y2: y + 2, fill: paint(band.role), head: visible(band.label) });
    y += 2 + BAND_GAP;
  }
  return drawPixels(width, y - BAND_GAP, [
    ...key.marks,
    Plot.rect(backs, { x1: 0, x2: width, y1: 'y1', y2: 'y2', fill: 'fill', fillOpacity: 0.1 }),
    Plot.rect(backs, { x1: 0, x2: 4, y1: 'y1', y2: 'y2', fill: 'fill' }),
    Plot.text(backs, {
      x: 12,
      y: (back) => back.y1 + BAND_HEAD / 2 - 1,
      text: 'head',
      textAnchor: 'start',
      fill: paint('ink'),
      fontSize: SMALL_LETTER,
      fontWeight: 600,
    }),
    ...blockMarks(segments, 0.7),
    Plot.text(labels, {
      x: left - 7,
      y: 'y',
      text: 'text',
      textAnchor: 'end',
      fill: paint('ink'),
      fontSize: LETTER,
      fontVariant: 'tabular-nums',
    }),
    Plot.text(sums, {
      x: 'x',
      y: 'y',
      text: 'text',
      textAnchor: 'start',
      fill: paint('ink'),
      fontSize: SMALL_LETTER,
      fontVariant: 'tabular-nums',
    }),
  ]);
}

function sumText(total: number, { isLeast }: StackedChart['rows'][number]): string {
  return isLeast === true ? `${grouped(total)} or more` : grouped(total);
}
