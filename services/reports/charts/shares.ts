// Parts of a whole over time, stacked to 100 %; a single day becomes one full bar.
import * as Plot from '@observablehq/plot';
import type { SharesChart } from '../chart.ts';
import { type Picture, SMALL_LETTER } from './drawing.ts';
import { keyMarks } from './key.ts';
import { paint } from './palette.ts';
import { drawPixels, emptyPicture, linear } from './pixels.ts';
import { timeAxis, timeMarks, unbroken } from './time-axis.ts';

const PLOT_HEIGHT = 220;
const LEFT = 46;
const QUARTERS = [0, 0.25, 0.5, 0.75, 1] as const;
/** Half the width of the bar that stands for a single day: alone, or cut off from others by a break. */
const SINGLE = 40;
const SINGLE_OF_SEVERAL = 4;

export function sharesPicture(chart: SharesChart, width: number): Picture {
  const points = chart.points.filter((point) => sumOf(point.values) > 0);
  if (points.length === 0) return emptyPicture(width);
  const key = keyMarks(chart.keys, 0, 0, width);
  const top = key.height + 8;
  const bottom = top + PLOT_HEIGHT;
  const right = width - 16;
  const axis = timeAxis(
    points.map((point) => point.date),
    LEFT,
    right,
  );
  const y = linear([0, 1], [bottom, top]);
  const layers = unbroken(points, chart.breaks).flatMap((piece) =>
    chart.keys.map((one, at) => ({
      fill: paint(one.role),
      rows: piece.map((point) => {
        const below = sumOf(point.values.slice(0, at)) / sumOf(point.values);
        return { x: axis.x(point.date), y1: y(below), y2: y(below + point.values[at]! / sumOf(point.values)) };
      }),
    })),
  );
  const half = points.length === 1 ? SINGLE : SINGLE_OF_SEVERAL;
  return drawPixels(width, bottom + 26, [
    ...key.marks,
    ...layers.map(({ rows, fill }) =>
      rows.length === 1
        ? Plot.rect(rows, { x1: (row) => row.x - half, x2: (row) => row.x + half, y1: 'y1', y2: 'y2', fill })
        : Plot.areaY(rows, { x: 'x', y1: 'y1', y2: 'y2', fill, stroke: paint('paper'), strokeWidth: 0.8 }),
    ),
    Plot.link(QUARTERS, {
      x1: LEFT,
      x2: right,
      y1: (part) => y(part),
      y2: (part) => y(part),
      stroke: paint('paper'),
      strokeOpacity: 0.45,
    }),
    Plot.text(QUARTERS, {
      x: LEFT - 6,
      y: (part) => y(part),
      text: (part) => `${part * 100} %`,
      textAnchor: 'end',
      fill: paint('muted'),
      fontSize: SMALL_LETTER,
    }),
    ...timeMarks(axis, LEFT, right, bottom),
  ]);
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
