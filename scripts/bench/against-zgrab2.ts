// Our probe beside zgrab2 in one run: CPU per probe, wall time at two widths, memory while hosts are silent. The hosts are one server on all of 127.0.0.0/8.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { issueCertificate } from '../../services/lab/server-certificates.ts';
import { megabytes } from './figures.ts';
import { hostAddress, hostsAtOnce } from './many-hosts.ts';
import { runProgram } from './other-program.ts';
import type { ClientTask, ClientTook } from './probe-client.ts';
import { interleave, median } from './rounds.ts';

/** A full probe may cost this part of zgrab2's `http --use-https --no-http2 --endpoint /version`, a first flight this part of its `tls`. */
export const ZGRAB2_GOALS = { probe: 0.55, flight: 0.16 } as const;

const HOSTS = 4000;
const WIDTHS = [200, 1000] as const;
/** Odd, so that the median is a measured round. */
const ROUNDS = 5;
const WORKERS = 2;
const PATIENCE_MS = 15_000;
const SILENT_HOSTS = 10_000;
const SILENCE_S = 12;
/** On a busy machine a process may be late for its own deadlines, and says so. */
const LATE_SHARE = 0.01;

type Way = ClientTask['way'];
type Took = Omit<ClientTook, 'others'>;

const MODULES: Readonly<Record<Way, readonly string[]>> = {
  probe: ['http', '--use-https', '--no-http2', '--endpoint', '/version', '--max-redirects', '0'],
  flight: ['tls'],
};

/** Prints the comparison with the binary at `zgrab2`. */
export async function benchAgainstZgrab2(print: (line: string) => void, zgrab2: string): Promise<void> {
  const ours = startClients();
  try {
    await compareSilence(print, zgrab2, ours);
    for (const way of ['probe', 'flight'] as const)
      for (const width of WIDTHS) await compareAnswers(print, zgrab2, ours, { way, width });
  } finally {
    for (const child of ours) child.disconnect();
  }
}

async function compareAnswers(
  print: (line: string) => void,
  zgrab2: string,
  clients: readonly ChildProcess[],
  { way, width }: { way: Way; width: number },
): Promise<void> {
  const { child, port } = await startServer('answering-server.ts', await issueCertificate({ key: 'ec' }));
  const took: Record<'one' | 'all' | 'zgrab2', Took[]> = { one: [], all: [], zgrab2: [] };
  const task = { way, port, atOnce: width, patienceMs: PATIENCE_MS, outcome: null };
  const lines = inputOf(HOSTS);
  const theirs = () => runProgram(zgrab2, zgrab2Arguments(way, { port, senders: width, seconds: 15 }), lines);
  await share(clients, 1, HOSTS, task);
  await share(clients, clients.length, HOSTS, task);
  await interleave(ROUNDS, [
    async () => took.one.push(await share(clients, 1, HOSTS, task)),
    async () => took.all.push(await share(clients, clients.length, HOSTS, task)),
    async () => {
      const run = await theirs();
      succeeded(run.stderr, HOSTS);
      took.zgrab2.push(run);
    },
  ]);
  await end(child);
  const cpu = (runs: readonly Took[]) => median(runs.map(({ cpuUs }) => cpuUs / HOSTS));
  const wall = (runs: readonly Took[]) => median(runs.map(({ wallMs }) => wallMs)) / 1000;
  const ratio = cpu(took.one) / cpu(took.zgrab2);
  print(
    `${way === 'probe' ? 'full probe' : 'first flight'}, ${width} at once, ${HOSTS} hosts: ${cpu(took.one).toFixed(0)} us CPU per host; zgrab2 ${MODULES[way][0]} ${cpu(took.zgrab2).toFixed(0)} us; ` +
      `ratio ${ratio.toFixed(2)} (goal <= ${ZGRAB2_GOALS[way]}: ${ratio <= ZGRAB2_GOALS[way] ? 'met' : 'missed'}); wall ${wall(took.one).toFixed(2)} s in one process, ` +
      `${wall(took.all).toFixed(2)} s in ${clients.length}, zgrab2 ${wall(took.zgrab2).toFixed(2)} s; resident at most ${resident(took.one)}, zgrab2 ${resident(took.zgrab2)}; medians of ${ROUNDS} rounds`,
  );
}

