// What of a log has been read, as the cursor of its feed, and which tiles come next.
import { KubecensusError } from '../../platform/errors.ts';
import type { RunNote } from '../feed.ts';
import type { TreeHead } from './checkpoint.ts';
import { HASH_BYTES, TILE_WIDTH } from './tile.ts';

/** JSON. Entries [done[0], done[1]) were read; below lies the backlog that is not read yet, above what the log has grown since. */
export interface LogCursor {
  readonly origin: string;
  /** The last verified checkpoint: size, and root as base64. */
  readonly size: number;
  readonly root: string;
  /** When that checkpoint was signed, in milliseconds since 1970. */
  readonly timestamp?: number;
  readonly done: readonly [number, number];
  /** How many of the entries done were read from names tiles, which nothing verifies; absent: none. */
  readonly unverified?: number;
  /** RFC 6962 logs: the hashes of the perfect subtrees at `size` as base64, where they are known. From them a tree is continued without a proof. */
  readonly edge?: readonly string[];
}

/** One data tile to read: entries [from, to) of it are new. */
export interface TileStep {
  readonly tile: number;
  readonly from: number;
  readonly to: number;
  /** What is done once this step is. */
  readonly done: readonly [number, number];
}

/** The cursor handed back by a collector; null when there is none or it speaks of another log. Throws KC_INTERNAL when it is none. */
export function readCursor(since: unknown, origin: string): LogCursor | null {
  if (since === null || since === undefined) return null;
  const cursor = since as Partial<LogCursor>;
  const [from, to] = Array.isArray(cursor.done) ? (cursor.done as unknown[]) : [];
  const whole = (n: unknown): n is number => Number.isSafeInteger(n) && (n as number) >= 0;
  const ordered = whole(from) && whole(to) && whole(cursor.size) && from <= to && to <= cursor.size;
  const rooted = typeof cursor.root === 'string' && Buffer.from(cursor.root, 'base64').length === HASH_BYTES;
  if (!ordered || !rooted || typeof cursor.origin !== 'string') {
    throw new KubecensusError(
      'KC_INTERNAL',
      `The stored cursor is not one of a certificate log: ${JSON.stringify(since)}.`,
    );
  }
  return cursor.origin === origin ? (cursor as LogCursor) : null;
}

export function cursorOf(origin: string, head: TreeHead, done: readonly [number, number]): LogCursor {
  return { origin, size: head.size, root: head.root.toString('base64'), timestamp: head.timestamp, done };
}

/**
 * The tiles of one run in order: first forward from what is done to the head, then backwards into the backlog; a first run has nothing
 * done at the head, so it walks backwards from there (newest first: most old certificates have expired). Stops before the tile that
 * would exceed `maxEntries`, but gives at least one.
 */
export function* tileSteps(
  start: readonly [number, number],
  size: number,
  maxEntries: number,
): Generator<TileStep, void, void> {
  let [low, high] = start;
  let budget = maxEntries;
  for (let first = true; high < size || low > 0; first = false) {
    const forward = high < size;
    const tile = Math.floor((forward ? high : low - 1) / TILE_WIDTH);
    const from = forward ? high : tile * TILE_WIDTH;
    const to = forward ? Math.min((tile + 1) * TILE_WIDTH, size) : low;
    budget -= to - from;
    if (budget < 0 && !first) return;
    if (forward) high = to;
    else low = from;
    yield { tile, from, to, done: [low, high] };
  }
}

/** What the last note of a run says about the entries it did not reach. */
export function incomplete(done: readonly [number, number], size: number, cut: string | null): Partial<RunNote> {
  const [low, high] = done;
  if (cut !== null) return { partial: cut };
  if (low === 0 && high === size) return {};
  const gaps = [low > 0 ? `0 to ${low - 1}` : '', high < size ? `${high} to ${size - 1}` : ''].filter(
    (gap) => gap !== '',
  );
  return { capHit: true, partial: `entries ${gaps.join(' and ')} are not read yet` };
}
