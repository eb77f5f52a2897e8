// A fleet of real processes that surveys a lab: workers and schedulers over a real database and queue, with a proxy before each that can fail.
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import { LAB_SCOPE, LAB_VANTAGE, labAsInternet } from '../../services/cli/lab-internet.ts';
import { compose } from '../../services/compose.ts';
import { loadConfig } from '../../services/config.ts';
import { createFileFeed } from '../../services/feeds/file.feed.ts';
import type { LabWorld } from '../../services/lab/host.ts';
import { type Lab, startLab } from '../../services/lab/process.ts';
import type { Parts } from '../../services/parts.ts';
import { startParts } from '../../services/roles.ts';
import { beginSurvey, surveyDefaults } from '../../services/survey-request.ts';
import { PORTS } from '../../services/surveys/ports.ts';
import { listSurveys, type SurveyRow } from '../../services/surveys/survey.store.ts';
import { until } from '../platform/until.ts';
import { onServer, silentLog, withDatabase } from '../support/database.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { type FaultProxy, startFaultProxy } from './fault-proxy.ts';
import { findings, type Permitted } from './oracle.ts';

const CLI = fileURLToPath(new URL('../../services/cli.ts', import.meta.url));
/** The feed that names the hosts. */
export const LIST = 'chaos-list';
/** Every port of the table: a host costs twenty targets, so that a few hosts make several chunks. */
const SURVEYED_PORTS = PORTS.map(({ port }) => port);
/** Hosts that never answer hold a survey up for seconds each, and are the matter of test/hostile. */
const SLOW = /^hostile-/;

