// Counts that others state: kept with their source, shown beside our own and never mixed with them.
import { Type } from 'typebox';
import { TALLY_DIMENSIONS, type TallyDimension, tallyCounts } from '../tallies/tally.store.ts';
import type { Resource } from './context.ts';
import { questionOf } from './cursor.ts';
import { pageOf } from './page.ts';
import { answers, Count, FeedName, Next, orNull, PAGE_ROWS, PAGED, query } from './schemas.ts';

const Tally = Type.Object({
  tally: Type.Integer({ description: 'number of the statement that the row belongs to' }),
  feed: Type.String({ description: 'who states it' }),
  day: Type.String({ format: 'date' }),
  unit: Type.String({ description: "what was counted, in the source's word" }),
  query: Type.String({ description: 'the query behind it' }),
  field: Type.String({ description: 'the field that was counted' }),
  total: Type.Integer({ description: 'total that the source states' }),
  omitted: orNull(Type.Integer({ description: 'what the source says lies outside its buckets' })),
  deviation: orNull(Type.Integer({ description: 'deviation that the source admits' })),
  value: orNull(Type.String()),
  count: Count,
  share: orNull(Type.Number({ description: 'share of what lies in buckets, 0 to 1' })),
});

const DIMENSIONS = Object.keys(TALLY_DIMENSIONS) as TallyDimension[];

export const tallies: Resource = (api, { db, cursors }) => {
  api.get(
    '/v1/tallies',
    {
      config: { needs: { scope: 'aggregate:read', public: true } },
      schema: {
        operationId: 'getTallies',
        summary: 'Counts that others state, oldest first',
        description: 'The same numbers as `kubecensus stats --tallies`.',
        tags: ['tallies'],
        querystring: query({
          by: Type.Optional(Type.Enum(DIMENSIONS, { default: 'distribution' })),
          feed: Type.Optional(FeedName),
          ...PAGED,
        }),
        response: answers(
          Type.Object({
            meta: Type.Object({ evidence: Type.Literal('stated by others'), by: Type.Enum(DIMENSIONS) }),
            data: Type.Array(Tally),
            next: Next,
          }),
        ),
      },
    },
    async ({ query: asked }) => {
      const { by = 'distribution', feed = null, limit = PAGE_ROWS, cursor } = asked;
      const question = questionOf('/v1/tallies', asked);
      const [tally, count, value] = cursor === undefined ? [] : cursors.read(question, cursor);
      const after = tally === undefined ? null : { tally: Number(tally), count: Number(count), value: String(value) };
      const rows = await tallyCounts(db, by, feed, { after, limit: limit + 1 });
      const { data, next } = pageOf(rows, limit, cursors, question, (row) => [row.tally, row.count, row.value ?? '']);
      return { meta: { evidence: 'stated by others' as const, by }, data: [...data], next };
    },
  );
};
