// How far the feeds of a survey overlap, what only one of them has, and estimates of what none has, with their marks.
import { Type } from 'typebox';
import { countedSurvey } from '../rollups/counted-survey.store.ts';
import { surveyOverlaps } from '../rollups/overlap.store.ts';
import type { Overlap, OverlapEstimate } from '../rollups/overlap.ts';
import { hasCurrent } from './answer.ts';
import type { Resource } from './context.ts';
import { answers, Count, Id, orNull, query, SurveyFacts, Texts } from './schemas.ts';
import { surveyFacts } from './surveys.routes.ts';

const Interval = Type.Unsafe<{ low: number; high: number } | null>({
  type: ['object', 'null'],
  properties: { low: { type: 'number' }, high: { type: 'number' } },
  required: ['low', 'high'],
});

const Estimate = Type.Object({
  method: Type.Enum(['chapman', 'chao', 'log-linear']),
  feeds: Texts,
  seen: Count,
  estimate: orNull(
    Type.Number({ description: 'what these feeds could have named, seen or not; never the total of anything' }),
  ),
  standardError: orNull(Type.Number()),
  interval: Interval,
  range: Interval,
  refused: orNull(Type.String({ description: 'why there is no estimate' })),
  cautions: Texts,
});

const OverlapTable = Type.Object({
  unit: Type.Enum(['endpoint', 'kubernetes endpoint', 'name', 'certificate']),
  seen: Count,
  combinations: Type.Array(Type.Object({ feeds: Texts, count: Count }), {
    description: 'named by exactly these feeds and no other',
  }),
  feeds: Type.Array(
    Type.Object({
      feed: Type.String(),
      upstreams: Texts,
      partial: Type.Boolean(),
      cost: orNull(Type.Number()),
      named: Count,
      only: Count,
    }),
  ),
  pairs: Type.Array(Type.Object({ feeds: Texts, both: Count, either: Count, estimate: Estimate })),
  together: Type.Array(Estimate),
});

export const overlaps: Resource = (api, { db, codeVersion }) => {
  api.get(
    '/v1/overlaps',
    {
      config: { needs: { scope: 'aggregate:read' } },
      schema: {
        operationId: 'getOverlaps',
        summary: 'Overlaps of the feeds of a survey',
        tags: ['feeds'],
        querystring: query({ survey: Type.Optional(Id) }),
        response: answers(Type.Object({ meta: Type.Object({ survey: SurveyFacts }), data: Type.Array(OverlapTable) })),
      },
    },
    async (request, reply) => {
      const named = request.query.survey;
      const survey = await countedSurvey(db, named ?? null);
      if (named !== undefined && hasCurrent(request, reply, survey, codeVersion)) return reply;
      const tables = await surveyOverlaps(db, survey.id);
      return { meta: { survey: surveyFacts(survey) }, data: Object.values(tables).map(written) };
    },
  );
};

const written = (table: Overlap) => ({
  unit: table.unit,
  seen: table.seen,
  combinations: table.combinations.map(({ feeds, count }) => ({ feeds: [...feeds], count })),
  feeds: table.feeds.map((one) => ({ ...one, upstreams: [...one.upstreams] })),
  pairs: table.pairs.map((pair) => ({ ...pair, feeds: [...pair.feeds], estimate: writtenEstimate(pair.estimate) })),
  together: table.together.map(writtenEstimate),
});

const writtenEstimate = (one: OverlapEstimate) => ({
  ...one,
  feeds: [...one.feeds],
  cautions: [...one.cautions],
  interval: ends(one.interval),
  range: ends(one.range),
});

const ends = (interval: OverlapEstimate['interval']) =>
  interval === null ? null : { low: interval[0], high: interval[1] };
