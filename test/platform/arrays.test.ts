// Arrays in Postgres' binary form: the server reads what was written, whatever the values.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import * as fc from 'fast-check';
import { sql } from 'kysely';
import { int4Array, int8Array, jsonbArray, textArray, timestamptzArray } from '../../services/platform/db/arrays.ts';
import { storableJson, storableText } from '../../services/platform/db/json.ts';
import { withDatabase } from '../support/database.ts';

const orNull = <T>(values: fc.Arbitrary<T>): fc.Arbitrary<(T | null)[]> =>
  fc.array(fc.option(values), { maxLength: 20 });

it('arrive as they were given: texts, JSON, numbers, times, nulls and none at all', async (t) => {
  const { database } = await withDatabase(t, { migrated: false });
  await fc.assert(
    fc.asyncProperty(
      orNull(fc.string({ unit: 'binary' }).map(storableText)),
      fc.array(fc.jsonValue().map(storableJson), { maxLength: 20 }),
      orNull(fc.integer()),
      orNull(fc.maxSafeInteger()),
      orNull(fc.date({ min: new Date(-8e12), max: new Date(8e12), noInvalidDate: true }).map((at) => at.getTime())),
      async (texts, json, small, large, times) => {
        const { rows } = await sql<Record<string, unknown[]>>`
          select ${textArray(texts)}::text[] as texts, ${int4Array(small)}::int[] as small,
            ${int8Array(large)}::bigint[] as large, ${timestamptzArray(times)}::timestamptz[] as times
        `.execute(database.db);
        const [row] = rows;
        assert.deepEqual(row?.['texts'], texts);
        assert.deepEqual(row?.['small'], small);
        assert.deepEqual(row?.['large'], large);
        assert.deepEqual(
          row?.['times']?.map((at) => (at as Date | null)?.getTime() ?? null),
          times,
        );
        const { rows: same } = await sql<{ same: boolean }>`
          select coalesce(bool_and(a = b::jsonb), true) as same from unnest(${jsonbArray(json)}::jsonb[], ${json}::text[]) as t (a, b)
        `.execute(database.db);
        assert.equal(same[0]?.same, true);
      },
    ),
    { numRuns: 60 },
  );
});
