// Counts made in one walk equal those of a plain grouping, whatever stands in the rows.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import * as fc from 'fast-check';
import { SurveyTable } from '../../services/rollups/survey-table.ts';

interface Endpoint {
  readonly values: readonly string[];
  readonly feeds: readonly string[];
  readonly host: string;
  readonly network: string;
  readonly certificate: number | null;
}

const SETS = [[], ['a'], ['b', 'a'], ['feed'], ['a', 'feed'], ['feed', 'b']] as const;

/** Every endpoint by its cells, and what is distinct in each. */
function grouped(rows: readonly Endpoint[], by: readonly string[]) {
  const cells = new Map<string, Endpoint[]>();
  for (const row of rows)
    for (const feed of by.includes('feed') && row.feeds.length > 0 ? row.feeds : ['']) {
      const key = JSON.stringify(by.map((name) => (name === 'feed' ? feed : row.values[name === 'a' ? 0 : 1])));
      cells.set(key, [...(cells.get(key) ?? []), row]);
    }
  return [...cells].map(([key, members]) => ({
    values: JSON.parse(key) as string[],
    endpoints: members.length,
    hosts: new Set(members.map((row) => row.host)).size,
    certificates: new Set(members.map((row) => row.certificate).filter((one) => one !== null)).size,
    networks: new Set(members.map((row) => row.network)).size,
  }));
}

const byValues = (a: { values: readonly string[] }, b: { values: readonly string[] }): number =>
  JSON.stringify(a.values) < JSON.stringify(b.values) ? -1 : 1;

it('of any endpoints, by any columns', () => {
  const word = fc.constantFrom('', 'x', 'y', '\u0000', 'é');
  const row = fc.record({
    values: fc.tuple(word, word),
    feeds: fc.uniqueArray(fc.constantFrom('ct', 'censys', ''), { maxLength: 3 }),
    host: fc.integer({ min: 0, max: 12 }).map((n) => `host ${String(n).padStart(2, '0')}`),
    certificate: fc.option(fc.integer({ min: 1, max: 5 }).map((n) => n * 2 ** 33)),
  });
  fc.assert(
    fc.property(fc.array(row, { maxLength: 60 }), (drawn) => {
      const rows: Endpoint[] = drawn
        .map((one) => ({ ...one, network: `net ${one.host.slice(0, 6)}` }))
        .sort((a, b) => (a.host < b.host ? -1 : a.host > b.host ? 1 : 0));
      const table = new SurveyTable(['a', 'b']);
      const kinds = new Map<string, number>();
      for (const { values, feeds, ...one } of rows) {
        const text = JSON.stringify([values, feeds]);
        // Half of the drawn rows ask for their kind again.
        const kind = (one.certificate === null ? undefined : kinds.get(text)) ?? table.kindOf(values, feeds);
        kinds.set(text, kind);
        table.add({ ...one, kind });
      }
      for (const by of SETS) assert.deepEqual(table.cells(by).sort(byValues), grouped(rows, by).sort(byValues));
    }),
  );
});

it('holds more rows than a list begins with, and refuses a column that it does not have', () => {
  const table = new SurveyTable(['a']);
  for (let n = 0; n < 5000; n++)
    table.add({
      kind: table.kindOf([n % 2 === 0 ? 'even' : 'odd'], []),
      host: `${n}`,
      network: `${n >> 3}`,
      certificate: (n % 100) + 1,
    });
  assert.deepEqual(table.cells(['a']), [
    { values: ['even'], endpoints: 2500, hosts: 2500, certificates: 50, networks: 625 },
    { values: ['odd'], endpoints: 2500, hosts: 2500, certificates: 50, networks: 625 },
  ]);
  assert.throws(() => table.cells(['c']), RangeError);
});
