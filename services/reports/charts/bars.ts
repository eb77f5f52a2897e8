// Horizontal bars from zero with the value at each bar's end. Labels stand left of the bars on wide sheets, above them on narrow ones.
import * as Plot from '@observablehq/plot';
import type { BarsChart, Role } from '../chart.ts';
import { grouped, percentOf } from '../numbers.ts';
import { visible } from '../plain-text.ts';
import { blockMarks } from './blocks.ts';
import { draw, LETTER, type Picture } from './drawing.ts';
import { textWidth, wrapped } from './letters.ts';
import { paint } from './palette.ts';
import { emptyPicture } from './pixels.ts';

const BAR = 17;
const GAP = 9;
const LINE = 16;
/** Below this width labels stand above their bars. */
const NARROW_SHEET = 500;
/** At most this part of a wide sheet is for labels; longer ones wrap. */
const LABEL_SHARE = 0.4;

interface Row {
  readonly lines: readonly string[];
  readonly value: number;
  readonly written: string;
  /** The share, or '' when none is written. */
  readonly share: string;
  /** Pixels from the bar's end to the share. */
  readonly shareAt: number;
  readonly role: Role;
  /** Pixels from the top of the sheet. */
  readonly labelTop: number;
  readonly barTop: number;
}

export function barsPicture(chart: BarsChart, width: number): Picture {
  if (chart.bars.length === 0) return emptyPicture(width);
  const above = width < NARROW_SHEET;
  const labelWidth = above ? width - 4 : width * LABEL_SHARE;
  const labels = chart.bars.map((bar) => wrapped(visible(bar.label), labelWidth, LETTER));
  const rows: Row[] = [];
  let top = 2;
  for (const [at, bar] of chart.bars.entries()) {
    const lines = labels[at]!;
    const labelHeight = lines.length * LINE;
    const height = above ? labelHeight + 3 + BAR : Math.max(BAR, labelHeight);
    const barTop = above ? top + labelHeight + 3 : top + (height - BAR) / 2;
    const labelTop = above ? top : top + (height - labelHeight) / 2;
    const written = grouped(bar.value);
    const share = chart.total === null ? '' : percentOf(bar.value, chart.total);
    rows.push({
      lines,
      value: bar.value,
      written,
      share,
      shareAt: textWidth(written, LETTER) + 14,
      role: bar.role,
      labelTop,
      barTop,
    });
    top += height + GAP;
  }
  const widest = Math.max(0, ...labels.flat().map((line) => textWidth(line, LETTER)));
  const left = above ? 1 : Math.ceil(widest) + 10;
  const right = Math.ceil(Math.max(0, ...rows.map((row) => row.shareAt + textWidth(row.share, LETTER))));
  const most = Math.max(1, ...rows.map((row) => row.value));
  const middle = (row: Row): number => row.barTop + BAR / 2;
  return draw({
    sheet: {
      width,
      height: Math.max(top - GAP + 2, 20),
      marginLeft: left,
      marginRight: right,
      marginTop: 0,
      marginBottom: 0,
    },
    x: { domain: [0, most], type: 'linear' },
    y: { type: 'identity' },
    marks: [
      ...blockMarks(
        rows.map((row) => ({ x1: 0, x2: row.value, y1: row.barTop, y2: row.barTop + BAR, role: row.role })),
      ),
      Plot.rect(rows, {
        x1: 0,
        x2: 0,
        y1: 'barTop',
        y2: (row: Row) => row.barTop + BAR,
        stroke: paint('muted'),
        strokeWidth: 1,
      }),
      ...labelMarks(rows, above),
      Plot.text(rows, {
        x: 'value',
        y: middle,
        text: 'written',
        textAnchor: 'start',
        dx: 6,
        fill: paint('ink'),
        fontSize: LETTER,
        fontVariant: 'tabular-nums',
      }),
      ...rows.map((row) =>
        Plot.text([row], {
          x: 'value',
          y: middle,
          text: 'share',
          textAnchor: 'start',
          dx: row.shareAt,
          fill: paint('muted'),
          fontSize: LETTER,
          fontVariant: 'tabular-nums',
        }),
      ),
    ],
  });
}

function labelMarks(rows: readonly Row[], above: boolean): Plot.Markish[] {
  const lines = rows.flatMap((row) => row.lines.map((line, at) => ({ line, y: row.labelTop + (at + 0.5) * LINE })));
  return [
    Plot.text(lines, {
      x: () => 0,
      y: 'y',
      text: 'line',
      textAnchor: above ? 'start' : 'end',
      dx: above ? 0 : -8,
      fill: paint('ink'),
      fontSize: LETTER,
    }),
  ];
}
