// The composition root: configuration -> adapters -> stores -> handlers. Only this file chooses between embedded and server, Postgres and Redis.
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { signingSecret } from './api/secret.store.ts';
import { collect } from './candidates/collect.job.ts';
import { feedHostReason } from './candidates/feed-host.ts';
import type { Policy } from './candidates/policy.ts';
import { createResolver, DEFAULT_MAX_ANSWERS, type Resolver } from './candidates/resolve.ts';
import type { Config } from './config.ts';
import { createDeliveries } from './deliveries.ts';
import { placeViews } from './exports/sql-views.store.ts';
import type { FeedRun } from './feeds/feed-run.store.ts';
import { openFeed } from './feeds/index.ts';
import { withLimit } from './feeds/limit.ts';
import { JOBS } from './jobs.ts';
import { countRun, IMPORT, measured, watchProcess } from './metering.ts';
import { makePartitions } from './observations/partition.store.ts';
import type { Parts } from './parts.ts';
import { oneAtATime } from './platform/alone.ts';
import { type Clock, systemClock } from './platform/clock.ts';
import { openDatabase } from './platform/db/database.ts';
import { openEmbedded } from './platform/db/embedded.ts';
import { guestOpener } from './platform/db/guest.ts';
import { mayMigrate, migrate, newerSchema, requireMigrated } from './platform/db/migrate.ts';
import { refreshRoles } from './platform/db/roles.ts';
import { KubecensusError } from './platform/errors.ts';
import { type Geo, openGeo } from './platform/geo.ts';
import { once } from './platform/lazy.ts';
import type { Log } from './platform/log.ts';
import { createMetrics } from './platform/metrics.ts';
import { createClient } from './platform/net/client.ts';
import { openQueue } from './platform/queue/open.ts';
import { release } from './platform/release.ts';
import { createTracer } from './platform/tracing.ts';
import { createPolicies } from './policies.ts';
import { createFirstFlightProbe } from './probes/first-flight.probe.ts';
import { createPace } from './probes/pace.ts';
import type { ProbeResult } from './probes/probe.ts';
import { createProbe, DEFAULT_LIMITS } from './probes/tls.probe.ts';
import { SECRETS } from './secrets.ts';
import { tally } from './tallies/tally.job.ts';

/** One DNS question, and how often it is asked. */
const DNS_TIMEOUT_MS = 3000;
const DNS_TRIES = 2;

/** What the lab adds, and nothing else can: names below its zone, and where its addresses are said to be, if anybody does. Its addresses need a scope that says `lab:`. */
export interface LabSettings {
  readonly nameSuffix: string;
  readonly geo?: Geo;
}

/** Closes one thing that was opened. */
type Closer = () => unknown;

/** Opens the database (migrated and with partitions ahead, unless `asIs`) and prepares the rest lazily. The caller closes. */
export async function compose(
  config: Config,
  log: Log,
  options: { lab?: LabSettings; now?: Clock; asIs?: boolean } = {},
): Promise<Parts> {
  const now = options.now ?? systemClock;
  const closers: Closer[] = [];
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    const { lab = null, asIs = false } = options;
    return await open(config, log, { now, lab, asIs }, closers, close);
  } catch (error) {
    await close();
    throw error;
  }
}

