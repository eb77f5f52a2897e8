// The API on a database of the test, listening on loopback: a survey is there, and keys are made as the test needs them.
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { ApiContext, ApiSettings, Resource } from '../../services/api/context.ts';
import { Cursors } from '../../services/api/cursor.ts';
import { createKey } from '../../services/api/keys/api-key.store.ts';
import { PREFIX_BYTES, readGrant, SECRET_BYTES, writeKey } from '../../services/api/keys/api-key.ts';
import { PublicView } from '../../services/api/public-view.store.ts';
import { createServer } from '../../services/api/server.ts';
import type { Observation } from '../../services/observations/observation.ts';
import type { Database } from '../../services/platform/db/database.ts';
import { createMetrics } from '../../services/platform/metrics.ts';
import { recompute } from '../../services/rollups/rollup.store.ts';
import { SMALLEST_K } from '../../services/rollups/suppress.ts';
import { completeSurvey } from '../../services/surveys/survey.store.ts';
import { silentLog, withDatabase } from './database.ts';
import { NOW, surveyOf } from './observations.ts';

export interface TestApi {
  readonly database: Database;
  readonly databaseUrl: string;
  readonly url: string;
  readonly dataDir: string;
  readonly context: ApiContext;
  close(): Promise<void>;
  /** A request with a key, or without when it is null. */
  get(path: string, key?: string | null, init?: RequestInit): Promise<Response>;
  /** A key with these scopes and networks, as its owner holds it. */
  key(scopes?: readonly string[], networks?: readonly string[], expiresAt?: Date | null): Promise<string>;
}

/** Starts the API; the end of the test stops it. `now` is a clock that the test may move. */
export async function startApi(
  t: TestContext,
  options: {
    settings?: Partial<ApiSettings>;
    now?: () => Date;
    resources?: readonly Resource[];
    guest?: ApiContext['guest'];
    askQueue?: ApiContext['askQueue'];
  } = {},
): Promise<TestApi> {
  const { database, url: databaseUrl, onEnd } = await withDatabase(t);
  const dataDir = await mkdtemp(join(tmpdir(), 'kubecensus-api-'));
  onEnd(() => rm(dataDir, { recursive: true }));
  const now = options.now ?? (() => NOW);
  const context: ApiContext = {
    db: database.db,
    database,
    now,
    log: silentLog,
    codeVersion: 'test',
    ...(options.guest === undefined ? {} : { guest: options.guest }),
    metrics: createMetrics({ version: '1.2.3', commit: null }),
    dataDir,
    secret: 'test',
    cursors: new Cursors('test'),
    publicView: new PublicView(database.db, SMALLEST_K),
    geo: async () => ({ sources: [], lookup: () => ({ country: null, asn: null, organisation: null }) }),
    declaredFeeds: () => [],
    readOptOuts: async () => undefined,
    askQueue: options.askQueue ?? (async () => undefined),
    settings: {
      publicUrl: null,
      publicAggregates: false,
      requestsPerMinute: 100_000,
      publicRequestsPerMinute: 100_000,
      trustedProxies: [],
      ...options.settings,
    },
  };
  const api = await createServer(context, options.resources);
  onEnd(() => api.close());
  const url = await api.listen({ host: '127.0.0.1', port: 0 });
  return {
    database,
    url,
    databaseUrl,
    dataDir,
    context,
    close: () => api.close(),
    get: (path, key = null, init = {}) =>
      fetch(`${url}${path}`, {
        ...init,
        headers: { ...(key === null ? {} : { authorization: `Bearer ${key}` }), ...init.headers },
      }),
    key: async (scopes = ['aggregate:read'], networks = [], expiresAt = null) => {
      const { text, key } = writeKey(randomBytes(PREFIX_BYTES), randomBytes(SECRET_BYTES));
      await createKey(database.db, { ...key, ...readGrant(scopes, networks), name: 'test', expiresAt }, now());
      return text;
    },
  };
}

/** A finished and counted survey of these observations. */
export async function countedSurvey(
  { database }: Pick<TestApi, 'database'>,
  id: string,
  observations: readonly Observation[],
  at: Date = NOW,
): Promise<void> {
  await surveyOf(database, id, observations, at);
  await completeSurvey(database.db, id, at);
  await recompute(database.db, id, at);
}
