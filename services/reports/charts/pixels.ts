// Pictures laid out in pixels: Plot draws with identity scales, and the little arithmetic from numbers to pixels stands here.
import * as Plot from '@observablehq/plot';
import { draw, LETTER, type Picture } from './drawing.ts';
import { paint } from './palette.ts';

/** Draws marks whose positions are pixels of the sheet. */
export function drawPixels(width: number, height: number, marks: readonly Plot.Markish[]): Picture {
  return draw({
    sheet: { width, height, marginLeft: 0, marginRight: 0, marginTop: 0, marginBottom: 0 },
    x: { type: 'identity' },
    y: { type: 'identity' },
    marks,
  });
}

/** What stands where there is nothing to draw: a rule and a word, so that nobody takes it for a picture that failed. */
export function emptyPicture(width: number): Picture {
  return drawPixels(width, 34, [
    Plot.link([0], { x1: 0, x2: width, y1: 1, y2: 1, stroke: paint('rule') }),
    Plot.text(['Nothing was counted.'], { x: 0, y: 20, textAnchor: 'start', fill: paint('muted'), fontSize: LETTER }),
  ]);
}

/** A linear map from a domain to pixels; a domain of no extent maps to the start. */
export function linear(domain: readonly [number, number], range: readonly [number, number]): (value: number) => number {
  const [from, to] = domain;
  const [first, last] = range;
  return (value) => (to === from ? first : first + ((value - from) / (to - from)) * (last - first));
}

/** Round numbers from 0 to at least `most`, about `count` of them: steps of 1, 2 or 5 times a power of ten, whole numbers only. */
export function ticksUpTo(most: number, count: number): number[] {
  const rough = Math.max(1, most / count);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = Math.max(1, [1, 2, 5, 10].map((times) => times * power).find((one) => one >= rough) ?? 10 * power);
  return Array.from({ length: Math.ceil(most / step) + 1 }, (_, at) => at * step);
}
