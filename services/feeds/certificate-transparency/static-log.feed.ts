// Host names from a static-ct-api Certificate Transparency log: every entry verified against the log's signed tree before it is used.
import { setTimeout as wait } from 'node:timers/promises';
import { KubecensusError } from '../../platform/errors.ts';
import type { Feed, FeedItem, RunNote } from '../feed.ts';
import type { HttpClient } from '../http.ts';
import { ahead } from './ahead.ts';
import { logKey, type TreeHead } from './checkpoint.ts';
import { currentHead } from './current-head.ts';
import { DEFAULT_MAX_ENTRIES } from './default-budget.ts';
import { entryItems } from './entry-items.ts';
import { requireContact } from './known-reader.ts';
import type { LeafTable } from './leaf.ts';
import { logClient } from './log-client.ts';
import { type DataTile, type LogFiles, logFiles } from './log-files.ts';
import { LogPace, type Sleep } from './log-pace.ts';
import { type NamesTile, NamesTiles, namesItems } from './names-tile.ts';
import { NAME_PATTERNS, type NamePattern, nameMatcher } from './pattern.ts';
import { cursorOf, incomplete, type LogCursor, readCursor, type TileStep, tileSteps } from './progress.ts';
import { HostSelection } from './selection.ts';
import { TILE_WIDTH, tileWidth } from './tile.ts';
import { EntryVerifier } from './verified-entries.ts';
import { VerifiedTree } from './verified-tree.ts';

export interface StaticCtFeedOptions {
  readonly name: string;
  /** The submission prefix without scheme and trailing slash, from the log list: what the checkpoint must be signed for. */
  readonly origin: string;
  /** The monitoring prefix; often on another host than the submission prefix. */
  readonly monitoringUrl: string;
  /** DER SubjectPublicKeyInfo, the `key` of the log list. */
  readonly publicKeyDer: Uint8Array;
  readonly http: HttpClient;
  /** Whether the client's User-Agent names a contact. Without one only a log on this machine is asked (KC_NO_CONTACT). Default true. */
  readonly hasContact?: boolean;
  /** Entries read in one run at most (at least one tile is read). */
  readonly maxEntries?: number;
  /** Requests a second, for all that the log is asked; absent: as fast as replies come. */
  readonly requestsPerSecond?: number;
  readonly patterns?: readonly NamePattern[];
  /** Read names tiles where the log has them. The log does not vouch for them; what is yielded says so. Default false. */
  readonly names?: boolean;
  /** The port of every sighting; null: the survey's ports. */
  readonly port: number | null;
  readonly sleep?: Sleep;
  readonly now?: () => Date;
}

/** Tiles between two checkpoints: 4,096 entries are lost work of some tens of milliseconds when a pull is killed. */
const TILES_PER_CHECKPOINT = 16;
/** Data tiles asked for in advance: hides the latency of one server without leaning on it. */
const TILES_AHEAD = 4;

/** Throws KC_CT_SIGNATURE when `publicKeyDer` is no log key, RangeError when there are no patterns. */
export function createStaticCtFeed(options: StaticCtFeedOptions): Feed {
  const key = logKey(options.origin, options.publicKeyDer);
  const matches = nameMatcher(options.patterns ?? NAME_PATTERNS);
  const sleep: Sleep = options.sleep ?? ((ms, signal) => wait(ms, undefined, { signal }));
  const now = options.now ?? (() => new Date());
  const pace = new LogPace({ requestsPerSecond: options.requestsPerSecond ?? null, sleep, now });
  const files = logFiles(logClient({ url: options.monitoringUrl, http: options.http, sleep, now, pace }), key);
  return {
    name: options.name,
    kind: 'sightings',
    title: `Certificate Transparency log ${options.origin}`,
    terms: 'Public by design; the log operator asks for a User-Agent with a contact and for respect of 429 replies.',
    upstreams: ['Certificate Transparency logs'],
    cost: 'free',
    query: `${options.origin} at ${options.monitoringUrl}${options.names === true ? ', names tiles (unauthenticated)' : ''}`,
    async *pull(since, signal) {
      requireContact(options.monitoringUrl, options.hasContact);
      const ended = new AbortController();
      const running = AbortSignal.any([signal, ended.signal]);
      try {
        for await (const item of pullLog(files, options, new HostSelection(matches), sleep, since, running)) {
          if (signal.aborted) return;
          yield item;
        }
      } catch (error) {
        // Stopping when asked is no failure; what was committed stands, the rest comes with the next pull.
        if (!signal.aborted) throw error;
      } finally {
        // Requests that were started ahead have no reader any more.
        ended.abort();
      }
    },
  };
}

