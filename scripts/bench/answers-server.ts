// The API of the answers benchmark, in a process of its own: pages, statistics, and beside them a route that asks the database for nothing but a 1.
import { tmpdir } from 'node:os';
import { sql } from 'kysely';
import { pino } from 'pino';
import { Cursors } from '../../services/api/cursor.ts';
import { PublicView } from '../../services/api/public-view.store.ts';
import { RESOURCES } from '../../services/api/resources.ts';
import { createServer } from '../../services/api/server.ts';
import { openDatabase } from '../../services/platform/db/database.ts';
import { createMetrics } from '../../services/platform/metrics.ts';
import { DEFAULT_K } from '../../services/rollups/suppress.ts';

/** More than a benchmark asks in a minute. */
const REQUESTS = 10_000_000;
const [url, now] = process.argv.slice(2) as [string, string];

const log = pino({ level: 'silent' });
const database = await openDatabase(url, { log, applicationName: 'kubecensus-bench-api' });
const api = await createServer(
  {
    db: database.db,
    database,
    now: () => new Date(now),
    log,
    codeVersion: 'bench',
    metrics: createMetrics({ version: '1.2.3', commit: null }),
    dataDir: tmpdir(),
    secret: 'bench',
    askQueue: async () => undefined,
    cursors: new Cursors('bench'),
    publicView: new PublicView(database.db, DEFAULT_K),
    geo: async () => ({ sources: [], lookup: () => ({ country: null, asn: null, organisation: null }) }),
    declaredFeeds: () => [],
    readOptOuts: async () => undefined,
    settings: {
      publicUrl: null,
      publicAggregates: true,
      requestsPerMinute: REQUESTS,
      publicRequestsPerMinute: REQUESTS,
      trustedProxies: [],
    },
  },
  [
    (server) =>
      server.get(
        '/bare',
        { schema: { hide: true } },
        async () => (await sql`select 1 as one`.execute(database.db)).rows,
      ),
    ...RESOURCES,
  ],
);
const address = await api.listen({ host: '127.0.0.1', port: 0 });
process.on('message', () => process.send?.({ rss: process.memoryUsage.rss() }));
process.send?.({ url: address });
process.once('disconnect', () => process.exit());
