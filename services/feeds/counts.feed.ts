// A call of an engine that gives counts by value and no rows, as a feed of one count.
import { failureOf } from './engine.ts';
import { askEngine, type EngineAccess } from './engine-answer.ts';
import type { CountsEngine } from './engines/declaration.ts';
import type { Feed, FeedItem } from './feed.ts';
import { redact } from './redact.ts';
import { accessOf, type EngineAccount, questionOf } from './search.feed.ts';

export interface CountsOptions extends EngineAccount {
  readonly name: string;
  readonly query: string;
  readonly field: string;
  /** Distinct values wanted, the commonest first. */
  readonly buckets: number;
}

/** One count. A failure throws; what is counted and left out of the buckets is stated as omitted where the engine states a total. */
export function createCountsFeed(engine: CountsEngine, options: CountsOptions): Feed {
  const access = accessOf(engine, options);
  return {
    name: options.name,
    kind: 'counts',
    title: engine.title,
    terms: engine.terms,
    upstreams: engine.upstreams,
    cost: engine.cost,
    query: redact(options.query, access.secrets),
    spending: {
      confirmCredits: options.confirmCredits,
      most: engine.credits,
      step: engine.credits,
      estimate: () => Promise.resolve({ credits: engine.credits, atMost: false }),
    },
    pull: (_since, signal) => pull(engine, options, access, signal),
  };
}

async function* pull(
  engine: CountsEngine,
  options: CountsOptions,
  access: EngineAccess,
  signal: AbortSignal,
): AsyncGenerator<FeedItem> {
  if (engine.credits > (options.maxCredits ?? Number.POSITIVE_INFINITY))
    return yield { type: 'note', partial: 'credit_limit', capHit: true };
  const answer = await askEngine(access, questionOf(options, engine.ask(options)), signal);
  if (signal.aborted) return yield { type: 'note', partial: 'stopped' };
  const named = { name: engine.title };
  if (!answer.ok) throw failureOf(named, answer);
  const counts = engine.read(answer.reply, options.field);
  if (counts === null) throw failureOf(named, { fault: 'answer', detail: 'the reply has an unknown form' });
  yield { type: 'note', cost: engine.credits };
  if (counts.buckets.length === 0) return yield { type: 'note', partial: 'feed_empty' };
  const shown = counts.buckets.reduce((sum, { count }) => sum + count, 0);
  yield {
    type: 'count',
    observedAt: access.clock().toISOString(),
    query: redact(options.query, access.secrets),
    field: options.field,
    unit: engine.unit,
    total: counts.total ?? shown,
    // A hit without the field, or with several values of it, is in the total and not once in the buckets.
    omitted: counts.total === null ? null : Math.max(0, counts.total - shown),
    deviation: null,
    buckets: counts.buckets.map(({ key, count }) => ({ key: redact(key, access.secrets), count })),
    at: 'counts',
  };
}