async function* pullLog(
  files: LogFiles,
  options: StaticCtFeedOptions,
  selection: HostSelection,
  sleep: Sleep,
  since: unknown,
  signal: AbortSignal,
): AsyncGenerator<FeedItem, void, void> {
  const cursor = readCursor(since, options.origin);
  const { head, stale } = await currentHead(files.head, cursor, sleep, signal);
  const tree = await openTree(files, head, cursor, signal);
  const { size } = head;
  let done = cursor?.done ?? ([size, size] as const);
  let entries = 0;
  const note = (): RunNote => ({ type: 'note', claimedTotal: size, entries, skipped: { ...selection.skipped } });
  yield note();
  const verifier = new EntryVerifier();
  const steps = tileSteps(done, size, options.maxEntries ?? DEFAULT_MAX_ENTRIES);
  const names = options.names === true ? new NamesTiles(files) : null;
  const fetchStep = async ({ tile }: TileStep): Promise<DataTile | NamesTile> => {
    const width = tileWidth(size, 0, tile);
    return (await names?.read(tile, width, signal)) ?? files.entries(tile, width, signal);
  };
  let unsaved = 0;
  let unverified = cursor?.unverified ?? 0;
  const checkpoint = (): FeedItem => {
    const reached = cursorOf(options.origin, head, done);
    return { type: 'checkpoint', cursor: unverified === 0 ? reached : { ...reached, unverified } };
  };
  let cut: string | null = null;
  try {
    for await (const { input: step, result } of ahead(steps, TILES_AHEAD, fetchStep)) {
      if ('lines' in result) {
        yield* namesItems(result, step, options.port, selection);
        unverified += step.to - step.from;
      } else {
        const table = await verifier.verify(tree, step.tile, result);
        yield* tileItems(result.bytes, table, step, options.port, selection);
      }
      entries += step.to - step.from;
      done = step.done;
      unsaved++;
      if (unsaved < TILES_PER_CHECKPOINT) continue;
      unsaved = 0;
      yield note();
      yield checkpoint();
    }
  } catch (error) {
    // Tiles that do not come cut the run short; a tree that does not verify makes the log unusable.
    if (signal.aborted || !(error instanceof KubecensusError && error.code === 'KC_FEED_UNAVAILABLE')) throw error;
    cut = error.message;
  }
  yield { ...note(), ...incomplete(done, size, cut ?? stale) };
  yield checkpoint();
}

/** The verified tree under `head`, which must continue the one of the cursor. */
async function openTree(
  files: LogFiles,
  head: TreeHead,
  cursor: LogCursor | null,
  signal: AbortSignal,
): Promise<VerifiedTree> {
  const tree = await VerifiedTree.open(head, (level, index, width) => files.hashes(level, index, width, signal));
  if (cursor !== null && (await tree.rootAt(cursor.size)).toString('base64') !== cursor.root) {
    const text = `${cursor.origin}: the tree of size ${head.size} does not continue the one of size ${cursor.size} that was verified before.`;
    throw new KubecensusError('KC_CT_SPLIT_VIEW', text);
  }
  return tree;
}

/** The hosts and rejections of the new entries of a verified tile. */
function tileItems(
  bytes: Buffer,
  table: LeafTable,
  step: TileStep,
  port: number | null,
  selection: HostSelection,
): FeedItem[] {
  const base = step.tile * TILE_WIDTH;
  const items: FeedItem[] = [];
  for (let i = step.from - base; i < step.to - base; i++) {
    const entry = {
      bytes,
      start: table.derStart[i]!,
      end: table.derEnd[i]!,
      precert: table.precert[i] === 1,
      timestamp: table.timestamp[i]!,
      index: base + i,
    };
    entryItems(entry, port, selection, items);
  }
  return items;
}
