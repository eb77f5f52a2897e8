// The key of a picture: coloured squares with their names, laid out in as many lines as the width needs.
import * as Plot from '@observablehq/plot';
import type { Role } from '../chart.ts';
import { visible } from '../plain-text.ts';
import { type Block, blockMarks } from './blocks.ts';
import { SMALL_LETTER } from './drawing.ts';
import { textWidth, wrapped } from './letters.ts';
import { paint } from './palette.ts';

const SWATCH = 11;
const LINE = 18;
/** The letters are taller than the squares. */
const HEADROOM = 3;

export interface KeyEntry {
  readonly label: string;
  readonly role: Role;
}

export interface Key {
  readonly height: number;
  /** In pixels of the sheet: they need identity scales, see drawing in pixels. */
  readonly marks: readonly Plot.Markish[];
}

/** Marks in pixels (both scales identity), from `top` down, starting at `left`. */
export function keyMarks(entries: readonly KeyEntry[], left: number, top: number, width: number): Key {
  const squares: Block[] = [];
  const letters: { x: number; y: number; text: string }[] = [];
  let x = left;
  let y = top + HEADROOM;
  for (const entry of entries) {
    const lines = wrapped(visible(entry.label), width - SWATCH - 6, SMALL_LETTER);
    const needed = SWATCH + 6 + Math.max(...lines.map((line) => textWidth(line, SMALL_LETTER)));
    if (x > left && x + needed > left + width) {
      x = left;
      y += LINE;
    }
    squares.push({ x1: x, x2: x + SWATCH, y1: y, y2: y + SWATCH, role: entry.role });
    for (const [at, text] of lines.entries()) letters.push({ x: x + SWATCH + 5, y: y + SWATCH / 2 + at * LINE, text });
    y += (lines.length - 1) * LINE;
    x += needed + 16;
  }
  return {
    height: entries.length === 0 ? 0 : y - top + LINE + 6,
    marks: [
      ...blockMarks(squares),
      Plot.text(letters, {
        x: 'x',
        y: 'y',
        text: 'text',
        textAnchor: 'start',
        fill: paint('ink'),
        fontSize: SMALL_LETTER,
      }),
    ],
  };
}
