// The rectangles of bars and keys. What is withheld is an outline of dashes: it is counted, and stands for no value of its own.
import * as Plot from '@observablehq/plot';
import type { Role } from '../chart.ts';
import { paint } from './palette.ts';

/** In pixels of the sheet; a bar may leave a hair between itself and the next. */
export interface Block {
  readonly x1: number;
  readonly x2: number;
  readonly y1: number;
  readonly y2: number;
  readonly role: Role;
}

/** Marks for identity scales, or for any that take the blocks' numbers. */
export function blockMarks(blocks: readonly Block[], insetRight = 0): Plot.Markish[] {
  const sides = { x1: 'x1', x2: 'x2', y1: 'y1', y2: 'y2' } as const;
  const [outlined = [], filled = []] = [true, false].map((is) =>
    blocks.filter((block) => (block.role === 'withheld') === is),
  );
  return [
    Plot.rect(filled, { ...sides, insetRight, fill: (block: Block) => paint(block.role) }),
    ...(outlined.length === 0
      ? []
      : [
          Plot.rect(outlined, {
            ...sides,
            inset: 0.7,
            fill: paint('paper'),
            stroke: paint('withheld'),
            strokeWidth: 1.4,
            strokeDasharray: '3 2',
          }),
        ]),
  ];
}
