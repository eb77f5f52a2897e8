// UUIDs, as the API machinery writes them into headers.

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** True for 8-4-4-4-12 hex digits in any case, whatever version and variant they say. */
export function isUuid(text: string): boolean {
  return text.length === 36 && UUID.test(text);
}
