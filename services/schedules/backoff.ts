// When a delivery that failed is tried again.

/** The wait after each failed attempt but the last, in minutes: 24 hours in all and a little, so that a receiver may be away for a day. */
const RETRY_MINUTES = [1, 5, 15, 60, 180, 360, 840] as const;
export const MOST_ATTEMPTS = RETRY_MINUTES.length + 1;

/** So much longer a wait becomes at random, so that what failed together does not come back together. */
const JITTER = 0.2;

/**
 * The moment of the next attempt after failed attempt number `attempt` (from 1), or null when that was the last. `random` is from 0 to 1. A receiver that asked for more patience (`retryAfterMs`) gets it.
 */
export function nextAttempt(attempt: number, at: Date, random: number, retryAfterMs = 0): Date | null {
  const minutes = RETRY_MINUTES[attempt - 1];
  if (minutes === undefined) return null;
  const wait = minutes * 60_000 * (1 + JITTER * random);
  return new Date(at.getTime() + Math.max(wait, retryAfterMs));
}
