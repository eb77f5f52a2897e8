// Follows every log of a log list file in turn, each with a position of its own; a log that fails leaves the others alone.
import { readFile } from 'node:fs/promises';
import { KubecensusError } from '../../platform/errors.ts';
import type { Feed, FeedItem, RunNote } from '../feed.ts';
import { member, recordOf, textOf } from '../json.ts';
import { DEFAULT_MAX_ENTRIES } from './default-budget.ts';
import { requireContact } from './known-reader.ts';
import { type ListedLog, LOG_STATES, readLogList } from './log-list.ts';
import { verifyLogList } from './log-list-signature.ts';
import type { Rfc6962FeedOptions } from './rfc6962.feed.ts';
import { createRfc6962Feed } from './rfc6962.feed.ts';
import { createStaticCtFeed } from './static-log.feed.ts';

export interface LogListFeedOptions extends Omit<Rfc6962FeedOptions, 'url' | 'publicKeyDer' | 'requestsPerSecond'> {
  /** A log list of version 3 on disk. It is read anew at every pull. */
  readonly path: string;
  /** The publisher's public key on disk; null: the list is taken as it is, and the query says so. */
  readonly listKey?: string | null;
  /** The detached signature on disk; null: beside the list, under its name with .sig in place of .json. */
  readonly signature?: string | null;
  /** Requests a second to each log, by protocol; absent: as fast as replies come. */
  readonly requestsPerSecond?: Readonly<Record<ListedLog['protocol'], number>>;
  /** States of logs that are followed. */
  readonly states: readonly string[];
}

/** Read-only logs still hold certificates that are valid. */
export const FOLLOWED_STATES = ['qualified', 'usable', 'readonly'] as const;
/** The complete list of all logs ever has 300 kB. */
const MAX_LIST_BYTES = 16 * 1024 * 1024;
/** Characters of the reason why a run is partial: enough for every log to be named. */
const MAX_REASON = 4000;

/** Throws KC_CONFIG when `states` names no state of the schema. `maxEntries` holds for each log. */
export function createLogListFeed(options: LogListFeedOptions): Feed {
  const known: readonly string[] = LOG_STATES;
  const wrong = options.states.filter((state) => !known.includes(state));
  if (wrong.length > 0 || options.states.length === 0)
    throw new KubecensusError('KC_CONFIG', `feeds.${options.name}: states should be some of ${known.join(', ')}.`);
  return {
    name: options.name,
    kind: 'sightings',
    title: 'Certificate Transparency logs of a log list',
    terms: 'Public by design; log operators ask for a User-Agent with a contact and for respect of 429 replies.',
    upstreams: ['Certificate Transparency logs'],
    cost: 'free',
    query: `${options.path}: ${options.states.join(', ')}${keyOf(options) === null ? ' (list not verified)' : ''}`,
    pull: (since, signal) => pullList(options, since, signal),
  };
}

/** Cursors by log id, and the log whose turn ended last. */
interface ListCursor {
  readonly logs: Record<string, unknown>;
  readonly last: string | null;
}

async function* pullList(
  options: LogListFeedOptions,
  since: unknown,
  signal: AbortSignal,
): AsyncGenerator<FeedItem, void, void> {
  const list = readLogList(await readList(options), new Set(options.states), (options.now ?? (() => new Date()))());
  if (list === null) throw new KubecensusError('KC_FEED_NOT_DATA', `${options.path} is no log list of version 3.`);
  const cursor: ListCursor = {
    logs: { ...recordOf(member(since, 'logs')) },
    last: textOf(member(since, 'last'), MAX_REASON),
  };
  const sum = new NoteSum(list.skipped);
  for (const log of list.follow) requireContact(log.url, options.hasContact);
  if (list.follow.length === 0) return yield { ...sum.note(), partial: 'the list has no log to follow' };
  for (const log of inTurn(list.follow, cursor.last)) {
    if (signal.aborted) return;
    sum.begin(log.description);
    try {
      for await (const item of feedOf(log, options).pull(cursor.logs[log.logId] ?? null, signal)) {
        if (item.type === 'note') {
          sum.add(item);
          yield sum.note();
        } else if (item.type === 'checkpoint') {
          cursor.logs[log.logId] = item.cursor;
          yield { type: 'checkpoint', cursor: { logs: { ...cursor.logs }, last: cursor.last } };
        } else yield item.type === 'count' ? item : { ...item, at: `${log.origin}, ${item.at}` };
      }
    } catch (error) {
      // Whatever one log does, the others are read: the run says which failed and why.
      if (!(error instanceof KubecensusError)) throw error;
      sum.add({ type: 'note', partial: `${error.code}, ${error.message}` });
      yield sum.note();
    }
    if (signal.aborted) return;
    yield { type: 'checkpoint', cursor: { logs: { ...cursor.logs }, last: log.logId } };
  }
}

