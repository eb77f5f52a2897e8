// The pipeline's table of contents: every queue job, what it carries, what it does, how often it is tried, how many run at once.

import { whenFree } from './feeds/feed-lease.store.ts';
import { observe } from './observations/observe.job.ts';
import type { Parts } from './parts.ts';
import type { JobDefinition } from './platform/queue/queue.ts';
import { type RollUpContext, rollUp } from './rollups/rollup.job.ts';
import { openChunks } from './surveys/chunk.store.ts';
import { CHUNK_SIZE } from './surveys/chunk.ts';
import { isPaused } from './surveys/pause.store.ts';
import { plan } from './surveys/plan.job.ts';
import { findPlan, surveysDone, surveysIn, uncountedSurveys } from './surveys/survey.store.ts';

export interface JobPayloads {
  readonly collect: { readonly feed: string };
  readonly plan: { readonly surveyId: string };
  readonly observe: { readonly surveyId: string; readonly chunk: number };
  readonly rollup: { readonly surveyId: string };
}
export type JobName = keyof JobPayloads;

interface Job<P> extends JobDefinition {
  /** Jobs of this name at once in one process. */
  readonly concurrency: number;
  /** True where jobs may be for the workers of one vantage only: those are in its lane. */
  readonly byVantage?: true;
  /** Whether Postgres says that some of it is to be done now, in the lane of this vantage or, for null, outside of lanes. */
  readonly isOpen: (parts: Parts, vantage: string | null) => Promise<boolean>;
  readonly run: (payload: P, parts: Parts, signal: AbortSignal) => Promise<unknown>;
}

export const JOBS: { readonly [N in JobName]: Job<JobPayloads[N]> } = {
  /** Pulls a declared feed into candidates or tallies, once no other run of it goes on. */
  collect: {
    attempts: 3,
    backoffMs: 60_000,
    concurrency: 2,
    // What is to be pulled stands in the queue alone.
    isOpen: async () => true,
    run: ({ feed }, parts, signal) => whenFree(() => parts.runFeed(parts.declaredFeed(feed), signal), signal),
  },
  /** Turns the candidates of a survey into chunks. */
  plan: {
    attempts: 3,
    backoffMs: 5_000,
    concurrency: 1,
    isOpen: async ({ db }) => (await surveysIn(db, ['planning'])).length > 0,
    run: ({ surveyId }, parts) => planSurvey(surveyId, parts),
  },
  /** Dials, judges and commits the targets of one chunk, from the chunk's vantage. */
  observe: {
    byVantage: true,
    attempts: 3,
    backoffMs: 5_000,
    concurrency: 4,
    isOpen: async ({ db }, lane) =>
      (await openChunks(db, 1)).some(({ vantage }) => vantage === lane) && !(await isPaused(db)),
    run: async (chunk, parts, signal) => observe(chunk, await parts.observeContext(), signal),
  },
  /** Completes a survey and counts it. */
  rollup: {
    attempts: 5,
    backoffMs: 2_000,
    concurrency: 1,
    isOpen: async ({ db }) => (await surveysDone(db)).length + (await uncountedSurveys(db)).length > 0,
    run: ({ surveyId }, parts) => rollUp(surveyId, rollUpContext(parts)),
  },
};

/** What counting needs of the composed parts. */
export const rollUpContext = ({ db, now, config }: Parts): RollUpContext => ({
  db,
  now,
  publicNetworks: config['api.publicNetworks'],
});

/** Job ids say what the job is about, so that adding one twice is adding it once. With a vantage, only its workers take the job. */
export function jobOf<N extends JobName>(
  name: N,
  payload: JobPayloads[N],
  vantage: string | null = null,
): { name: N; id: string; payload: JobPayloads[N]; lane?: string } {
  const id = [name, ...Object.values(payload)].join('-').replaceAll(':', '_');
  return { name, id, payload, ...(vantage === null ? {} : { lane: vantage }) };
}

/** Plans with the scope that the survey was created with. */
async function planSurvey(surveyId: string, parts: Parts): Promise<boolean> {
  const survey = await findPlan(parts.db, surveyId);
  if (survey === null) return false;
  const policy = await parts.policyFor(survey.scope);
  const resolver = parts.resolverFor(policy);
  try {
    return await plan(surveyId, { db: parts.db, now: parts.now, policy, resolver, chunkSize: CHUNK_SIZE });
  } finally {
    resolver.close();
  }
}
