// Host names from an RFC 6962 Certificate Transparency log: entries are used once they, and nothing else, give the log's signed tree.
import { setTimeout as wait } from 'node:timers/promises';
import { KubecensusError } from '../../platform/errors.ts';
import type { Feed, FeedItem, RunNote } from '../feed.ts';
import type { HttpClient } from '../http.ts';
import { ahead } from './ahead.ts';
import { logKey } from './checkpoint.ts';
import { currentHead } from './current-head.ts';
import { DEFAULT_MAX_ENTRIES } from './default-budget.ts';
import { entryItems, rejectedEntry } from './entry-items.ts';
import { Leaf } from './entry-page.ts';
import { requireContact } from './known-reader.ts';
import { cutTile, entryHash, LEAF_HEADROOM, LeafTable } from './leaf.ts';
import { logClient } from './log-client.ts';
import { MAX_DATA_TILE_BYTES } from './log-files.ts';
import { LogPace, type Sleep } from './log-pace.ts';
import { PageSize } from './page-size.ts';
import { NAME_PATTERNS, type NamePattern, nameMatcher } from './pattern.ts';
import { cursorOf, incomplete, readCursor } from './progress.ts';
import { isUnavailable, ProvenTree } from './proven-tree.ts';
import { type EntryPage, type Rfc6962Client, rfc6962Client } from './rfc6962-client.ts';
import { HostSelection } from './selection.ts';
import { TILE_WIDTH, tilePath } from './tile.ts';
import type { TreeEdge } from './tree-edge.ts';
import { type Window, windows } from './windows.ts';

export interface Rfc6962FeedOptions {
  readonly name: string;
  /** The log's prefix, before /ct/v1/: the `url` of the log list. */
  readonly url: string;
  /** DER SubjectPublicKeyInfo, the `key` of the log list. */
  readonly publicKeyDer: Uint8Array;
  readonly http: HttpClient;
  /** Whether the client's User-Agent names a contact. Without one only a log on this machine is asked (KC_NO_CONTACT). Default true. */
  readonly hasContact?: boolean;
  /** Entries read in one run at most (at least one window of 256 is read). */
  readonly maxEntries?: number;
  /** Requests a second, for all that the log is asked; absent: as fast as replies come. */
  readonly requestsPerSecond?: number;
  readonly patterns?: readonly NamePattern[];
  /** The port of every sighting; null: the survey's ports. */
  readonly port: number | null;
  readonly sleep?: Sleep;
  readonly now?: () => Date;
}

/** Pages asked for in advance: enough to hide latency, and half of what the most patient monitors use. */
const PAGES_AHEAD = 4;