const keyOf = ({ listKey }: LogListFeedOptions): string | null => listKey ?? null;

/** The text of the list, verified where a key is given. Throws KC_FEED_FILE, KC_FEED_NOT_DATA, KC_CT_LIST_SIGNATURE. */
async function readList(options: LogListFeedOptions): Promise<string> {
  const { path, signature } = options;
  const bytes = await readWhole('log list', path);
  const key = keyOf(options);
  if (key !== null) {
    const signed = await readWhole('signature', signature ?? `${path.replace(/\.json$/, '')}.sig`);
    verifyLogList(bytes, signed, await readWhole('key of the log list', key), path);
  }
  return bytes.toString();
}

async function readWhole(what: string, path: string): Promise<Buffer> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    throw new KubecensusError('KC_FEED_FILE', `The ${what} ${path} cannot be read.`, { cause });
  }
  if (bytes.length > MAX_LIST_BYTES)
    throw new KubecensusError('KC_FEED_NOT_DATA', `${path} has ${bytes.length} octets, more than any log list.`);
  return bytes;
}

/** Starts behind the log whose turn ended last, so that a run that is always cut short does not starve the end of the list. */
function inTurn(logs: readonly ListedLog[], last: string | null): ListedLog[] {
  const next = logs.findIndex(({ logId }) => logId === last) + 1;
  return [...logs.slice(next), ...logs.slice(0, next)];
}

function feedOf(log: ListedLog, options: LogListFeedOptions): Feed {
  const { requestsPerSecond: rates, ...rest } = options;
  const rate = rates === undefined ? {} : { requestsPerSecond: rates[log.protocol] };
  const maxEntries = options.maxEntries ?? DEFAULT_MAX_ENTRIES;
  const common = { ...rest, ...rate, publicKeyDer: log.key, maxEntries };
  return log.protocol === 'static'
    ? createStaticCtFeed({ ...common, origin: log.origin, monitoringUrl: log.url })
    : createRfc6962Feed({ ...common, url: log.url });
}

/** Notes of the logs added up: each feed overwrites its own numbers as it goes. */
class NoteSum {
  readonly #logs = new Map<string, RunNote>();
  readonly #skippedLogs: Readonly<Record<string, number>>;
  #current = '';

  constructor(skippedLogs: Readonly<Record<string, number>>) {
    this.#skippedLogs = skippedLogs;
  }

  begin(log: string): void {
    this.#current = log;
  }

  add(note: RunNote): void {
    this.#logs.set(this.#current, { ...this.#logs.get(this.#current), ...note });
  }

  note(): RunNote {
    const notes = [...this.#logs];
    const reasons = notes.flatMap(([log, { partial }]) => (partial === undefined ? [] : [`${log}: ${partial}`]));
    const skipped: Record<string, number> = {};
    for (const [word, count] of Object.entries(this.#skippedLogs)) skipped[`log_${word}`] = count;
    for (const [, note] of notes) {
      for (const [word, count] of Object.entries(note.skipped ?? {})) skipped[word] = (skipped[word] ?? 0) + count;
    }
    return {
      type: 'note',
      claimedTotal: notes.reduce((sum, [, note]) => sum + (note.claimedTotal ?? 0), 0),
      entries: notes.reduce((sum, [, note]) => sum + (note.entries ?? 0), 0),
      skipped,
      ...(notes.some(([, { capHit }]) => capHit === true) ? { capHit: true } : {}),
      ...(reasons.length > 0 ? { partial: reasons.join('; ').slice(0, MAX_REASON) } : {}),
    };
  }
}
