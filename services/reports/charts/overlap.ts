// Two sets and what they share on one line: each set a bar on the same scale, so that the common part lies above itself.
import * as Plot from '@observablehq/plot';
import type { OverlapChart, Role } from '../chart.ts';
import { grouped, percentOf } from '../numbers.ts';
import { LETTER, type Picture, SMALL_LETTER } from './drawing.ts';
import { textWidth, wrapped } from './letters.ts';
import { paint } from './palette.ts';
import { drawPixels, linear } from './pixels.ts';

const BAR = 30;
const LINE = 17;
const SWATCH = 11;

export function overlapPicture(chart: OverlapChart, width: number): Picture {
  const { left, right, both } = chart;
  const union = left.only + both + right.only;
  const x = linear([0, Math.max(1, union)], [0, width]);
  const sets = [
    { set: left, from: 0, to: left.only + both, ownFrom: 0, ownTo: left.only },
    { set: right, from: left.only, to: union, ownFrom: left.only + both, ownTo: union },
  ];
  const titles: { x: number; y: number; text: string; anchor: 'start' | 'end'; weight: number }[] = [];
  const parts: { x1: number; x2: number; y1: number; y2: number; fill: string }[] = [];
  let y = 0;
  for (const [at, one] of sets.entries()) {
    const anchor = at === 0 ? 'start' : 'end';
    const name = `${one.set.label}: ${grouped(one.to - one.from)} ${chart.unit}`;
    for (const text of wrapped(name, width, LETTER)) {
      titles.push({ x: at === 0 ? 0 : width, y: y + LINE / 2, text, anchor, weight: 600 });
      y += LINE;
    }
    y += 3;
    parts.push({ x1: x(left.only), x2: x(left.only + both), y1: y, y2: y + BAR, fill: paint('both') });
    parts.push({ x1: x(one.ownFrom), x2: x(one.ownTo), y1: y, y2: y + BAR, fill: paint(one.set.role) });
    y += BAR + (at === 0 ? 14 : 0);
  }
  const firstBar = parts[0]!;
  const lastBar = parts[2]!;
  const link = { x1: firstBar.x1, x2: firstBar.x2, y1: firstBar.y2, y2: lastBar.y1 };
  const key = partsKey(chart, union, width, y + 16);
  return drawPixels(width, key.bottom, [
    Plot.rect(both > 0 ? [link] : [], { x1: 'x1', x2: 'x2', y1: 'y1', y2: 'y2', fill: paint('both'), fillOpacity: 0.13 }),
    Plot.rect(parts.filter((part) => part.x2 > part.x1), { x1: 'x1', x2: 'x2', y1: 'y1', y2: 'y2', fill: 'fill' }),
    ...(['start', 'end'] as const).map((anchor) =>
      Plot.text(titles.filter((title) => title.anchor === anchor), { x: 'x', y: 'y', text: 'text', textAnchor: anchor, fill: paint('ink'), fontSize: LETTER, fontWeight: 600 }),
    ),
    ...key.marks,
  ]);
}

/** The three parts by name and number: side by side when they fit, else one below the other. */
function partsKey(chart: OverlapChart, union: number, width: number, top: number): { bottom: number; marks: Plot.Markish[] } {
  const parts: { label: string; value: number; role: Role }[] = [
    { label: `only ${chart.left.label.toLowerCase()}`, value: chart.left.only, role: chart.left.role },
    { label: 'both', value: chart.both, role: 'both' },
    { label: `only ${chart.right.label.toLowerCase()}`, value: chart.right.only, role: chart.right.role },
  ];
  const texts = parts.map((part) => [part.label, `${grouped(part.value)}  ${percentOf(part.value, union)}`] as const);
  const needed = texts.map((two) => SWATCH + 7 + Math.max(...two.map((text) => textWidth(text, SMALL_LETTER))));
  const sideBySide = needed.reduce((sum, one) => sum + one, 0) + 2 * 20 <= width;
  const places = sideBySide ? [0, (width - needed[1]!) / 2, width - needed[2]!] : [0, 0, 0];
  const step = sideBySide ? 0 : 2 * LINE + 6;
  const placed = parts.map((part, at) => ({ x: places[at]!, y: top + at * step, fill: paint(part.role), texts: texts[at]! }));
  const lines = placed.flatMap((one) => one.texts.map((text, at) => ({ x: one.x + SWATCH + 7, y: one.y + LINE * (at + 0.5), text, weight: at === 0 ? 400 : 600 })));
  return {
    bottom: top + 2 * step + 2 * LINE + 2,
    marks: [
      Plot.rect(placed, { x1: 'x', x2: (one) => one.x + SWATCH, y1: (one) => one.y + 3, y2: (one) => one.y + 3 + SWATCH, fill: 'fill' }),
      ...[400, 600].map((weight) =>
        Plot.text(lines.filter((line) => line.weight === weight), { x: 'x', y: 'y', text: 'text', textAnchor: 'start', fill: paint('ink'), fontSize: SMALL_LETTER, fontWeight: weight }),
      ),
    ],
  };
}
