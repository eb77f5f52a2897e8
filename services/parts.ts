// What the composition root hands to commands, roles and jobs.
import type { Kysely } from 'kysely';
import type { Policy } from './candidates/policy.ts';
import type { Resolver } from './candidates/resolve.ts';
import type { Config } from './config.ts';
import type { Feed } from './feeds/feed.ts';
import type { FeedRun, RunCounts } from './feeds/feed-run.store.ts';
import type { HttpClient } from './feeds/http.ts';
import type { ObserveContext } from './observations/observe.job.ts';
import type { Clock } from './platform/clock.ts';
import type { Database } from './platform/db/database.ts';
import type { DB } from './platform/db/schema.ts';
import type { Geo } from './platform/geo.ts';
import type { Log } from './platform/log.ts';
import type { Metrics } from './platform/metrics.ts';
import type { JobQueue } from './platform/queue/queue.ts';
import type { Tracer } from './platform/tracing.ts';
import type { Pace } from './probes/pace.ts';
import type { Means } from './reports/delivery/delivery.ts';

/** Everything that commands and roles are made of. */
export interface Parts {
  readonly config: Config;
  readonly log: Log;
  readonly now: Clock;
  readonly db: Kysely<DB>;
  readonly database: Database;
  readonly queue: () => Promise<JobQueue>;
  readonly http: HttpClient;
  /** The same, for hosts that others have a hand in: it does not go where their names lead inside. */
  readonly guardedHttp: HttpClient;
  readonly geo: () => Promise<Geo>;
  readonly pace: Pace;
  /** Jobs with whose queue a worker of this process does not get on though there is work. Workers add and delete. */
  readonly stuck: Set<string>;
  /** What this process measures. */
  readonly metrics: Metrics;
  /** What it traces, for whoever set tracing.endpoint. */
  readonly tracer: Tracer;
  /** What reports leave by. */
  readonly deliveries: Means;
  readonly codeVersion: string;
  readonly userAgent: string;
  /** Policy for a scope, with opt-outs at most 15 s old. */
  readonly policyFor: (scope: readonly string[]) => Promise<Policy>;
  readonly resolverFor: (policy: Policy) => Resolver;
  readonly observeContext: () => Promise<ObserveContext>;
  /** A declared feed by name; a run of it spends at most `credits` where it is paid by the run. Throws KC_FEED_UNKNOWN. */
  readonly declaredFeed: (name: string, credits?: number | null) => Feed;
  /** Runs a feed of either kind to its end. */
  readonly runFeed: (feed: Feed, signal: AbortSignal, onProgress?: (counts: RunCounts) => void) => Promise<FeedRun>;
  /** Closes everything, last opened first. */
  readonly close: () => Promise<void>;
}
