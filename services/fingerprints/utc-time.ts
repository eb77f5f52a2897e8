// Times of the usual form, which come in the order of their characters.

const UTC_SECONDS = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d)T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{3})?Z$/;

/**
 * True for "2026-11-24T12:00:00Z", milliseconds allowed, on a day that every month has: two such times whose first 19 characters differ
 * compare as texts as they do as times. The others need Date.parse.
 */
export function isUtcSeconds(text: string): boolean {
  return UTC_SECONDS.test(text);
}
