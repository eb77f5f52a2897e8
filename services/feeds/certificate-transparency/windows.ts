// The order in which the entries of an RFC 6962 log are read: windows that a consistency proof can close.
import { isPowerOfTwo } from './consistency.ts';
import { TILE_WIDTH } from './tile.ts';

/** Entries [from, to), and what is done once they are verified. */
export interface Window {
  readonly from: number;
  readonly to: number;
  readonly done: readonly [number, number];
}

/** Entries verified at once: one proof for sixteen pages, some 10 MB of certificates behind it. */
const WINDOW_ENTRIES = 4096;

/**
 * Forward from what is done to the head, then backwards into the backlog (newest first); see tileSteps for the order and the budget.
 * Bounds inside the tree are multiples of 256, where servers cut their pages, and no powers of two, whose consistency proofs do not
 * state the earlier root.
 */
export function* windows(
  start: readonly [number, number],
  size: number,
  maxEntries: number,
): Generator<Window, void, void> {
  const width = Math.max(TILE_WIDTH, Math.min(WINDOW_ENTRIES, maxEntries - (maxEntries % TILE_WIDTH)));
  let [low, high] = start;
  let budget = maxEntries;
  for (let first = true; high < size || low > 0; first = false) {
    const forward = high < size;
    const from = forward ? high : boundBelow(low, width);
    const to = forward ? boundAbove(high, width, size) : low;
    budget -= to - from;
    if (budget < 0 && !first) return;
    if (forward) high = to;
    else low = from;
    yield { from, to, done: [low, high] };
  }
}

function boundAbove(position: number, width: number, size: number): number {
  let bound = (Math.floor(position / width) + 1) * width;
  while (isPowerOfTwo(bound)) bound += TILE_WIDTH;
  return Math.min(bound, size);
}

function boundBelow(position: number, width: number): number {
  let bound = Math.floor((position - 1) / width) * width;
  while (isPowerOfTwo(bound)) bound -= TILE_WIDTH;
  return Math.max(bound, 0);
}
