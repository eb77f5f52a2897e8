// Waiting for something to become true: tests wait for events, never for a length of time.
import { setTimeout as sleep } from 'node:timers/promises';

/** Long enough for the slowest machine; a test that needs it all has failed anyway. */
const PATIENCE_MS = 60_000;

/** Polls until `check` gives something other than false, null or undefined, and returns that. What takes minutes by design names its own patience. */
export async function until<T>(
  what: string,
  check: () => T | Promise<T>,
  patienceMs = PATIENCE_MS,
): Promise<NonNullable<Exclude<T, false>>> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    const value = await check();
    if (value !== false && value !== null && value !== undefined) return value as NonNullable<Exclude<T, false>>;
    if (Date.now() > deadline) throw new Error(`waited ${patienceMs / 1000} s for ${what}`);
    await sleep(20);
  }
}
