// What a survey of 100 million candidates over 50 probers takes of each stage, reckoned from what one machine of two processors did. A test holds the figures to docs/performance.md.
import { CHUNK_SIZE } from '../services/surveys/chunk.ts';

/** A figure of docs/performance.md: its value, and the words in which it stands there. */
interface Measured {
  readonly value: number;
  readonly quote: string;
}

export const MEASURED = {
  /** Endpoints planned per second by the one process that plans a survey. */
  plan: { value: 1_500_000 / 85, quote: '1,500,000 candidates planned in 85 s' },
  /** Observations committed per second by one server, with endpoint states, certificates and versions. */
  commit: { value: 19_181, quote: '19,181 rows/s' },
  /** Endpoints counted by all kept sets, summed up and judged per second by the one process that counts a survey. */
  count: { value: 1_500_000 / 91, quote: 'counted in 91 s' },
  /** Microseconds of CPU of a full probe, and of its verdict. */
  probe: { value: 606, quote: '606 µs CPU per probe' },
  judge: { value: 23.4, quote: '23.4 µs CPU per verdict line' },
  /** Kilobytes that a host which says nothing holds until its deadline. */
  silent: { value: 60, quote: '60 KB each' },
  /** Bytes of one observation with its share of indexes, certificates and versions. */
  bytes: { value: 42_620_335_807 / 49_999_980, quote: '49,999,980 observations of 52 surveys, 42.6 GB' },
  /** Rows per second of an export. */
  csv: { value: 110_209, quote: '110,209 rows/s' },
  /** Queue jobs per second, where this was tried. */
  postgresQueue: { value: 900, quote: '900 jobs/s on Postgres' },
  redisQueue: { value: 8_400, quote: '8,400 on Redis' },
} as const satisfies Record<string, Measured>;

/** The survey that is reckoned: every prober at the default pace, three in four hosts silent to the deadline of a probe. */
const WORLD = { candidates: 100e6, probers: 50, perSecond: 60, silentShare: 0.75, deadlineS: 15 } as const;

/** One stage: what it is asked for while the probers go on, what was measured, and how long it takes for all candidates. */
interface Stage {
  readonly stage: string;
  readonly where: string;
  readonly load: string;
  readonly measured: string;
  readonly takes: string;
}

const HOUR = 3600;
const hours = (seconds: number): string => `${(seconds / HOUR).toFixed(1)} h`;
const share = (part: number): string => `${(part * 100).toFixed(part < 0.1 ? 1 : 0)} %`;
const grouped = (value: number): string => Math.round(value).toLocaleString('en-US');

/** Seconds that probing takes at the pace. */
const probingSeconds = (): number => WORLD.candidates / (WORLD.probers * WORLD.perSecond);

export function stages(): readonly Stage[] {
  const { candidates, probers, perSecond, silentShare, deadlineS } = WORLD;
  const rate = probers * perSecond;
  const inFlight = perSecond * (silentShare * deadlineS + (1 - silentShare));
  const jobs = rate / CHUNK_SIZE;
  const cpu = (perSecond * (MEASURED.probe.value + MEASURED.judge.value)) / 1e6;
  return [
    {
      stage: 'plan',
      where: 'one process',
      load: `${grouped(candidates)} candidates before the first probe`,
      measured: `${grouped(MEASURED.plan.value)} per second`,
      takes: hours(candidates / MEASURED.plan.value),
    },
    {
      stage: 'probe',
      where: `${probers} probers`,
      load: `${perSecond} connections a second each`,
      measured: `${grouped(MEASURED.probe.value)} µs of CPU: ${share(cpu)} of one processor of each; ${grouped(inFlight)} in flight hold ${grouped((inFlight * MEASURED.silent.value) / 1000)} MB`,
      takes: hours(probingSeconds()),
    },
    {
      stage: 'queue',
      where: 'Postgres or Redis',
      load: `${jobs.toFixed(1)} chunks a second`,
      measured: `${grouped(MEASURED.postgresQueue.value)} and ${grouped(MEASURED.redisQueue.value)} jobs a second: ${share(jobs / MEASURED.postgresQueue.value)} and ${share(jobs / MEASURED.redisQueue.value)}`,
      takes: 'beside the probing',
    },
    {
      stage: 'commit',
      where: 'the database server',
      load: `${grouped(rate)} observations a second`,
      measured: `${grouped(MEASURED.commit.value)} a second: ${share(rate / MEASURED.commit.value)}`,
      takes: 'beside the probing',
    },
    {
      stage: 'count',
      where: 'one process and the server',
      load: `${grouped(candidates)} observations after the last`,
      measured: `${grouped(MEASURED.count.value)} per second`,
      takes: hours(candidates / MEASURED.count.value),
    },
    {
      stage: 'store',
      where: 'the database server',
      load: `${grouped(candidates)} observations a survey`,
      measured: `${grouped(MEASURED.bytes.value)} bytes each with indexes`,
      takes: `${grouped((candidates * MEASURED.bytes.value) / 1e9)} GB a survey, ${((52 * candidates * MEASURED.bytes.value) / 1e12).toFixed(1)} TB a year of weeks`,
    },
    {
      stage: 'export',
      where: 'one process and the server',
      load: `${grouped(candidates)} rows`,
      measured: `${grouped(MEASURED.csv.value)} CSV rows per second`,
      takes: hours(candidates / MEASURED.csv.value),
    },
  ];
}
