// Traces by OTLP over HTTP in JSON (opentelemetry-proto 1.x, trace/v1): what the pipeline did and for how long, sent in batches, never in anybody's way.
import { AsyncLocalStorage } from 'node:async_hooks';
import { createHash, randomBytes } from 'node:crypto';
import type { Clock } from './clock.ts';
import { KubecensusError } from './errors.ts';
import type { Log } from './log.ts';
import type { HttpClient } from './net/client.ts';

/** The spans there are. Names say what kind of work it is and never about whom. */
export const SPANS = ['feed', 'plan', 'chunk', 'batch', 'rollup'] as const;
export type SpanName = (typeof SPANS)[number];

/** All that a span may say: closed, so that no address, host or message of an error finds its way into somebody else's store. */
export interface SpanFacts {
  readonly feed?: string;
  readonly survey?: string;
  readonly vantage?: string;
  readonly chunk?: number;
  readonly rows?: number;
}

export interface SpanPlace {
  /** What the trace is about: equal texts are one trace, whichever process writes it. Absent: that of the span around, else one of its own. */
  readonly trace?: string;
  /** The span that this one is below, by name, in the same trace; it has the id that `isRoot` gave it. Absent: the span around. */
  readonly below?: SpanName;
  /** One of its name in its trace, with an id that others know. */
  readonly isRoot?: true;
}

export interface Tracer {
  /** Runs work as a span. Its failure is the work's, with its code; nothing of tracing ever fails. */
  span<T>(name: SpanName, place: SpanPlace, facts: SpanFacts, work: () => Promise<T>): Promise<T>;
  /** Notes a span that has ended, below the one around; `ms` is how long it took. */
  note(name: SpanName, ms: number, facts: SpanFacts): void;
  /** Sends what is left, for a short time. */
  close(): Promise<void>;
}

export interface TracerOptions {
  /** Where an OTLP collector listens; /v1/traces is added. null: nothing is traced. */
  readonly endpoint: string | null;
  /** Fields of every request, as name=value separated by commas, values percent-encoded. */
  readonly headers: string | null;
  readonly version: string;
  readonly http: HttpClient;
  readonly now: Clock;
  readonly log: Log;
}

const PATH = '/v1/traces';
const EVERY_MS = 5_000;
const CLOSE_MS = 2_000;
const SEND_MS = 10_000;
/** Spans that wait at most, a minute of a busy worker: a collector that is away costs no more memory than that. */
const WAITING = 2_000;
const REPLY_BYTES = 64 * 1024;
const COMPLAIN_MS = 60_000;
const STATUS = { unset: 0, error: 2 } as const;
const KIND_INTERNAL = 1;

interface Around {
  readonly traceId: string;
  readonly spanId: string;
}

export function createTracer(options: TracerOptions): Tracer {
  if (options.endpoint === null)
    return { span: (_name, _place, _facts, work) => work(), note: () => {}, close: async () => {} };
  return new OtlpTracer(options, `${options.endpoint.replace(/\/+$/, '')}${PATH}`);
}

const idOf = (text: string, bytes: number): string =>
  createHash('sha256')
    .update(text)
    .digest('hex')
    .slice(0, bytes * 2);
const traceIdOf = (trace: string): string => idOf(`trace ${trace}`, 16);
const rootIdOf = (trace: string, name: SpanName): string => idOf(`span ${name} ${trace}`, 8);
const nanos = (ms: number): string => (BigInt(Math.round(ms * 1000)) * 1000n).toString();

class OtlpTracer implements Tracer {
  readonly #options: TracerOptions;
  readonly #url: string;
  readonly #around = new AsyncLocalStorage<Around>();
  readonly #timer: NodeJS.Timeout;
  #waiting: object[] = [];
  #dropped = 0;
  #complainedAt = Number.NEGATIVE_INFINITY;
  #sending: Promise<void> = Promise.resolve();

  constructor(options: TracerOptions, url: string) {
    this.#options = options;
    this.#url = url;
    this.#timer = setInterval(() => void this.#flush(SEND_MS), EVERY_MS).unref();
  }