async function open(
  config: Config,
  log: Log,
  { now, lab, asIs }: { now: Clock; lab: LabSettings | null; asIs: boolean },
  closers: Closer[],
  close: () => Promise<void>,
): Promise<Parts> {
  const url = await databaseUrl(config, log, closers);
  const database = await openDatabase(url, { log, applicationName: 'kubecensus' });
  closers.push(() => database.close());
  const { db } = database;
  if (!asIs) await bringUp(db, now(), log);

  const metrics = createMetrics(release);
  closers.push(() => metrics.close());
  const codeVersion = release.commit === null ? release.version : `${release.version}+${release.commit}`;
  const userAgent = userAgentOf(config);
  const http = createClient({ userAgent });
  closers.push(() => http.close());
  // What feeds name, others may have a hand in.
  const guarded = createClient({ userAgent, guard: feedHostReason });
  closers.push(() => guarded.close());
  const deliveries = createDeliveries(
    config,
    userAgent,
    once(() => signingSecret(db)),
  );
  closers.push(() => deliveries.close());
  const tracer = createTracer({
    endpoint: config['tracing.endpoint'],
    headers: config.secret(SECRETS.traceHeaders),
    version: codeVersion,
    http: http.request,
    now,
    log,
  });
  closers.push(() => tracer.close());
  const geo = once(
    async () =>
      lab?.geo ?? openGeo(withoutNull({ countryMmdb: config['geo.countryMmdb'], asnMmdb: config['geo.asnMmdb'] })),
  );
  const pace = createPace({
    perAddressMs: config['pace.addressSpacingMs'],
    perNetworkMs: config['pace.networkSpacingMs'],
    perNetworkInFlight: config['pace.networkInFlight'],
    globalPerSecond: config.rate,
    maxInFlight: config.inFlight,
    now: () => performance.now(),
    sleep: (ms, signal) => sleep(ms, undefined, { signal }),
  });
  const queue = once(async () => {
    const opened = await openQueue(
      config.redisUrl === null ? { postgresUrl: url } : { redisUrl: config.redisUrl },
      log,
      JOBS,
    );
    closers.push(() => opened.close());
    return opened;
  });

  const alone = oneAtATime();
  const policies = createPolicies({ config, db, geo, now, metrics });
  watchProcess({ metrics, pace, policyFor: policies.policyFor });
  const resolverFor = (policy: Policy): Resolver =>
    createResolver({
      servers: config['dns.servers'],
      timeoutMs: DNS_TIMEOUT_MS,
      tries: DNS_TRIES,
      policy,
      maxAnswers: DEFAULT_MAX_ANSWERS,
      family: 'both',
    });

  const nameOptions = lab === null ? {} : { labSuffix: lab.nameSuffix };
  const runFeed: Parts['runFeed'] = async (feed, signal, onProgress = () => {}) => {
    const context = { db, now, codeVersion };
    const pull = async (): Promise<FeedRun> => {
      if (feed.kind === 'counts') return tally(feed, context, signal);
      const door = await policies.door(nameOptions);
      return collect(feed, { ...context, door, canonicalOptions: nameOptions, onProgress }, signal);
    };
    const run = await tracer.span(
      'feed',
      {},
      { feed: Object.hasOwn(config.feeds, feed.name) ? feed.name : IMPORT },
      pull,
    );
    countRun(run, Object.keys(config.feeds), metrics);
    return run;
  };

  return {
    config,
    log,
    now,
    db,
    database,
    queue,
    http: http.request,
    guardedHttp: guarded.request,
    geo,
    pace,
    metrics,
    tracer,
    stuck: new Set(),
    deliveries,
    codeVersion,
    userAgent,
    policyFor: policies.policyFor,
    resolverFor,
    observeContext: async () => {
      const allow = await policies.guard();
      const { connectMs, tlsMs } = DEFAULT_LIMITS;
      const sources = config.sourceAddresses;
      const measuring = <T>(dial: (target: T) => Promise<ProbeResult>) => measured(dial, metrics, config.vantage);
      return {
        database,
        now,
        probe: measuring(
          createProbe({ limits: DEFAULT_LIMITS, userAgent, from: config['contact.email'], allow, sources, now }),
        ),
        firstFlight: measuring(createFirstFlightProbe({ connectMs, flightMs: tlsMs, allow, sources, now })),
        onCommit: (rows, ms) => {
          metrics.observe('db_batch_rows', rows);
          metrics.observe('db_batch_seconds', ms / 1000);
          tracer.note('batch', ms, { rows });
        },
        pace,
        vantage: config.vantage,
        policyFor: policies.policyFor,
        geo: await geo(),
        clusterKey: clusterKeyOf(config),
        alone,
      };
    },
    declaredFeed: (name, credits = null) => {
      const settings = Object.hasOwn(config.feeds, name) ? config.feeds[name] : undefined;
      if (settings === undefined)
        throw new KubecensusError('KC_FEED_UNKNOWN', `There is no feed named ${name} in the configuration.`);
      return openFeed(name, credits === null ? settings : withLimit(settings, credits), {
        http: guarded.request,
        openSocket: guarded.openSocket,
        openGuest: guestOpener(
          `kubecensus ${config['contact.email'] ?? config['contact.url'] ?? ''}`.trim(),
          feedHostReason,
        ),
        sleep: (ms, signal) => sleep(ms, undefined, { signal }),
        secret: config.secret,
        now,
        hasContact: config['contact.url'] !== null || config['contact.email'] !== null,
      });
    },
    runFeed,
    close,
  };
}

/** The owner's login brings the schema up to date; any other only looks whether somebody has. */
async function bringUp(db: Parts['db'], at: Date, log: Log): Promise<void> {
  if (!(await mayMigrate(db))) return requireMigrated(db);
  const applied = await migrate(db);
  await makePartitions(db, at);
  const newer = await newerSchema(db);
  if (newer !== null) {
    // The views are the newer release's, too.
    log.warn(
      { migrations: newer.migrations },
      'a newer release has migrated the database; this one goes on until it is replaced',
    );
    return;
  }
  await placeViews(db);
  if (applied.length > 0) await refreshRoles(db);
}

async function databaseUrl(config: Config, log: Log, closers: Closer[]): Promise<string> {
  if (config.databaseUrl !== null) return config.databaseUrl;
  const embedded = await openEmbedded(config.dataDir, log);
  closers.push(() => embedded.close());
  return embedded.url;
}

/** Who asks, where to read about it, how to opt out: sent with every request. */
function userAgentOf(config: Config): string {
  const contact = [
    config['contact.url'] === null ? [] : `+${config['contact.url']}`,
    config['contact.email'] === null ? [] : `opt-out: ${config['contact.email']}`,
  ].flat();
  return contact.length === 0
    ? `kubecensus/${release.version}`
    : `kubecensus/${release.version} (${contact.join('; ')})`;
}

/** The key of this installation's cluster hashes: configured, or made once in the data directory. */
function clusterKeyOf(config: Config): string {
  if (config.clusterKey !== null) return config.clusterKey;
  const path = join(config.dataDir, 'cluster-key');
  mkdirSync(config.dataDir, { recursive: true });
  try {
    writeFileSync(path, randomBytes(32).toString('hex'), { mode: 0o600, flag: 'wx' });
  } catch (error) {
    // It is there already, perhaps made by another process this very moment.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return readFileSync(path, 'utf8');
}

/** Drops keys that are null, for options that must be absent instead. */
function withoutNull<T extends Record<string, unknown>>(object: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== null)) as {
    [K in keyof T]?: NonNullable<T[K]>;
  };
}
