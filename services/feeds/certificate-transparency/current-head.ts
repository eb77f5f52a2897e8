// The tree head to work with: a smaller one than the one verified before is either a server that lags, or a log that took entries back.
import { KubecensusError } from '../../platform/errors.ts';
import type { TreeHead } from './checkpoint.ts';
import type { Sleep } from './log-pace.ts';
import type { LogCursor } from './progress.ts';

export interface CurrentHead {
  readonly head: TreeHead;
  /** Why the head is that of the cursor once more, or null. */
  readonly stale: string | null;
}

/** How often an older tree head than the known one is asked for again: frontends and caches lag for seconds. */
const HEAD_TRIES = 3;
const HEAD_PAUSE_MS = 2_000;

/**
 * Asks for the signed tree head. A smaller tree than the cursor's with a time before it was signed earlier: it is asked for again, and at
 * last the cursor's own head serves once more. A log stamps each tree head later than the one before (RFC 6962 3.5), so a smaller tree
 * that is not older was signed after the larger one: KC_CT_TREE_SHRANK.
 */
export async function currentHead(
  ask: (signal: AbortSignal) => Promise<TreeHead>,
  cursor: LogCursor | null,
  sleep: Sleep,
  signal: AbortSignal,
): Promise<CurrentHead> {
  for (let tried = 1; ; tried++) {
    const head = await ask(signal);
    if (cursor === null || head.size >= cursor.size) return { head, stale: null };
    const signedAt = cursor.timestamp ?? 0;
    if (head.timestamp >= signedAt)
      throw new KubecensusError(
        'KC_CT_TREE_SHRANK',
        `${cursor.origin} had ${cursor.size} entries and now shows ${head.size}, signed later.`,
      );
    if (tried === HEAD_TRIES) {
      const known = { size: cursor.size, root: Buffer.from(cursor.root, 'base64'), timestamp: signedAt };
      return { head: known, stale: `the log shows a tree of ${head.size} entries after one of ${cursor.size}` };
    }
    await sleep(HEAD_PAUSE_MS, signal);
  }
}
