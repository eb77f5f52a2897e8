// Surveys: which there are, one of them, and the manifest by which it can be repeated.
import { type Static, Type } from 'typebox';
import { anySurveys, countedSurvey } from '../rollups/counted-survey.store.ts';
import type { CountedSurvey } from '../rollups/counted-survey.ts';
import { keptVantages } from '../rollups/summary.store.ts';
import { listSurveys } from '../surveys/survey.store.ts';
import { hasCurrent } from './answer.ts';
import type { Resource } from './context.ts';
import { questionOf } from './cursor.ts';
import {
  AnyObject,
  answers,
  Count,
  Id,
  mapOf,
  Next,
  orNull,
  PAGE_ROWS,
  PAGED,
  query,
  SurveyFacts,
  Time,
} from './schemas.ts';
import { Vantages, vantagesOf } from './vantages.ts';

const Survey = Type.Object({
  ...SurveyFacts.properties,
  createdAt: Time,
  countedAt: orNull(Time),
});

/** What opted out when the survey was drawn, as its manifest has it: how much, never who. */
const OptedOut = Type.Object(
  {
    count: Count,
    ipv4Addresses: Count,
    ipv4Share: Type.Number({ minimum: 0, maximum: 1, description: 'of the IPv4 addresses that may be probed' }),
    ipv6Networks: Type.Integer({ minimum: 0, description: 'networks of a /48 in which something opted out' }),
    ipv6Share: Type.Number({ minimum: 0, maximum: 1, description: 'of all such networks' }),
  },
  { description: 'opt-outs in force when it was drawn; null: the release of then did not count them' },
);

const OneSurvey = Type.Object({
  ...Survey.properties,
  targets: Type.Object({ count: Count, unit: Type.Literal('target') }),
  chunks: Type.Object({ planned: Count, committed: Count, unit: Type.Literal('chunk') }),
  excluded: Type.Object({
    byReason: mapOf(Count, { description: 'candidates that did not become targets, by reason' }),
    unit: Type.Literal('candidate'),
  }),
  optOuts: orNull(OptedOut),
  vantages: Vantages,
});

interface DrawnPolicy {
  readonly optOutCount?: number;
  readonly optOutCoverage?: Omit<Static<typeof OptedOut>, 'count'>;
}

function optedOutOf(manifest: Readonly<Record<string, unknown>>): Static<typeof OptedOut> | null {
  const { optOutCount, optOutCoverage } = (manifest['policy'] ?? {}) as DrawnPolicy;
  return optOutCount === undefined || optOutCoverage === undefined ? null : { count: optOutCount, ...optOutCoverage };
}

/** A survey as it is written in answers. */
export const surveyFacts = (survey: CountedSurvey) => ({
  id: survey.id,
  method: survey.method as 'active' | 'passive',
  state: survey.state as 'planning' | 'running' | 'stopped' | 'complete',
  vantage: survey.vantage,
  evidence: [...survey.evidence],
  window: { from: survey.window.from?.toISOString() ?? null, to: survey.window.to?.toISOString() ?? null },
  sample: survey.sample,
  flags: [...survey.flags],
});

const surveyOf = (survey: CountedSurvey) => ({
  ...surveyFacts(survey),
  createdAt: survey.createdAt.toISOString(),
  countedAt: survey.rolledUpAt?.toISOString() ?? null,
});

export const surveys: Resource = (api, { db, cursors, codeVersion }) => {
  api.get(
    '/v1/surveys',
    {
      config: { needs: { scope: 'aggregate:read', public: true } },
      schema: {
        operationId: 'listSurveys',
        summary: 'Surveys, newest first',
        tags: ['surveys'],
        querystring: query(PAGED),
        response: answers(Type.Object({ data: Type.Array(Survey), next: Next })),
      },
    },
    async ({ query: { limit = PAGE_ROWS, cursor } }) => {
      const question = questionOf('/v1/surveys', {});
      const [at, id] = cursor === undefined ? [] : cursors.read(question, cursor);
      const after = id === undefined ? null : { createdAt: new Date(Number(at)), id: String(id) };
      const rows = await anySurveys(db, after, limit + 1);
      const page = rows.slice(0, limit);
      const last = rows.length > limit ? page.at(-1) : undefined;
      return {
        data: page.map(surveyOf),
        next: last === undefined ? null : cursors.write(question, [last.createdAt.getTime(), last.id]),
      };
    },
  );

  api.get(
    '/v1/surveys/:survey',
    {
      config: { needs: { scope: 'aggregate:read', public: true } },
      schema: {
        operationId: 'getSurvey',
        summary: 'One survey with its progress',
        tags: ['surveys'],
        params: Type.Object({ survey: Id }),
        response: answers(OneSurvey),
      },
    },
    async (request, reply) => {
      const survey = await countedSurvey(db, request.params.survey);
      if (hasCurrent(request, reply, survey, codeVersion)) return reply;
      const [progress] = await listSurveys(db, survey.id);
      return {
        ...surveyOf(survey),
        targets: { count: progress?.targets ?? 0, unit: 'target' as const },
        chunks: { planned: progress?.chunks ?? 0, committed: progress?.committed ?? 0, unit: 'chunk' as const },
        excluded: { byReason: { ...progress?.excludedBy }, unit: 'candidate' as const },
        optOuts: optedOutOf(progress?.manifest ?? {}),
        // Endpoints that one vantage alone saw are few: they are not for everybody.
        vantages: vantagesOf(request.access.kind === 'public' ? null : await keptVantages(db, survey)),
      };
    },
  );

  api.get(
    '/v1/surveys/:survey/manifest',
    {
      config: { needs: { scope: 'aggregate:read' } },
      schema: {
        operationId: 'getSurveyManifest',
        summary: 'What is needed to repeat a survey: plan, scope, policy, versions',
        tags: ['surveys'],
        params: Type.Object({ survey: Id }),
        response: answers(AnyObject),
      },
    },
    async (request, reply) => {
      const survey = await countedSurvey(db, request.params.survey);
      if (hasCurrent(request, reply, survey, codeVersion)) return reply;
      const [row] = await listSurveys(db, survey.id);
      return { ...row?.manifest };
    },
  );
};