  async span<T>(name: SpanName, place: SpanPlace, facts: SpanFacts, work: () => Promise<T>): Promise<T> {
    const around = this.#around.getStore();
    const { trace, below, isRoot } = place;
    const traceId = trace === undefined ? (around?.traceId ?? randomBytes(16).toString('hex')) : traceIdOf(trace);
    const spanId = isRoot === true && trace !== undefined ? rootIdOf(trace, name) : randomBytes(8).toString('hex');
    const parent =
      below !== undefined && trace !== undefined
        ? rootIdOf(trace, below)
        : trace === undefined
          ? around?.spanId
          : undefined;
    const startedAt = this.#options.now().getTime();
    const end = (status: object): void =>
      this.#add(
        { traceId, spanId, parentSpanId: parent ?? '', name },
        startedAt,
        this.#options.now().getTime(),
        facts,
        status,
      );
    try {
      const result = await this.#around.run({ traceId, spanId }, work);
      end({ code: STATUS.unset });
      return result;
    } catch (error) {
      end({ code: STATUS.error, message: error instanceof KubecensusError ? error.code : 'KC_INTERNAL' });
      throw error;
    }
  }

  note(name: SpanName, ms: number, facts: SpanFacts): void {
    const around = this.#around.getStore();
    if (around === undefined) return;
    const endedAt = this.#options.now().getTime();
    const ids = { traceId: around.traceId, spanId: randomBytes(8).toString('hex'), parentSpanId: around.spanId, name };
    this.#add(ids, endedAt - ms, endedAt, facts, { code: STATUS.unset });
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#flush(CLOSE_MS);
  }

  #add(ids: object, startedAt: number, endedAt: number, facts: SpanFacts, status: object): void {
    if (this.#waiting.length >= WAITING) {
      this.#dropped++;
      return;
    }
    const attributes = Object.entries(facts).map(([key, value]: [string, string | number]) => ({
      key: `kubecensus.${key}`,
      value: typeof value === 'number' ? { intValue: String(value) } : { stringValue: value },
    }));
    const times = { startTimeUnixNano: nanos(startedAt), endTimeUnixNano: nanos(endedAt) };
    this.#waiting.push({ ...ids, kind: KIND_INTERNAL, ...times, attributes, status });
  }

  #flush(ms: number): Promise<void> {
    this.#sending = this.#sending.then(() => this.#send(ms));
    return this.#sending;
  }

  async #send(ms: number): Promise<void> {
    const spans = this.#waiting.splice(0);
    if (spans.length === 0) return;
    const { http, headers, version } = this.#options;
    const attributes = Object.entries({ 'service.name': 'kubecensus', 'service.version': version }).map(
      ([key, value]) => ({
        key,
        value: { stringValue: value },
      }),
    );
    const body = {
      resourceSpans: [{ resource: { attributes }, scopeSpans: [{ scope: { name: 'kubecensus', version }, spans }] }],
    };
    try {
      const { status } = await http({
        url: this.#url,
        method: 'POST',
        headers: { ...fieldsOf(headers), 'content-type': 'application/json' },
        body: JSON.stringify(body),
        maxBytes: REPLY_BYTES,
        signal: AbortSignal.timeout(ms),
      });
      if (status >= 300) this.#lost(spans.length, `HTTP ${status}`);
    } catch (error) {
      this.#lost(spans.length, (error as Error).message);
    }
  }

  #lost(spans: number, why: string): void {
    this.#dropped += spans;
    const at = this.#options.now().getTime();
    if (at - this.#complainedAt < COMPLAIN_MS) return;
    this.#complainedAt = at;
    this.#options.log.warn({ why, spans: this.#dropped }, 'traces were not taken and are lost');
    this.#dropped = 0;
  }
}

function fieldsOf(text: string | null): Record<string, string> {
  const pairs = (text ?? '').split(',').flatMap((pair) => {
    const at = pair.indexOf('=');
    return at < 1 ? [] : [[pair.slice(0, at).trim().toLowerCase(), decodeURIComponent(pair.slice(at + 1).trim())]];
  });
  return Object.fromEntries(pairs);
}
