// Small pictures of one shape on one scale: a line over time in each, with its last value.
import * as Plot from '@observablehq/plot';
import type { PanelsChart } from '../chart.ts';
import { compact, grouped } from '../numbers.ts';
import { visible } from '../plain-text.ts';
import { LETTER, type Picture, SMALL_LETTER } from './drawing.ts';
import { BOLD, wrapped } from './letters.ts';
import { paint } from './palette.ts';
import { drawPixels, emptyPicture, linear, ticksUpTo } from './pixels.ts';
import { timeAxis, unbroken } from './time-axis.ts';

const GAP = 22;
const PLOT_HEIGHT = 74;
const LINE = 16;
/** A panel narrower than this has no room for its title and its numbers. */
const PANEL_WIDTH = 160;
const MOST_COLUMNS = 3;

export function panelsPicture(chart: PanelsChart, width: number): Picture {
  const panels = chart.panels.filter((panel) => panel.points.length > 0);
  if (panels.length === 0) return emptyPicture(width);
  const columns = Math.max(1, Math.min(panels.length, MOST_COLUMNS, Math.floor((width + GAP) / (PANEL_WIDTH + GAP))));
  const panelWidth = (width - (columns - 1) * GAP) / columns;
  const dates = [...new Set(panels.flatMap((panel) => panel.points.map((point) => point.date)))].sort();
  const most = ticksUpTo(Math.max(1, ...panels.flatMap((panel) => panel.points.map((point) => point.value))), 3).at(
    -1,
  )!;
  const titles = panels.map((panel) => wrapped(visible(panel.label), panelWidth, LETTER * BOLD));
  const marks: Plot.Markish[] = [];
  let top = 0;
  for (let start = 0; start < panels.length; start += columns) {
    const row = panels.slice(start, start + columns);
    const head = Math.max(...titles.slice(start, start + columns).map((lines) => lines.length)) * LINE + LINE + 4;
    for (const [at, panel] of row.entries()) {
      const box = { left: at * (panelWidth + GAP), top, head, width: panelWidth, most };
      marks.push(...panelMarks(panel, titles[start + at]!, box, dates, chart.breaks));
    }
    top += head + PLOT_HEIGHT + 20 + 12;
  }
  return drawPixels(width, top - 12, marks);
}

interface Box {
  readonly left: number;
  readonly top: number;
  /** Height of the title lines. */
  readonly head: number;
  readonly width: number;
  readonly most: number;
}

function panelMarks(
  panel: PanelsChart['panels'][number],
  title: readonly string[],
  box: Box,
  dates: readonly string[],
  breaks: readonly string[],
): Plot.Markish[] {
  const right = box.left + box.width;
  const bottom = box.top + box.head + PLOT_HEIGHT;
  const axis = timeAxis(dates, box.left + 4, right - 4);
  const y = linear([0, box.most], [bottom, bottom - PLOT_HEIGHT]);
  const pieces = unbroken(panel.points, breaks).map((piece) =>
    piece.map((point) => ({ x: axis.x(point.date), y: y(point.value) })),
  );
  const last = panel.points.at(-1)!;
  const [from, to] = [dates[0]!, dates.at(-1)!];
  // Days where months would be the same word twice.
  const letters = from.slice(0, 7) === to.slice(0, 7) ? 10 : 7;
  const ends = [
    { x: box.left, text: from.slice(0, letters), anchor: 'start' as const },
    { x: right, text: to.slice(0, letters), anchor: 'end' as const },
  ].slice(0, dates.length);
  const fill = paint(panel.role);
  return [
    Plot.text(title, {
      x: box.left,
      y: (_line: string, at: number) => box.top + (at + 0.5) * LINE,
      text: (line: string) => line,
      textAnchor: 'start',
      fill: paint('ink'),
      fontSize: LETTER,
      fontWeight: 600,
    }),
    Plot.text([last], {
      x: box.left,
      y: box.top + title.length * LINE + LINE / 2,
      text: (point) => `${grouped(point.value)} on ${point.date}`,
      textAnchor: 'start',
      fill: paint('muted'),
      fontSize: SMALL_LETTER - 1,
    }),
    Plot.link([box.most / 2, box.most], {
      x1: box.left,
      x2: right,
      y1: (tick) => y(tick),
      y2: (tick) => y(tick),
      stroke: paint('rule'),
    }),
    ...pieces.flatMap((dots) => [
      Plot.areaY(dots, { x: 'x', y1: bottom, y2: 'y', fill, fillOpacity: 0.18 }),
      Plot.line(dots, { x: 'x', y: 'y', stroke: fill, strokeWidth: 1.8 }),
      Plot.dot(dots.slice(-1), { x: 'x', y: 'y', r: 2.6, fill }),
    ]),
    Plot.link([0], { x1: box.left, x2: right, y1: bottom, y2: bottom, stroke: paint('muted') }),
    Plot.text([box.most], {
      x: right,
      y: (tick) => y(tick) - 7,
      text: compact,
      textAnchor: 'end',
      fill: paint('muted'),
      fontSize: SMALL_LETTER - 1,
    }),
    ...ends.map((end) =>
      Plot.text([end], {
        x: 'x',
        y: bottom + 10,
        text: 'text',
        textAnchor: end.anchor,
        fill: paint('muted'),
        fontSize: SMALL_LETTER - 1,
      }),
    ),
  ];
}
