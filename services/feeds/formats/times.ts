// Times as tools write them, brought to RFC 3339 where the tool's own documentation says what they mean. Judged by readObservedAt.

/** The last second that RFC 3339 can write. */
const LAST_SECOND = 253_402_300_799;

/** Whole seconds since 1970 (a number or its digits) as RFC 3339. Anything else comes back as it is, to be refused as a time. */
export function ofEpochSeconds(value: unknown): unknown {
  const seconds = typeof value === 'string' && /^\d{1,12}$/.test(value) ? Number(value) : value;
  if (typeof seconds !== 'number' || !Number.isInteger(seconds) || seconds < 0 || seconds > LAST_SECOND) return value;
  return new Date(seconds * 1000).toISOString();
}

/** "2026-11-24 10:00:00" or with a T and a fraction, of a source that states UTC and writes no zone. */
export function ofZonelessUtc(value: unknown): unknown {
  return typeof value === 'string' && /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?$/.test(value) ? `${value}Z` : value;
}

/** strftime's %z has no colon ("+0000"); RFC 3339 wants one. */
export function withZoneColon(value: unknown): unknown {
  return typeof value === 'string' ? value.replace(/([+-]\d\d)(\d\d)$/, '$1:$2') : value;
}