export interface FleetOptions {
  readonly seed: string;
  readonly hosts: number;
  /** Where the queue is: a Redis of the fleet, or the database. Default Redis. */
  readonly queue?: 'redis' | 'postgres';
  /** Settings of every member. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** One process of the fleet. */
export interface Member {
  readonly process: ChildProcess;
  /** All that it said on stderr: JSON lines. */
  readonly said: () => string;
  /** Resolves with its exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals | null>;
}

export interface Fleet {
  readonly lab: Lab;
  /** The hosts that are surveyed: the lab's truth. */
  readonly world: LabWorld;
  /** The test's own eyes on the database, past the proxy. */
  readonly parts: Parts;
  /** The members' login at the database: it may do what the test's may, and can be kept out. */
  readonly login: string;
  /** Ends the members' sessions at the database. */
  endSessions(): Promise<void>;
  /** The test's own way to the database, past the proxy. */
  readonly databaseUrl: string;
  readonly redis: TestRedis | null;
  /** What the members' connections go through. */
  readonly postgres: FaultProxy;
  readonly queue: FaultProxy | null;
  /** Starts `kubecensus start` with these roles and waits until it runs. `shell` goes before it, as "ulimit -n 256". */
  start(roles: string, settings?: Readonly<Record<string, string>>, shell?: string): Promise<Member>;
  /** Imports hosts under the name of a feed. */
  add(feed: string, hosts: readonly string[]): Promise<void>;
  /** Begins a survey of all hosts of a feed, by default the lab's, on all ports. */
  begin(id: string, feed?: string): Promise<void>;
  /** Counts dials from now on, where a survey is begun by others. */
  mark(): Promise<void>;
  /** Connections that each endpoint has accepted since the survey began, by "address:port". */
  dials(): Promise<Readonly<Record<string, number>>>;
  /** The same in all. */
  dialled(): Promise<number>;
  /** Waits until the survey is counted. */
  counted(id: string, patienceMs?: number): Promise<SurveyRow>;
  /** Kills a member and waits for its end. */
  end(member: Member, signal?: NodeJS.Signals): Promise<number | NodeJS.Signals | null>;
  /** What is wrong with a survey that has ended: nothing, or lines that say it. Looks through `db`, by default the test's own. */
  findings(id: string, permitted?: Permitted, db?: Parts['db']): Promise<string[]>;
}

/** Starts lab, database and queue, imports the hosts, and surveys them once undisturbed: what that dialled is the measure. The test's end closes all. */
export async function startFleet(t: TestContext, options: FleetOptions): Promise<Fleet> {
  const { url: databaseUrl, onEnd } = await withDatabase(t);
  const closers: (() => Promise<unknown>)[] = [];
  const closeAll = async (): Promise<void> => {
    for (const close of closers.reverse()) await close();
  };
  onEnd(closeAll);
  const home = await mkdtemp(join(tmpdir(), 'kubecensus-chaos-'));
  closers.push(() => rm(home, { recursive: true, force: true }));
  const lab = await startLab({ seed: options.seed, hosts: options.hosts, now: new Date() });
  closers.push(() => lab.close());
  const postgres = await startFaultProxy(databaseUrl);
  closers.push(() => postgres.close());
  const redis = options.queue === 'postgres' ? null : await startRedis();
  closers.push(async () => redis?.stop());
  const queue = redis === null ? null : await startFaultProxy(redis.url);
  closers.push(async () => queue?.close());

  const login = `member_${randomBytes(6).toString('hex')}`;
  const run = (text: string) => onServer(databaseUrl, (client) => client.query(text));
  await run(`create role ${login} login password '${login}' in role ${new URL(databaseUrl).username}`);
  closers.push(() => run(`drop role ${login}`));
  const membersUrl = new URL(postgres.through(databaseUrl));
  [membersUrl.username, membersUrl.password] = [login, login];
  const environment: Record<string, string> = {
    HOME: home,
    KUBECENSUS_DATA_DIR: home,
    KUBECENSUS_CLUSTER_KEY: 'test',
    KUBECENSUS_SCOPE: LAB_SCOPE.join(),
    KUBECENSUS_VANTAGE: LAB_VANTAGE,
    KUBECENSUS_DNS_SERVERS: lab.dnsServer,
    KUBECENSUS_PORTS: SURVEYED_PORTS.join(),
    KUBECENSUS_NETWORK_SPACING_MS: '0',
    KUBECENSUS_NETWORK_IN_FLIGHT: '100',
    KUBECENSUS_ADDRESS_SPACING_MS: '0',
    ...options.settings,
    DATABASE_URL: membersUrl.href,
    ...(redis === null || queue === null ? {} : { REDIS_URL: queue.through(redis.url) }),
  };
  const base = loadConfig({ ...environment, DATABASE_URL: databaseUrl, REDIS_URL: redis?.url }, null);
  const { config, settings } = labAsInternet(base, lab);
  const parts = await compose(config, silentLog, { lab: settings });
  closers.push(() => parts.close());
  closers.push(() => sql.raw(`drop owned by ${login}`).execute(parts.db));
  const hosts = lab.world.hosts.filter(({ recipe }) => !SLOW.test(recipe));
  const world = { ...lab.world, hosts: hosts.map((host) => ({ ...host, feeds: ['list' as const] })), deadNames: [] };
  const add: Fleet['add'] = async (name, lines) => {
    const path = join(home, `${name}.txt`);
    await writeFile(path, lines.join('\n'));
    const feed = await createFileFeed({ path, name, format: 'list', observedAt: null, expandCidr: false });
    await parts.runFeed(feed, new AbortController().signal);
  };
  await add(
    LIST,
    hosts.map(({ address }) => address),
  );

  let before: Readonly<Record<string, number>> = {};
  const since = async (): Promise<Record<string, number>> =>
    Object.fromEntries(Object.entries(await lab.dials()).map(([at, count]) => [at, count - (before[at] ?? 0)]));
  const mark = async (): Promise<void> => {
    before = await lab.dials();
  };
  const begin = async (id: string, feed = LIST): Promise<void> => {
    await mark();
    await beginSurvey({ ...surveyDefaults(parts.config), id, feeds: [feed] }, parts);
  };
  const counted = (id: string, patienceMs?: number): Promise<SurveyRow> =>
    until(
      `${id} to be counted`,
      async () => {
        const [survey] = await listSurveys(parts.db, id);
        return survey?.rolledUpAt == null ? null : survey;
      },
      patienceMs,
    );

  await begin('undisturbed');
  const stop = await startParts(['worker', 'scheduler'], parts);
  await counted('undisturbed');
  await stop();
  const measure = await since();
  const question = { db: parts.db, world, ports: SURVEYED_PORTS };
  const wrong = await findings({ ...question, id: 'undisturbed', dials: measure, measure }, {});
  if (wrong.length > 0) throw new Error(`the undisturbed survey is wrong: ${wrong.slice(0, 5).join('; ')}`);

  const end: Fleet['end'] = async (member, signal = 'SIGKILL') => {
    if (member.process.exitCode === null && member.process.signalCode === null) member.process.kill(signal);
    return member.ended;
  };
  const start: Fleet['start'] = async (roles, extra = {}, shell = '') => {
    const member = startMember(roles, { ...environment, ...extra }, shell);
    closers.push(() => end(member));
    await until(`${roles} to run`, () => {
      if (member.process.exitCode !== null) throw new Error(`${roles} ended: ${member.said().slice(-2000)}`);
      return member.said().includes(' runs: ');
    });
    return member;
  };
  return {
    lab,
    world,
    parts,
    login,
    endSessions: async () =>
      void (await run(`select pg_terminate_backend(pid) from pg_stat_activity where usename = '${login}'`)),
    databaseUrl,
    redis,
    postgres,
    queue,
    start,
    add,
    begin,
    mark,
    counted,
    end,
    dials: since,
    dialled: async () => Object.values(await since()).reduce((sum, count) => sum + count, 0),
    findings: async (id, permitted = {}, db = parts.db) =>
      findings({ ...question, db, id, dials: await since(), measure }, permitted),
  };
}

function startMember(roles: string, environment: Readonly<Record<string, string>>, shell: string): Member {
  const command = `${shell === '' ? '' : `${shell} && `}exec "$0" "$@"`;
  const child = spawn('sh', ['-c', command, process.execPath, CLI, 'start', '--role', roles], {
    env: { PATH: process.env['PATH'], ...environment },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (said += text));
  const ended = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | NodeJS.Signals | null);
  return { process: child, said: () => said, ended };
}
