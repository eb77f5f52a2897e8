// Whether a delivery is so much larger or smaller than the one before that a person should look at it first.

/** A delivery beside the one that it is compared with. */
export interface Jump {
  /** What was compared: rows of a delivery, or a stated total in its source's unit. */
  readonly unit: string;
  readonly before: number;
  readonly now: number;
  /** The run that the earlier number is of. */
  readonly beforeRun: number;
}

/** Sources grow by percents. Ten times as many rows, or a tenth, come from another query, a cut answer or a broken export. */
export const JUMP_FACTOR = 10;

/** Below this many on both sides a tenfold step is chance: a search with three hits may have thirty the next day, and anybody can read them. */
export const JUMP_ROWS = 100;

/** `whole`: nothing is missing, so that few rows are few because the source has few. A delivery that was cut short says so itself. */
export function isJump(before: number, now: number, whole: boolean): boolean {
  if (before === 0 || Math.max(before, now) < JUMP_ROWS) return false;
  return now >= before * JUMP_FACTOR || (whole && now > 0 && now * JUMP_FACTOR <= before);
}
