// Feeds, what they cost and on which terms, and their runs with what made them partial.
import { Type } from 'typebox';
import { type FeedRun, findRun, lastRuns } from '../feeds/feed-run.store.ts';
import { runsBefore } from '../feeds/run-list.store.ts';
import { KubecensusError } from '../platform/errors.ts';
import type { Resource } from './context.ts';
import { questionOf } from './cursor.ts';
import { pageOf } from './page.ts';
import { answers, Count, FeedName, mapOf, Next, orNull, PAGE_ROWS, PAGED, query, Time } from './schemas.ts';

const Text = Type.String();

const Run = Type.Object({
  run: Type.Integer(),
  feed: Text,
  kind: Type.Enum(['sightings', 'counts']),
  query: Text,
  state: Type.Enum(['running', 'complete', 'partial', 'failed', 'held', 'rejected']),
  partialReason: orNull(Text),
  claimedTotal: orNull(Type.Integer({ description: 'how many rows the source says there are' })),
  unit: Type.Literal('row'),
  read: Count,
  accepted: Count,
  duplicate: Count,
  rejected: Count,
  held: Count,
  rejectedBy: mapOf(Count),
  capHit: Type.Boolean(),
  cost: orNull(Type.Number()),
  codeVersion: Text,
  startedAt: Time,
  finishedAt: orNull(Time),
});

const Feed = Type.Object({
  name: Text,
  type: orNull(Type.String({ description: 'type of the declaration; null: files that were imported' })),
  query: Text,
  upstreams: Type.Array(Text, { description: 'feeds that this one reads or buys from' }),
  terms: Text,
  cost: Text,
  lastRun: Type.Unsafe<ReturnType<typeof runOf> | null>({ anyOf: [Run, { type: 'null' }] }),
});

const runOf = (run: FeedRun) => ({
  run: run.id,
  feed: run.feed,
  kind: run.kind as 'sightings' | 'counts',
  query: run.query,
  state: run.state as 'running' | 'complete' | 'partial' | 'failed' | 'held' | 'rejected',
  partialReason: run.partialReason,
  claimedTotal: run.claimedTotal,
  unit: 'row' as const,
  read: run.read,
  accepted: run.accepted,
  duplicate: run.duplicate,
  rejected: run.rejected,
  held: run.held,
  rejectedBy: { ...run.rejectedBy },
  capHit: run.capHit,
  cost: run.cost,
  codeVersion: run.codeVersion,
  startedAt: run.startedAt.toISOString(),
  finishedAt: run.finishedAt?.toISOString() ?? null,
});

export const feeds: Resource = (api, { db, cursors, declaredFeeds }) => {
  api.get(
    '/v1/feeds',
    {
      config: { needs: { scope: 'aggregate:read' } },
      schema: {
        operationId: 'listFeeds',
        summary: 'Declared feeds and imported files, each with its last run',
        tags: ['feeds'],
        response: answers(Type.Object({ data: Type.Array(Feed) })),
      },
    },
    async () => {
      const runs = new Map((await lastRuns(db)).map((run) => [run.feed, run]));
      const lastRun = (name: string) => {
        const run = runs.get(name);
        return run === undefined ? null : runOf(run);
      };
      const declared = declaredFeeds().map(({ name, type, query: asked, upstreams, terms, cost }) => ({
        ...{ name, type, query: asked, terms, cost },
        upstreams: [...upstreams],
        lastRun: lastRun(name),
      }));
      const imported = [...runs.keys()]
        .filter((name) => !declared.some((feed) => feed.name === name))
        .map((name) => ({ name, type: null, query: '', terms: '', cost: '', upstreams: [], lastRun: lastRun(name) }));
      return { data: [...declared, ...imported] };
    },
  );

  api.get(
    '/v1/feeds/runs',
    {
      config: { needs: { scope: 'aggregate:read' } },
      schema: {
        operationId: 'listFeedRuns',
        summary: 'Runs of feeds, newest first',
        tags: ['feeds'],
        querystring: query({ feed: Type.Optional(FeedName), ...PAGED }),
        response: answers(Type.Object({ data: Type.Array(Run), next: Next })),
      },
    },
    async ({ query: asked }) => {
      const { feed = null, limit = PAGE_ROWS, cursor } = asked;
      const question = questionOf('/v1/feeds/runs', asked);
      const [before] = cursor === undefined ? [] : cursors.read(question, cursor);
      const rows = await runsBefore(db, feed, before === undefined ? null : Number(before), limit + 1);
      const { data, next } = pageOf(rows, limit, cursors, question, (run) => [run.id]);
      return { data: data.map(runOf), next };
    },
  );

  api.get(
    '/v1/feeds/runs/:run',
    {
      config: { needs: { scope: 'aggregate:read' } },
      schema: {
        operationId: 'getFeedRun',
        summary: 'One run: what was asked, what came, and why it is partial',
        tags: ['feeds'],
        params: Type.Object({ run: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }) }),
        response: answers(Run),
      },
    },
    async ({ params }) => {
      const run = await findRun(db, params.run);
      if (run === null) throw new KubecensusError('KC_API_NOT_FOUND', `There is no run ${params.run}.`);
      return runOf(run);
    },
  );
};
