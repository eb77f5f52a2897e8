// Where the next page begins: every row of a list of any length is passed once, whatever the form of paging.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Paging } from '../../../services/feeds/engines/declaration.ts';
import { firstPlace, placeAfter } from '../../../services/feeds/engines/place.ts';

const form = fc.record({
  by: fc.constantFrom('page' as const, 'offset' as const, 'cursor' as const),
  first: fc.constantFrom(0, 1),
  size: fc.integer({ min: 1, max: 7 }),
  maxRows: fc.option(fc.integer({ min: 1, max: 30 })),
  advance: fc.constantFrom('rows' as const, 'pages' as const),
  empty: fc.boolean(),
});

/** Walks a list of `length` rows; at most as many pages as rows, and two more. */
function walk(paging: Paging, length: number, stated: boolean): { read: number; capped: boolean; pages: number } {
  let place = firstPlace(paging);
  let read = 0;
  for (let pages = 1; pages <= length + 2; pages++) {
    const at = paging.by === 'page' ? (Number(place) - paging.first) * paging.size : Number(place);
    const count = Math.max(0, Math.min(paging.size, length - at));
    const cursor = at + count < length ? String(at + count) : null;
    const reply = { hits: Array(count).fill(null), total: null, cursor };
    const { next, capped } = placeAfter(paging, place, read, reply, stated ? length : null);
    if (at < length) assert.equal(at, read, 'a page begins where the one before ended');
    read += count;
    if (next === null) return { read, capped, pages };
    place = next;
  }
  throw new assert.AssertionError({ message: 'it never ends' });
}

test('all rows come once, or as many as the engine gives out, and then it says that there are more', () => {
  fc.assert(
    fc.property(form, fc.integer({ min: 0, max: 40 }), fc.boolean(), ({ empty, ...given }, length, stated) => {
      const paging: Paging = {
        ...given,
        first: given.by === 'page' ? given.first : 0,
        ...(empty ? { until: 'empty' as const } : {}),
      };
      const { read, capped } = walk(paging, length, stated);
      if (!capped) assert.equal(read, length);
      else {
        assert.ok(paging.maxRows !== null && read >= paging.maxRows && read < paging.maxRows + paging.size);
        assert.ok(!stated || read < length);
      }
    }),
  );
});

test('a page that is short in the middle does not end the list, and passes over a whole page of it', () => {
  const short = { hits: [1, 2], total: null };
  const pages: Paging = { by: 'page', first: 1, size: 10, maxRows: null };
  assert.deepEqual(placeAfter(pages, '1', 0, short, 25), { next: '2', capped: false });
  assert.deepEqual(placeAfter(pages, '3', 12, short, 25), { next: null, capped: false });
  const offsets: Paging = { by: 'offset', first: 0, size: 10, maxRows: null, advance: 'pages' };
  assert.equal(placeAfter(offsets, '20', 0, short, 100).next, '30');
  assert.equal(placeAfter({ ...offsets, advance: 'rows' }, '20', 0, short, 100).next, '22');
});