async function compareSilence(
  print: (line: string) => void,
  zgrab2: string,
  clients: readonly ChildProcess[],
): Promise<void> {
  const hosts = hostsAtOnce(SILENT_HOSTS);
  const silent = { atOnce: hosts, patienceMs: SILENCE_S * 1000, outcome: 'tls_timeout' } as const;
  const flight = await withSilence((port) => share(clients, 1, hosts, { ...silent, port, way: 'flight' }));
  const probe = await withSilence((port) => share(clients.slice(1), 1, hosts, { ...silent, port, way: 'probe' }));
  const theirs = await withSilence((port) =>
    runProgram(zgrab2, zgrab2Arguments('probe', { port, senders: hosts, seconds: SILENCE_S }), inputOf(hosts)),
  );
  print(
    `${hosts} silent hosts at once: the process holds ${resident([flight])} with first flights, ${resident([probe])} with full probes; zgrab2 http ${resident([theirs])}; ` +
      `ratio ${(flight.rss / theirs.rss).toFixed(2)} and ${(probe.rss / theirs.rss).toFixed(2)}`,
  );
}

/** A server for each run: one that still closes the sockets of the last run has no descriptors for the next. */
async function withSilence<T>(run: (port: number) => Promise<T>): Promise<T> {
  const { child, port } = await startServer('silent-server.ts', null);
  try {
    return await run(port);
  } finally {
    await end(child);
  }
}

const inputOf = (hosts: number): string =>
  `${Array.from({ length: hosts }, (_, index) => hostAddress(index)).join('\n')}\n`;

function zgrab2Arguments(
  way: Way,
  { port, senders, seconds }: { port: number; senders: number; seconds: number },
): string[] {
  const general = [
    `--senders=${senders}`,
    '--blocklist-file=/dev/null',
    '--output-file=/dev/null',
    '--metadata-file=-',
    '--log-file=/dev/null',
    '--status-updates-file=/dev/null',
  ];
  const times = [`--connect-timeout=${seconds}s`, `--target-timeout=${seconds}s`];
  const [module, ...options] = MODULES[way];
  return [module ?? '', ...general, `--port=${port}`, ...times, ...options];
}

/** Throws unless zgrab2's own count says that every host answered: a probe that failed is cheaper than one that did not. */
function succeeded(metadata: string, hosts: number): void {
  const count = Number(/"successes":(\d+)/.exec(metadata)?.[1] ?? 0);
  if (count !== hosts) throw new Error(`zgrab2 counted ${count} successes of ${hosts}: ${metadata.slice(0, 300)}`);
}

/** Divides hosts among `workers` of our processes; CPU and memory are added up, wall time is that of the slowest. */
async function share(
  clients: readonly ChildProcess[],
  workers: number,
  hosts: number,
  task: Omit<ClientTask, 'first' | 'count'>,
): Promise<Took> {
  const each = Math.ceil(hosts / workers);
  const took = await Promise.all(
    clients.slice(0, workers).map(async (client, index) => {
      const count = Math.min(each, hosts - index * each);
      client.send({
        ...task,
        first: index * each,
        count,
        atOnce: Math.ceil(task.atOnce / workers),
      } satisfies ClientTask);
      const answer = await answerOf(client);
      return answer;
    }),
  );
  const others = took.reduce((sum, one) => sum + one.others, 0);
  if (others > hosts * LATE_SHARE) throw new Error(`${others} of ${hosts} probes did not end as they should.`);
  return {
    cpuUs: took.reduce((sum, { cpuUs }) => sum + cpuUs, 0),
    wallMs: Math.max(...took.map(({ wallMs }) => wallMs)),
    rss: took.reduce((sum, { rss }) => sum + rss, 0),
  };
}

async function answerOf(client: ChildProcess): Promise<ClientTook> {
  const over = new AbortController();
  const failed = once(client, 'exit', { signal: over.signal }).then(([code]) => {
    throw new Error(`A process of the benchmark ended with ${code}.`);
  });
  const answered = once(client, 'message', { signal: over.signal });
  try {
    const [answer] = await Promise.race([answered, failed]);
    return answer as ClientTook;
  } finally {
    over.abort();
    await Promise.allSettled([answered, failed]);
  }
}

const startClients = (): readonly ChildProcess[] =>
  Array.from({ length: WORKERS }, () => fork(new URL('./probe-client.ts', import.meta.url), { execArgv: [] }));

async function startServer(file: string, pair: { key: string; cert: string } | null) {
  const child = fork(new URL(`./${file}`, import.meta.url), { execArgv: [] });
  if (pair !== null) child.send({ key: pair.key, cert: pair.cert, everywhere: true });
  const [port] = await once(child, 'message');
  return { child, port: Number(port) };
}

async function end(child: ChildProcess): Promise<void> {
  child.disconnect();
  await once(child, 'exit');
}

const resident = (runs: readonly Took[]): string => megabytes(median(runs.map(({ rss }) => rss)));
