// Counts of one survey by any dimensions, with everything that a number must be quoted with.
import { Type } from 'typebox';
import { countedSurvey } from '../rollups/counted-survey.store.ts';
import { hasCurrent } from './answer.ts';
import type { Resource } from './context.ts';
import { COUNT_FACTS, CountCell, conditionsOf, countFacts, pageOfCells, UnitWord, writtenCell } from './counts.ts';
import { questionOf } from './cursor.ts';
import { answers, By, CONDITIONS, Id, Next, PAGE_ROWS, PAGED, query, SurveyFacts } from './schemas.ts';
import { surveyFacts } from './surveys.routes.ts';

const Stats = Type.Object({
  meta: Type.Object({ survey: SurveyFacts, ...COUNT_FACTS }),
  data: Type.Array(CountCell, { description: 'largest first' }),
  next: Next,
});

export const stats: Resource = (api, context) => {
  const { db, cursors, codeVersion, publicView } = context;
  api.get(
    '/v1/stats',
    {
      config: { needs: { scope: 'aggregate:read', public: true } },
      schema: {
        operationId: 'getStats',
        summary: 'Counts of a survey by dimensions',
        description:
          'The same numbers as `kubecensus stats`. Without `survey`: of the newest one that is counted. Without a key: of tables by one or two dimensions, where small cells are held back.',
        tags: ['stats'],
        querystring: query({
          survey: Type.Optional(Id),
          by: Type.Optional(By),
          unit: Type.Optional(UnitWord),
          ...CONDITIONS,
          ...PAGED,
        }),
        response: answers(Stats),
      },
    },
    async (request, reply) => {
      const { survey: named, by = [], unit = 'endpoint', limit = PAGE_ROWS, cursor, ...filters } = request.query;
      const question = questionOf('/v1/stats', request.query);
      // Without a named survey, further pages stay with that of the first.
      const [first, ...place] = cursor === undefined ? [] : cursors.read(question, cursor);
      const asked = { by, unit, where: conditionsOf(filters) };
      const survey = await countedSurvey(db, named ?? (first === undefined ? null : String(first)));
      if (named !== undefined && hasCurrent(request, reply, survey, codeVersion)) return reply;
      const view = await publicView.countFor(request.access, survey, asked);
      const { page, last } = pageOfCells(view.cells, place, limit);
      return {
        meta: { survey: surveyFacts(survey), ...countFacts(asked, view.suppressedCells) },
        data: page.map(writtenCell),
        next: last === null ? null : cursors.write(question, [survey.id, ...last]),
      };
    },
  );
};