/** Throws KC_CT_SIGNATURE when `publicKeyDer` is no log key, RangeError when there are no patterns. */
export function createRfc6962Feed(options: Rfc6962FeedOptions): Feed {
  const origin = options.url.replace(/^https?:\/\//, '').replace(/\/+$/, '');
  const key = logKey(origin, options.publicKeyDer);
  const matches = nameMatcher(options.patterns ?? NAME_PATTERNS);
  const sleep: Sleep = options.sleep ?? ((ms, signal) => wait(ms, undefined, { signal }));
  const now = options.now ?? (() => new Date());
  const pace = new LogPace({ requestsPerSecond: options.requestsPerSecond ?? null, sleep, now });
  const patience = { http: options.http, sleep, now, pace };
  return {
    name: options.name,
    kind: 'sightings',
    title: `Certificate Transparency log ${origin} (RFC 6962)`,
    terms: 'Public by design; the log operator asks for a User-Agent with a contact and for respect of 429 replies.',
    upstreams: ['Certificate Transparency logs'],
    cost: 'free',
    query: options.url,
    async *pull(since, signal) {
      requireContact(options.url, options.hasContact);
      const ended = new AbortController();
      const running = AbortSignal.any([signal, ended.signal]);
      const pageSize = new PageSize();
      const client = rfc6962Client(options.url, key, pageSize, patience);
      const tiles = logClient({ url: options.url, ...patience });
      const tile = (index: number) => tiles(tilePath('data', index), MAX_DATA_TILE_BYTES, running);
      const reader = new WindowReader(client, pageSize, tile, options.port, new HostSelection(matches));
      try {
        for await (const item of pullLog(client, reader, origin, options, sleep, since, running)) {
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
  client: Rfc6962Client,
  reader: WindowReader,
  origin: string,
  options: Rfc6962FeedOptions,
  sleep: Sleep,
  since: unknown,
  signal: AbortSignal,
): AsyncGenerator<FeedItem, void, void> {
  const cursor = readCursor(since, origin);
  const { head, stale } = await currentHead(client.head, cursor, sleep, signal);
  const tree = new ProvenTree(head, cursor, (first) => client.consistency(first, head.size, signal), origin);
  const proven = await tree.continuesCursor();
  let done = cursor?.done ?? ([head.size, head.size] as const);
  let entries = 0;
  const note = (): RunNote => ({
    type: 'note',
    claimedTotal: head.size,
    entries,
    skipped: { ...reader.selection.skipped },
  });
  yield note();
  let cut: string | null = null;
  let edge = cursor?.size === head.size ? cursor.edge : undefined;
  try {
    const maxEntries = options.maxEntries ?? DEFAULT_MAX_ENTRIES;
    for (const window of await plannedWindows(tree, proven, done, maxEntries)) {
      const read = await reader.read(window, tree, signal);
      yield* read.items;
      entries += window.to - window.from;
      done = window.done;
      if (window.to === head.size) edge = read.edge.subtrees().map(({ hash }) => hash.toString('base64'));
      yield note();
      const known = edge === undefined ? {} : { edge };
      yield { type: 'checkpoint', cursor: { ...cursorOf(origin, head, done), ...known } };
    }
  } catch (error) {
    // Entries that do not come cut the run short; a tree that does not verify makes the log unusable.
    if (signal.aborted || !isUnavailable(error)) throw error;
    cut = error.message;
  }
  yield { ...note(), ...incomplete(done, head.size, cut ?? stale) };
}

/**
 * What this run reads. A log that gives no proofs can only be read on from a known edge to its head, all in one window, or whole: when
 * that is more than `maxEntries`, the reason why there is no proof is thrown (KC_FEED_UNAVAILABLE).
 */
async function plannedWindows(
  tree: ProvenTree,
  proven: boolean,
  done: readonly [number, number],
  maxEntries: number,
): Promise<Iterable<Window>> {
  const { size } = tree.head;
  const [first] = windows(done, size, maxEntries);
  if (first === undefined) return [];
  try {
    // Kept in the tree, so that nothing is asked for twice.
    if (first.from > 0) await tree.edgeAt(first.from);
    if (first.to < size) await tree.rootAt(first.to);
    if (proven) return windows(done, size, maxEntries);
  } catch (error) {
    if (!isUnavailable(error) || size - tree.unprovenStart > maxEntries) throw error;
  }
  const from = tree.unprovenStart;
  return from === size ? [] : [{ from, to: size, done: [from === 0 ? 0 : done[0], size] }];
}

/** Reads windows by data tiles where the log has them (hybrid logs do), else by get-entries. State of one run. */
class WindowReader {
  readonly selection: HostSelection;
  readonly #client: Rfc6962Client;
  readonly #pageSize: PageSize;
  readonly #tile: (index: number) => Promise<Buffer | null>;
  readonly #port: number | null;
  readonly #leaf = new Leaf();
  readonly #table = new LeafTable();
  /** null until the first whole tile was asked for. */
  #hasTiles: boolean | null = null;

  constructor(
    client: Rfc6962Client,
    pageSize: PageSize,
    tile: (index: number) => Promise<Buffer | null>,
    port: number | null,
    selection: HostSelection,
  ) {
    this.#client = client;
    this.#pageSize = pageSize;
    this.#tile = tile;
    this.#port = port;
    this.selection = selection;
  }

  /** The items of one window, all of it verified, and the edge at its end. Throws KC_CT_SPLIT_VIEW when its entries do not give the tree. */
  async read(
    window: Window,
    tree: ProvenTree,
    signal: AbortSignal,
  ): Promise<{ readonly items: FeedItem[]; readonly edge: TreeEdge }> {
    const edge = await tree.edgeAt(window.from);
    const expected = await tree.rootAt(window.to);
    const items: FeedItem[] = [];
    await this.#probeTiles(window);
    const ranges = this.#hasTiles === true ? tileRanges(window) : this.#pageSize.ranges(window.from, window.to);
    const fetched = ahead(ranges, PAGES_AHEAD, (range) => this.#fetch(range, signal));
    for await (const { input, result } of fetched) {
      if (Buffer.isBuffer(result)) this.#readTile(result, input.from, edge, window.to, items);
      else for (const page of result) this.#readPage(page, edge, window.to, items);
    }
    if (edge.root().equals(expected)) return { items, edge };
    throw new KubecensusError(
      'KC_CT_SPLIT_VIEW',
      `Entries ${window.from} to ${window.to - 1} are not those of the signed tree of size ${tree.head.size}.`,
    );
  }

  /** Asks once whether data tiles exist beside get-entries: they are a fifth of the octets and never rationed by rows. */
  async #probeTiles({ from, to }: Window): Promise<void> {
    const index = Math.ceil(from / TILE_WIDTH);
    if (this.#hasTiles !== null || (index + 1) * TILE_WIDTH > to) return;
    this.#hasTiles = false;
    const body = await this.#tile(index).catch((error: unknown) => {
      if (error instanceof KubecensusError) return null;
      throw error;
    });
    // A web page for every unknown path is a common answer, too.
    this.#hasTiles = body !== null && this.#cut(withHeadroom(body), index) === null;
  }

  async #fetch(range: { from: number; to: number }, signal: AbortSignal): Promise<Buffer | EntryPage[]> {
    if (this.#hasTiles === true && isTile(range)) {
      const body = await this.#tile(range.from / TILE_WIDTH);
      if (body !== null) return withHeadroom(body);
    }
    return this.#client.entries(range.from, range.to, signal);
  }

  #cut(bytes: Buffer, index: number): string | null {
    return cutTile(bytes, LEAF_HEADROOM, TILE_WIDTH, index * TILE_WIDTH, true, this.#table, 'any');
  }

  #readTile(bytes: Buffer, from: number, edge: TreeEdge, end: number, items: FeedItem[]): void {
    const fault = this.#cut(bytes, from / TILE_WIDTH);
    if (fault !== null) throw new KubecensusError('KC_CT_MALFORMED', `Data tile ${from / TILE_WIDTH}: ${fault}.`);
    const table = this.#table;
    for (let i = 0; i < table.count; i++) {
      edge.append(entryHash(bytes, table, i), end);
      const entry = {
        bytes,
        start: table.derStart[i]!,
        end: table.derEnd[i]!,
        precert: table.precert[i] === 1,
        timestamp: table.timestamp[i]!,
        index: from + i,
      };
      entryItems(entry, this.#port, this.selection, items);
    }
  }

  #readPage({ body, spans }: EntryPage, edge: TreeEdge, end: number, items: FeedItem[]): void {
    const leaf = this.#leaf;
    for (let i = 0; i < spans.length; i += 2) {
      const index = edge.size;
      leaf.decode(body, spans[i]!, spans[i + 1]!);
      edge.append(leaf.hash(), end);
      // One that cannot be read is counted and passed over: a log keeps what it has once taken.
      if (leaf.parse() !== null) items.push(rejectedEntry('bad_entry', leaf.bytes, 1, leaf.end, index));
      else entryItems(leaf.entry(index), this.#port, this.selection, items);
    }
  }
}

function withHeadroom(body: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(LEAF_HEADROOM + body.length);
  body.copy(bytes, LEAF_HEADROOM);
  return bytes;
}

function isTile({ from, to }: { from: number; to: number }): boolean {
  return from % TILE_WIDTH === 0 && to - from === TILE_WIDTH;
}

function* tileRanges({ from, to }: Window): Generator<{ from: number; to: number }, void, void> {
  for (let at = from; at < to; ) {
    const end = Math.min(to, (Math.floor(at / TILE_WIDTH) + 1) * TILE_WIDTH);
    yield { from: at, to: end };
    at = end;
  }
}
