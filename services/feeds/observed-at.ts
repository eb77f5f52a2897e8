// The time that a feed gives for what it saw: one strict reading, no guesses about units or zones.

export type ObservedAt =
  | { readonly ok: true; readonly time: string | null }
  | { readonly ok: false; readonly reason: 'bad_time' | 'time_in_future' };

/** RFC 3339 date-time with a zone; the fraction may have any number of digits (scanners print nanoseconds). */
const RFC3339 =
  /^(\d{4})-(\d{2})-(\d{2})[Tt ](?:[01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(?:\.\d+)?(?:[Zz]|[+-]\d{2}:\d{2})$/;

/** The first public commit of Kubernetes: nothing earlier can have seen it, and an epoch 0 or a wrong unit falls here. */
const EARLIEST = Date.parse('2014-06-06T00:00:00Z');
/** Clocks of scanners may be ahead by a zone or so; a time further in the future is wrong. */
const AHEAD_MS = 24 * 3600 * 1000;

/**
 * Reads a feed's time of observation. Absent (null or undefined) is allowed and gives null; a number is not, because its unit would be a guess.
 * A leap second counts as the second before it. The result is normalised to UTC with milliseconds.
 */
export function readObservedAt(value: unknown, now: Date): ObservedAt {
  if (value === null || value === undefined) return { ok: true, time: null };
  if (typeof value !== 'string') return { ok: false, reason: 'bad_time' };
  const match = RFC3339.exec(value);
  if (match === null || !isDay(Number(match[1]), Number(match[2]), Number(match[3])))
    return { ok: false, reason: 'bad_time' };
  const text = match[4] === '60' ? value.replace(/:60(?=[.Zz+-])/, ':59') : value;
  const time = Date.parse(text.replace(' ', 'T').toUpperCase());
  if (Number.isNaN(time) || time < EARLIEST) return { ok: false, reason: 'bad_time' };
  if (time > now.getTime() + AHEAD_MS) return { ok: false, reason: 'time_in_future' };
  return { ok: true, time: new Date(time).toISOString() };
}

/** Whether the calendar has this day; Date alone would roll 30 February over into March. */
function isDay(year: number, month: number, day: number): boolean {
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}
