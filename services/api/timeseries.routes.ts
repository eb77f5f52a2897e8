// The same counts over all surveys: a point for each, with its own facts, and beside them the counts that others published.
import { Type } from 'typebox';
import { REFERENCE_SERIES } from '../reports/reference-series.ts';
import { countedSurveys } from '../rollups/counted-survey.store.ts';
import type { Resource } from './context.ts';
import { COUNT_FACTS, CountCell, conditionsOf, countFacts, UnitWord, writtenCell } from './counts.ts';
import { questionOf } from './cursor.ts';
import { pageOf } from './page.ts';
import { answers, By, CONDITIONS, Next, PAGED, query, SurveyFacts } from './schemas.ts';
import { surveyFacts } from './surveys.routes.ts';

/** Points of a page: each is a question of its own to the rollups. */
const POINTS = 30;
const MOST_POINTS = 100;

const Reference = Type.Object({
  who: Type.String(),
  when: Type.String({ description: 'as the source dates it' }),
  value: Type.Integer(),
  unit: Type.String(),
  by: Type.String({ description: 'by what it was recognised' }),
  source: Type.String(),
  rounded: Type.Boolean(),
});

export const timeseries: Resource = (api, { db, cursors, publicView }) => {
  api.get(
    '/v1/timeseries',
    {
      config: { needs: { scope: 'aggregate:read', public: true } },
      schema: {
        operationId: 'getTimeseries',
        summary: 'Counts of every counted survey, newest first',
        description:
          'Points in time: each survey by itself, never summed with another. Compare points of one method and vantage only; `reference` holds what others published, in their own units.',
        tags: ['stats'],
        querystring: query({
          by: Type.Optional(By),
          unit: Type.Optional(UnitWord),
          ...CONDITIONS,
          cursor: PAGED.cursor,
          limit: Type.Optional(
            Type.Integer({
              minimum: 1,
              maximum: MOST_POINTS,
              default: POINTS,
              description: 'surveys of a page at most',
            }),
          ),
        }),
        response: answers(
          Type.Object({
            meta: Type.Object(COUNT_FACTS),
            data: Type.Array(Type.Object({ survey: SurveyFacts, cells: Type.Array(CountCell) })),
            reference: Type.Array(Reference),
            next: Next,
          }),
        ),
      },
    },
    async (request) => {
      const { by = [], unit = 'endpoint', limit = POINTS, cursor, ...filters } = request.query;
      const question = questionOf('/v1/timeseries', request.query);
      const asked = { by, unit, where: conditionsOf(filters) };
      const [at, id] = cursor === undefined ? [] : cursors.read(question, cursor);
      const after = at === undefined ? null : { createdAt: new Date(Number(at)), id: String(id) };
      const surveys = await countedSurveys(db, after, limit + 1);
      const { data, next } = pageOf(surveys, limit, cursors, question, (one) => [one.createdAt.getTime(), one.id]);
      let suppressed = 0;
      const points = [];
      for (const survey of data) {
        const view = await publicView.countFor(request.access, survey, asked);
        suppressed += view.suppressedCells;
        points.push({ survey: surveyFacts(survey), cells: view.cells.map(writtenCell) });
      }
      return { meta: countFacts(asked, suppressed), data: points, reference: [...REFERENCE_SERIES], next };
    },
  );
};
