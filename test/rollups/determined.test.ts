// Which unknowns a linear system gives away: cases by hand, and every small system against exact elimination in fractions.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { determined, type Equation } from '../../services/rollups/determined.ts';
import '../support/seed.ts';

it('tells what follows from sums from what does not', () => {
  for (const [unknowns, equations, expected] of [
    [0, [], []],
    [2, [], [false, false]],
    [1, [[[0, 3]]], [true]],
    [
      2,
      [
        [
          [0, 1],
          [1, 1],
        ],
      ],
      [false, false],
    ],
    [
      2,
      [
        [
          [0, 1],
          [1, 1],
        ],
        [
          [0, 1],
          [1, -1],
        ],
      ],
      [true, true],
    ],
    // The same sum twice, once in other words.
    [
      2,
      [
        [
          [0, 1],
          [1, 1],
        ],
        [
          [0, 2],
          [1, 2],
        ],
      ],
      [false, false],
    ],
    // A total and all of it but one cell.
    [
      3,
      [
        [
          [0, 1],
          [1, 1],
          [2, 1],
        ],
        [
          [1, 1],
          [2, 1],
        ],
      ],
      [true, false, false],
    ],
    // A table of two by two with its four margins.
    [
      4,
      [
        [
          [0, 1],
          [1, 1],
        ],
        [
          [2, 1],
          [3, 1],
        ],
        [
          [0, 1],
          [2, 1],
        ],
        [
          [1, 1],
          [3, 1],
        ],
      ],
      [false, false, false, false],
    ],
    [
      4,
      [
        [
          [0, 1],
          [1, 1],
        ],
        [
          [2, 1],
          [3, 1],
        ],
        [
          [0, 1],
          [2, 1],
        ],
        [
          [1, 1],
          [3, 1],
        ],
        [[3, 1]],
      ],
      [true, true, true, true],
    ],
    // Terms of one unknown add up, here to nothing.
    [
      2,
      [
        [
          [0, 1],
          [1, 1],
          [0, -1],
        ],
      ],
      [false, true],
    ],
  ] as readonly (readonly [number, readonly Equation[], readonly boolean[]])[])
    assert.deepEqual(determined(unknowns, equations), expected, JSON.stringify(equations));
});

/** Gauss and Jordan without a division: rows stay whole numbers of any size. An unknown is determined where a row holds it alone. */
function exactly(unknowns: number, equations: readonly Equation[]): boolean[] {
  const rows = equations.map((equation) => {
    const row = Array<bigint>(unknowns).fill(0n);
    for (const [unknown, times] of equation) row[unknown]! += BigInt(times);
    return row;
  });
  let rank = 0;
  const pivots: number[] = [];
  for (let column = 0; column < unknowns; column++) {
    const at = rows.findIndex((row, index) => index >= rank && row[column] !== 0n);
    if (at < 0) continue;
    [rows[rank], rows[at]] = [rows[at]!, rows[rank]!];
    const pivot = rows[rank]!;
    for (const [index, row] of rows.entries()) {
      const [mine, others] = [pivot[column]!, row[column]!];
      if (index !== rank && others !== 0n)
        for (const place of row.keys()) row[place] = row[place]! * mine - pivot[place]! * others;
    }
    pivots.push(column);
    rank++;
  }
  return Array.from({ length: unknowns }, (_, unknown) => {
    const row = rows[pivots.indexOf(unknown)];
    return pivots.includes(unknown) && row!.every((value, place) => place === unknown || value === 0n);
  });
}

it('says what exact elimination says, whatever the order of equations and terms', () => {
  const system = fc.integer({ min: 1, max: 7 }).chain((unknowns) =>
    fc.tuple(
      fc.constant(unknowns),
      fc.array(
        fc.array(
          fc.tuple(
            fc.nat(unknowns - 1),
            fc.integer({ min: -3, max: 3 }).filter((times) => times !== 0),
          ),
          {
            maxLength: 5,
          },
        ),
        { maxLength: 8 },
      ),
    ),
  );
  fc.assert(
    fc.property(system, ([unknowns, equations]) => {
      const expected = exactly(unknowns, equations);
      assert.deepEqual(determined(unknowns, equations), expected);
      const turned = equations.toReversed().map((equation) => equation.toReversed());
      assert.deepEqual(determined(unknowns, turned), expected);
    }),
    { numRuns: 2000 },
  );
});

it('judges a system of ten thousand sparse sums without filling up', () => {
  const cells = 20_000;
  // Pairs that overlap in one cell, as complements of suppressed cells do: a chain, given away from its end.
  const chain = Array.from(
    { length: cells - 1 },
    (_, at): Equation => [
      [at, 1],
      [at + 1, 1],
    ],
  );
  assert.ok(determined(cells, chain).every((known) => !known));
  assert.ok(determined(cells, [...chain, [[cells - 1, 1]]]).every((known) => known));
});
