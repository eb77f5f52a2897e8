// A certstream WebSocket: names as logs publish them. What is missed is gone, so the feed counts what it could not take.
import { KubecensusError } from '../../platform/errors.ts';
import type { Sleep } from '../engine-answer.ts';
import type { Feed, FeedItem, RunNote } from '../feed.ts';
import { redact } from '../redact.ts';
import type { OpenSocket, SocketOpener } from '../web-socket.ts';
import { readCertstreamMessage } from './certstream-message.ts';
import { SearchedNames } from './domains.ts';
import { MessageQueue } from './message-queue.ts';

export interface CertstreamFeedOptions {
  readonly name: string;
  /** ws: or wss: */
  readonly url: string;
  /** How long one run listens. */
  readonly seconds: number;
  /** Messages kept while the database is busy. */
  readonly queue: number;
  /** Also names that no pattern picks out. */
  readonly all: boolean;
  readonly port: number | null;
  readonly openSocket: SocketOpener;
  readonly sleep: Sleep;
  /** Milliseconds without a message after which a connection is dead. Servers send heartbeats every half minute. */
  readonly silenceMs?: number;
}

const SILENCE_MS = 75_000;
/** Some servers close a connection that has not pinged for a minute. */
const PING_MS = 25_000;
/** Pauses between connections: doubled from one to the other while nothing comes. */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;
/** Messages between two checkpoints: a second of a busy stream. */
const MESSAGES_PER_CHECKPOINT = 2_000;
/** Characters of a message. Full ones have five thousand, and a certificate of 512 names some twenty; longer ones would fill the queue's memory. */
const MAX_MESSAGE = 1024 * 1024;
const MAX_TIME = 8.64e15;
const EXCERPT = 200;

export function createCertstreamFeed(options: CertstreamFeedOptions): Feed {
  if (!/^wss?:$/.test(URL.parse(options.url)?.protocol ?? ''))
    throw new KubecensusError('KC_CONFIG', `feeds.${options.name}: url should be a ws or wss address.`);
  return {
    name: options.name,
    kind: 'sightings',
    title: 'certstream WebSocket',
    terms: 'Those of whoever runs the server; public ones drop messages for clients that are slow.',
    upstreams: ['Certificate Transparency logs'],
    cost: 'free',
    query: redact(options.url),
    pull: (_since, signal) => listen(options, signal),
  };
}

/** There is no place to go on from: a run hears what is said while it listens. */
async function* listen(options: CertstreamFeedOptions, signal: AbortSignal): AsyncGenerator<FeedItem, void, void> {
  const queue = new MessageQueue(options.queue);
  const names = new SearchedNames(options.all);
  const over = new AbortController();
  const ended = AbortSignal.any([signal, over.signal]);
  ended.addEventListener('abort', () => queue.wake());
  const line = new Line(options, queue, ended);
  const deadline = options.sleep(options.seconds * 1000, ended).then(
    () => over.abort(),
    () => undefined,
  );
  const connected = line.keep();
  let [messages, unsaved, unknown] = [0, 0, 0];
  const note = (): RunNote => ({
    type: 'note',
    entries: messages,
    skipped: { ...names.skipped(), dropped: queue.dropped, too_long: line.tooLong, unknown_message: unknown },
    ...partialReason(line, queue.dropped),
  });
  const itemsOf = function* (text: string): Generator<FeedItem, void, void> {
    const message = readCertstreamMessage(text);
    if (message.kind === 'heartbeat') return;
    messages++;
    if (message.kind === 'unknown') {
      unknown++;
      yield {
        type: 'rejection',
        reason: 'unknown_message',
        at: `message ${messages}`,
        excerpt: text.slice(0, EXCERPT),
      };
      return;
    }
    const { seen, at } = message;
    const observedAt = seen !== null && seen >= 0 && seen <= MAX_TIME ? new Date(seen).toISOString() : null;
    for (const host of names.select(message.names))
      yield { type: 'sighting', host, port: options.port, observedAt, at };
  };
  try {
    for (;;) {
      await queue.arrival(ended);
      for (const text of queue.take()) {
        if (signal.aborted) return;
        yield* itemsOf(text);
        if (++unsaved < MESSAGES_PER_CHECKPOINT) continue;
        unsaved = 0;
        yield note();
        yield { type: 'checkpoint', cursor: { messages } };
      }
      // What had arrived when the time was up has been read above.
      if (ended.aborted) break;
    }
    if (signal.aborted) return;
    if (line.opened === 0)
      throw new KubecensusError('KC_FEED_UNAVAILABLE', `${redact(options.url)}: ${line.lastEnd ?? 'no connection'}.`);
    yield note();
    yield { type: 'checkpoint', cursor: { messages } };
  } finally {
    over.abort();
    await Promise.all([deadline, connected]);
  }
}

function partialReason(line: Line, dropped: number): Partial<RunNote> {
  const reasons = [
    ...(dropped > 0 ? [`${dropped} messages came faster than they could be read and were dropped`] : []),
    ...(line.lost > 0
      ? [`the connection was lost ${line.lost} times (${line.lastEnd}), and what was said meanwhile`]
      : []),
  ];
  return reasons.length === 0 ? {} : { partial: reasons.join('; ') };
}

/** Keeps one connection after the other until it is told to end. */
class Line {
  /** Connections that were opened. */
  opened = 0;
  /** Those that ended before they should. */
  lost = 0;
  lastEnd: string | null = null;
  /** Messages that no certificate needs. */
  tooLong = 0;
  readonly #options: CertstreamFeedOptions;
  readonly #queue: MessageQueue;
  readonly #ended: AbortSignal;

  constructor(options: CertstreamFeedOptions, queue: MessageQueue, ended: AbortSignal) {
    this.#options = options;
    this.#queue = queue;
    this.#ended = ended;
  }

  /** Never rejects. */
  async keep(): Promise<void> {
    let pause = FIRST_PAUSE_MS;
    while (!this.#ended.aborted) {
      const heard = await this.#connect();
      if (this.#ended.aborted) return;
      if (heard > 0) pause = FIRST_PAUSE_MS;
      await this.#options.sleep(pause, this.#ended).catch(() => undefined);
      pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
    }
  }

  /** One connection from its beginning to its end. Gives the number of messages. */
  #connect(): Promise<number> {
    return new Promise((resolve) => {
      const silenceMs = this.#options.silenceMs ?? SILENCE_MS;
      let heard = 0;
      let quietSince = heard;
      let open = false;
      let silent = false;
      const socket: OpenSocket = this.#options.openSocket(this.#options.url, {
        open: () => {
          open = true;
          this.opened++;
        },
        message: (text) => {
          heard++;
          if (text.length > MAX_MESSAGE) this.tooLong++;
          else this.#queue.push(text);
        },
        end: (reason) => finish(silent ? `no message for ${silenceMs} ms` : reason),
      });
      // The watchdog looks once in a while whether anything came: a timer for each message would cost more than the message.
      const watchdog = setInterval(() => {
        if (heard === quietSince) {
          silent = true;
          socket.close();
        }
        quietSince = heard;
      }, silenceMs);
      const pinger = setInterval(() => socket.ping(), PING_MS);
      const stop = (): void => socket.close();
      const finish = (reason: string): void => {
        clearInterval(watchdog);
        clearInterval(pinger);
        this.#ended.removeEventListener('abort', stop);
        if (!this.#ended.aborted) {
          this.lastEnd = reason;
          if (open) this.lost++;
        }
        resolve(heard);
      };
      if (this.#ended.aborted) stop();
      else this.#ended.addEventListener('abort', stop, { once: true });
    });
  }
}
