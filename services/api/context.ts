// What the resources of the API are written against: the composed parts that they need, and the framework with our types.
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';
import type { DescribedFeed } from '../feeds/describe.ts';
import type { Clock } from '../platform/clock.ts';
import type { Database } from '../platform/db/database.ts';
import type { Geo } from '../platform/geo.ts';
import type { Log } from '../platform/log.ts';
import type { Metrics } from '../platform/metrics.ts';
import type { Access, Needs } from './access.ts';
import type { Cursors } from './cursor.ts';
import type { ApiKey } from './keys/api-key.ts';
import type { PublicView } from './public-view.store.ts';

/** How the API of this installation behaves. */
export interface ApiSettings {
  /** The URL by which others reach it, or null. */
  readonly publicUrl: string | null;
  /** Whether aggregates are answered without a key. */
  readonly publicAggregates: boolean;
  readonly requestsPerMinute: number;
  readonly publicRequestsPerMinute: number;
  readonly trustedProxies: readonly string[];
}

export interface ApiContext {
  /** Whose key everybody has who brings none; absent: nobody's. For a lab, whose numbers are nobody's secret. */
  readonly guest?: ApiKey;
  readonly db: Database['db'];
  /** For exports, which copy out of the database. */
  readonly database: Database;
  readonly now: Clock;
  readonly log: Log;
  readonly codeVersion: string;
  readonly metrics: Pick<Metrics, 'text' | 'contentType'>;
  /** Where reports and exports lie. */
  readonly dataDir: string;
  readonly settings: ApiSettings;
  /** The installation's own; signs links to unsubscribe by. */
  readonly secret: string;
  readonly cursors: Cursors;
  /** What counts pass through before they leave. */
  readonly publicView: PublicView;
  /** Names of networks. */
  readonly geo: () => Promise<Geo>;
  readonly declaredFeeds: () => readonly DescribedFeed[];
  /** Rejects when the opt-outs cannot be read: without them nothing may be probed. */
  readonly readOptOuts: () => Promise<unknown>;
  /** Rejects when the queue does not answer. */
  readonly askQueue: () => Promise<unknown>;
}

export type Api = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

/** Adds the routes of one resource. */
export type Resource = (api: Api, context: ApiContext) => void;

declare module 'fastify' {
  interface FastifyRequest {
    access: Access;
  }
  interface FastifyContextConfig {
    /** What the route asks for; absent: open to everybody. */
    needs?: Needs;
  }
}
