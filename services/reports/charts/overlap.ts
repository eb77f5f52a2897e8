// Two sets and what they share on one line: each set a bar on the same scale, so that the common part lies above itself.
import * as Plot from '@observablehq/plot';
import type { OverlapChart, Role } from '../chart.ts';
import { grouped, percentOf } from '../numbers.ts';
import { visible } from '../plain-text.ts';
import { LETTER, type Picture, SMALL_LETTER } from './drawing.ts';
import { BOLD, textWidth, wrapped } from './letters.ts';
import { paint } from './palette.ts';
import { drawPixels, emptyPicture, linear } from './pixels.ts';

const BAR = 30;
/** Between the two bars: enough to see the common part as one shape. */
const GAP = 12;
const LINE = 17;
const SWATCH = 11;

export function overlapPicture(chart: OverlapChart, width: number): Picture {
  const { left, right, both } = chart;
  const union = left.only + both + right.only;
  if (union === 0) return emptyPicture(width);
  const x = linear([0, union], [0, width]);
  const title = (set: OverlapChart['left'], size: number): string[] =>
    wrapped(`${visible(set.label)}: ${grouped(size)} ${chart.unit}`, width, LETTER * BOLD);
  const [above, below] = [title(left, left.only + both), title(right, right.only + both)];
  const top = above.length * LINE + 3;
  const bottom = top + BAR + GAP;
  const parts = [
    { x1: x(0), x2: x(left.only), y: top, fill: paint(left.role) },
    { x1: x(left.only), x2: x(left.only + both), y: top, fill: paint('both') },
    { x1: x(left.only), x2: x(left.only + both), y: bottom, fill: paint('both') },
    { x1: x(left.only + both), x2: x(union), y: bottom, fill: paint(right.role) },
  ].filter((part) => part.x2 > part.x1);
  const link = { x1: x(left.only), x2: x(left.only + both), y1: top + BAR, y2: bottom };
  const titles = [
    ...above.map((text, at) => ({ x: 0, y: (at + 0.5) * LINE, text, anchor: 'start' as const })),
    ...below.map((text, at) => ({ x: width, y: bottom + BAR + 4 + (at + 0.5) * LINE, text, anchor: 'end' as const })),
  ];
  const key = partsKey(chart, union, width, bottom + BAR + 4 + below.length * LINE + 12);
  return drawPixels(width, key.bottom, [
    Plot.rect(both > 0 ? [link] : [], {
      x1: 'x1',
      x2: 'x2',
      y1: 'y1',
      y2: 'y2',
      fill: paint('both'),
      fillOpacity: 0.22,
    }),
    Plot.rect(parts, { x1: 'x1', x2: 'x2', y1: 'y', y2: (part) => part.y + BAR, fill: 'fill' }),
    ...(['start', 'end'] as const).map((anchor) =>
      Plot.text(
        titles.filter((title) => title.anchor === anchor),
        { x: 'x', y: 'y', text: 'text', textAnchor: anchor, fill: paint('ink'), fontSize: LETTER, fontWeight: 600 },
      ),
    ),
    ...key.marks,
  ]);
}

/** The three parts by name and number: side by side when they fit, else one below the other. */
function partsKey(
  chart: OverlapChart,
  union: number,
  width: number,
  top: number,
): { bottom: number; marks: Plot.Markish[] } {
  const parts: { label: string; value: number; role: Role }[] = [
    { label: `only ${lower(chart.left.label)}`, value: chart.left.only, role: chart.left.role },
    { label: 'both', value: chart.both, role: 'both' },
    { label: `only ${lower(chart.right.label)}`, value: chart.right.only, role: chart.right.role },
  ];
  const texts = parts.map(
    (part) => [part.label, `${grouped(part.value)}\u2002${percentOf(part.value, union)}`] as const,
  );
  const needed = texts.map((two) => SWATCH + 7 + Math.max(...two.map((text) => textWidth(text, SMALL_LETTER * BOLD))));
  const sideBySide = needed.reduce((sum, one) => sum + one, 0) + 2 * 20 <= width;
  const places = sideBySide ? [0, (width - needed[1]!) / 2, width - needed[2]!] : [0, 0, 0];
  const step = sideBySide ? 0 : 2 * LINE + 6;
  const placed = parts.map((part, at) => ({
    x: places[at]!,
    y: top + at * step,
    fill: paint(part.role),
    texts: texts[at]!,
  }));
  const lines = placed.flatMap((one) =>
    one.texts.map((text, at) => ({
      x: one.x + SWATCH + 7,
      y: one.y + LINE * (at + 0.5),
      text,
      weight: at === 0 ? 400 : 600,
    })),
  );
  return {
    bottom: top + 2 * step + 2 * LINE + 2,
    marks: [
      Plot.rect(placed, {
        x1: 'x',
        x2: (one) => one.x + SWATCH,
        y1: (one) => one.y + 3,
        y2: (one) => one.y + 3 + SWATCH,
        fill: 'fill',
      }),
      ...[400, 600].map((weight) =>
        Plot.text(
          lines.filter((line) => line.weight === weight),
          {
            x: 'x',
            y: 'y',
            text: 'text',
            textAnchor: 'start',
            fill: paint('ink'),
            fontSize: SMALL_LETTER,
            fontWeight: weight,
          },
        ),
      ),
    ],
  };
}

function lower(label: string): string {
  return visible(label.charAt(0).toLowerCase() + label.slice(1));
}
