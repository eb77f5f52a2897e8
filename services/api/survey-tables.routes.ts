// Tables of one survey that are asked for most: versions with what upstream says of them, components with what they mean.
import { Type } from 'typebox';
import { componentProfile } from '../fingerprints/component-profile.ts';
import { patchLevel } from '../fingerprints/patch-level.ts';
import { countedSurvey } from '../rollups/counted-survey.store.ts';
import { hasCurrent } from './answer.ts';
import type { Resource } from './context.ts';
import { COUNT_FACTS, CountCell, countFacts, pageOfCells, writtenCell } from './counts.ts';
import { questionOf } from './cursor.ts';
import { answers, Id, Next, orNull, PAGE_ROWS, PAGED, query, SurveyFacts, Texts } from './schemas.ts';
import { surveyFacts } from './surveys.routes.ts';

const Version = Type.Object({
  ...CountCell.properties,
  patchAgeDays: orNull(
    Type.Integer({ description: 'days from the upstream patch that the build stands on to the end of the survey' }),
  ),
  latestPatch: orNull(Type.String({ description: 'newest upstream patch of its minor on that day' })),
});

const Component = Type.Object({
  ...CountCell.properties,
  port: orNull(Type.String({ description: 'where it listens by default' })),
  meaning: orNull(Type.String({ description: 'what it means that this answers from the internet' })),
  advice: Texts,
});

/** What upstream knows of a version on the last day of the survey. */
function patchFacts(version: string | null | undefined, day: Date) {
  const { ageDays, latest } = patchLevel(version ?? '', day.toISOString());
  return { patchAgeDays: ageDays, latestPatch: latest };
}

/** What the component is; nulls where none was recognised. */
function meaningOf(component: string | null | undefined) {
  const known = componentProfile(component);
  return { port: known?.usualPort ?? null, meaning: known?.exposure ?? null, advice: [...(known?.advice ?? [])] };
}

const TABLES = [
  {
    path: '/v1/versions',
    operationId: 'getVersions',
    summary: 'Endpoints of a survey by version, distribution and support',
    by: ['version', 'distribution', 'support', 'component'],
    row: Version,
    more: (values: Readonly<Record<string, string | null>>, day: Date) => patchFacts(values['version'], day),
  },
  {
    path: '/v1/components',
    operationId: 'getComponents',
    summary: 'Endpoints of a survey by component, grade and what they answer without credentials',
    by: ['component', 'grade', 'authentication'],
    row: Component,
    more: (values: Readonly<Record<string, string | null>>) => meaningOf(values['component']),
  },
] as const;

export const surveyTables: Resource = (api, { db, cursors, codeVersion, publicView }) => {
  for (const { path, operationId, summary, by, row, more } of TABLES) {
    api.get(
      path,
      {
        config: { needs: { scope: 'aggregate:read' } },
        schema: {
          operationId,
          summary,
          tags: ['stats'],
          querystring: query({ survey: Type.Optional(Id), ...PAGED }),
          response: answers(
            Type.Object({
              meta: Type.Object({ survey: SurveyFacts, ...COUNT_FACTS }),
              data: Type.Array(row as typeof CountCell),
              next: Next,
            }),
          ),
        },
      },
      async (request, reply) => {
        const { survey: named, limit = PAGE_ROWS, cursor } = request.query;
        const question = questionOf(path, request.query);
        const [first, ...place] = cursor === undefined ? [] : cursors.read(question, cursor);
        const asked = { by: [...by], unit: 'endpoint' as const, where: {} };
        const survey = await countedSurvey(db, named ?? (first === undefined ? null : String(first)));
        if (named !== undefined && hasCurrent(request, reply, survey, codeVersion)) return reply;
        const view = await publicView.countFor(request.access, survey, asked);
        const { page, last } = pageOfCells(view.cells, place, limit);
        const day = survey.window.to ?? survey.createdAt;
        return {
          meta: { survey: surveyFacts(survey), ...countFacts(asked, view.suppressedCells) },
          data: page.map(writtenCell).map((cell) => ({ ...cell, ...more(cell.values, day) })),
          next: last === null ? null : cursors.write(question, [survey.id, ...last]),
        };
      },
    );
  }
};
