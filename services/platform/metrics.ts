// Metrics for Prometheus: what there is, as data that documents, dashboards and alerts are tested against, and the registry of one process.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

export const PREFIX = 'kubecensus_';

interface Definition {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  /** Words of closed or configured sets only: no address, name, AS number or certificate is ever a label. */
  readonly labels: readonly string[];
  /** Read from Postgres and the queue for the whole installation, by processes with the role scheduler; else of this process. */
  readonly state?: true;
  readonly buckets?: readonly number[];
}

/** From a fast answer nearby to the deadline of a probe, 15 s. */
const PROBE_SECONDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15];
const BATCH_SECONDS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
/** A chunk has about 500 targets, one that was cut fewer. */
const BATCH_ROWS = [1, 10, 50, 100, 250, 500, 1000];

/** Every metric of ours by its name without the prefix. docs/metrics.md is generated from this table. */
export const METRICS = {
  probe_attempts_total: {
    type: 'counter',
    labels: ['outcome', 'phase', 'vantage'],
    help: 'Connections made, by how they ended on the wire (answered, or an outcome of docs/method.md) and in which phase.',
  },
  probe_duration_seconds: {
    type: 'histogram',
    labels: ['phase'],
    buckets: PROBE_SECONDS,
    help: 'Time of a connection in its phases: connect, tls, http, total.',
  },
  probe_inflight: { type: 'gauge', labels: [], help: 'Connections open now.' },
  probe_waiting: { type: 'gauge', labels: [], help: 'Targets whose turn has not come: pace holds them back.' },
  probe_bytes_received_total: { type: 'counter', labels: [], help: 'Bytes that probed hosts sent.' },
  policy_denied_total: {
    type: 'counter',
    labels: ['reason'],
    help: 'Times that policy refused an address: on its way in, when a survey was planned, before a dial and on the connected socket.',
  },
  optout_entries: { type: 'gauge', labels: [], help: 'Opt-outs in force, as read last.' },
  optout_refresh_timestamp_seconds: { type: 'gauge', labels: [], help: 'When the opt-outs were read last.' },
  feed_runs_total: {
    type: 'counter',
    labels: ['feed', 'result'],
    help: 'Runs of feeds by how they ended; files are the feed import.',
  },
  feed_records_total: {
    type: 'counter',
    labels: ['feed', 'result'],
    help: 'Rows of feeds: accepted, duplicate, rejected, held.',
  },
  db_batch_rows: { type: 'histogram', labels: [], buckets: BATCH_ROWS, help: 'Observations committed at once.' },
  db_batch_seconds: {
    type: 'histogram',
    labels: [],
    buckets: BATCH_SECONDS,
    help: 'Time to commit them, retries included.',
  },
  queue_stuck: {
    type: 'gauge',
    labels: ['queue'],
    help: '1 while this worker does not get on with jobs of the queue though there are some.',
  },
  queue_reopened_total: {
    type: 'counter',
    labels: ['queue'],
    help: 'Times that this worker made its connection to the queue anew because it did not get on.',
  },
  eventloop_lag_seconds: {
    type: 'gauge',
    labels: [],
    help: 'The 99th percentile of the delay of the event loop since the last reading.',
  },
  build_info: { type: 'gauge', labels: ['version', 'commit', 'node'], help: 'Always 1: which code runs.' },
  state_up: {
    type: 'gauge',
    labels: [],
    help: 'Whether the state of the installation could be read for this answer; if 0, its metrics are left out.',
  },
  targets_due: { type: 'gauge', labels: [], state: true, help: 'Targets of running surveys that are not committed.' },
  survey_progress_ratio: {
    type: 'gauge',
    labels: [],
    state: true,
    help: 'Committed share of the targets of running surveys; 1 while none runs.',
  },
  survey_last_complete_timestamp_seconds: {
    type: 'gauge',
    labels: [],
    state: true,
    help: 'When a survey was last completed; 0 for never.',
  },
  feed_last_success_timestamp_seconds: {
    type: 'gauge',
    labels: ['feed'],
    state: true,
    help: 'When a declared feed was last pulled whole; 0 for never.',
  },
  queue_jobs: {
    type: 'gauge',
    labels: ['queue', 'state'],
    state: true,
    help: 'Jobs of the queue: waiting, active, delayed.',
  },
  queue_oldest_waiting_seconds: {
    type: 'gauge',
    labels: ['queue'],
    state: true,
    help: 'How long the oldest waiting job has waited; 0 when none waits.',
  },
  db_partition_ahead_days: {
    type: 'gauge',
    labels: [],
    state: true,
    help: 'Days behind today that have a partition for observations; -1 when today has none.',
  },
  db_default_partition_rows: {
    type: 'gauge',
    labels: [],
    state: true,
    help: 'Observations outside every partition of a day: should be 0.',
  },
  report_deliveries: {
    type: 'gauge',
    labels: ['channel', 'state'],
    state: true,
    help: 'Deliveries of stored reports: waiting, delivered, stopped.',
  },
  vantage_workers: {
    type: 'gauge',
    labels: ['vantage'],
    state: true,
    help: 'Workers that live, of every vantage that has some or that a running survey demands.',
  },
  vantage_chunks_open: {
    type: 'gauge',
    labels: ['vantage'],
    state: true,
    help: 'Chunks of running surveys that the vantage has still to visit. With no worker of the vantage they wait.',
  },
  workers_wanted: {
    type: 'gauge',
    labels: ['vantage'],
    state: true,
    help: 'Workers that would end the open chunks in what is left of survey.hours, by the length of the last 50 chunks: what autoscalers read.',
  },
  paused: { type: 'gauge', labels: [], state: true, help: '1 while the kill switch stops new connections.' },
  complaints_open: { type: 'gauge', labels: [], state: true, help: 'Complaints that nobody answered.' },
  complaint_oldest_seconds: {
    type: 'gauge',
    labels: [],
    state: true,
    help: 'How long the oldest complaint that nobody answered has waited; 0 when there is none.',
  },
  paused_by_itself: {
    type: 'gauge',
    labels: [],
    state: true,
    help: '1 while it does so because kubecensus paused itself: too much was lost at once.',
  },
  scopes_left_alone: {
    type: 'gauge',
    labels: [],
    state: true,
    help: 'Networks and AS that began to refuse us and are left alone for the rest of a running survey, or were in the newest counted one.',
  },
  chunks_given_up: {
    type: 'gauge',
    labels: [],
    state: true,
    help: 'Chunks that ended their process or failed at three starts, and are begun no more until they are released.',
  },
  headline_jumped: {
    type: 'gauge',
    labels: [],
    state: true,
    help: '1 while a headline of the newest counted survey differs by more than a fifth from the survey before that was made alike.',
  },
} as const satisfies Record<string, Definition>;

export type MetricName = keyof typeof METRICS;
type Labels = Readonly<Record<string, string>>;

export interface Metrics {
  add(name: MetricName, value: number, labels?: Labels): void;
  set(name: MetricName, value: number, labels?: Labels): void;
  observe(name: MetricName, value: number, labels?: Labels): void;
  /** Reads something just before an answer: gauges of this process. A rejection is left to the reader. */
  onRead(read: () => unknown): void;
  /** Reads the state of the installation just before an answer; all its metrics are set anew. When it rejects, they are left out. */
  onState(read: () => Promise<void>): void;
  /** All of it in Prometheus' text format. */
  text(): Promise<string>;
  readonly contentType: string;
  /** Ends the measuring of the event loop. */
  close(): void;
}

const NANOSECONDS = 1e9;

export function createMetrics(build: { readonly version: string; readonly commit: string | null }): Metrics {
  const own = new Registry();
  const state = new Registry();
  collectDefaultMetrics({ register: own });
  const made = new Map(
    (Object.entries(METRICS) as [MetricName, Definition][]).map(([name, definition]) => [
      name,
      make(PREFIX + name, definition, definition.state === true ? state : own),
    ]),
  );
  const delay = monitorEventLoopDelay();
  delay.enable();
  const readers: (() => unknown)[] = [];
  let readState: (() => Promise<void>) | null = null;
  const metrics: Metrics = {
    add: (name, value, labels = {}) => (made.get(name) as Counter).inc(labels, value),
    set: (name, value, labels = {}) => (made.get(name) as Gauge).set(labels, value),
    observe: (name, value, labels = {}) => (made.get(name) as Histogram).observe(labels, value),
    onRead: (read) => void readers.push(read),
    onState: (read) => {
      readState = read;
    },
    async text() {
      for (const read of readers) await Promise.resolve(read()).catch(() => undefined);
      // Without a sample the percentile is not a number.
      metrics.set('eventloop_lag_seconds', (delay.percentile(99) || 0) / NANOSECONDS);
      delay.reset();
      state.resetMetrics();
      const isUp =
        readState !== null &&
        (await readState().then(
          () => true,
          () => false,
        ));
      metrics.set('state_up', isUp ? 1 : 0);
      return isUp ? `${await own.metrics()}${await state.metrics()}` : own.metrics();
    },
    contentType: own.contentType,
    close: () => {
      delay.disable();
      own.clear();
      state.clear();
    },
  };
  metrics.set('build_info', 1, { version: build.version, commit: build.commit ?? '', node: process.version });
  return metrics;
}

function make(
  name: string,
  { type, help, labels, buckets }: Definition,
  register: Registry,
): Counter | Gauge | Histogram {
  const common = { name, help, labelNames: [...labels], registers: [register] };
  switch (type) {
    case 'counter':
      return new Counter(common);
    case 'gauge':
      return new Gauge(common);
    case 'histogram':
      return new Histogram({ ...common, buckets: [...(buckets ?? [])] });
  }
}
