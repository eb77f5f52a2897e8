// Values out of foreign JSON: each reader returns null for what is missing, of another type, or too large.

export type JsonRecord = Readonly<Record<string, unknown>>;

/** The value as an object, or null for arrays, null and scalars. */
export function recordOf(value: unknown): JsonRecord | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonRecord) : null;
}

/** An own member of an object; null when there is no object or no such member. Never reads the prototype. */
export function member(value: unknown, ...path: readonly string[]): unknown {
  let at: unknown = value;
  for (const key of path) {
    const record = recordOf(at);
    if (record === null || !Object.hasOwn(record, key)) return null;
    at = record[key];
  }
  return at ?? null;
}

/** A string of at most `max` UTF-16 units, cut when `cut` is set, else null when longer. */
export function textOf(value: unknown, max: number, cut = false): string | null {
  if (typeof value !== 'string') return null;
  if (value.length <= max) return value;
  return cut ? value.slice(0, max) : null;
}

/** The strings among the first `count` elements of an array, each of at most `max` units; null when it is no array. */
export function textsOf(value: unknown, count: number, max: number): readonly string[] | null {
  if (!Array.isArray(value)) return null;
  return value.slice(0, count).filter((item): item is string => typeof item === 'string' && item.length <= max);
}

/** An integer within bounds, or null. */
export function integerOf(value: unknown, low: number, high: number): number | null {
  return typeof value === 'number' && Number.isInteger(value) && value >= low && value <= high ? value : null;
}

/** The elements of an array, or none. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Parsed JSON, or undefined (which JSON cannot say) when the text is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The members that are known: those that are not null. */
export function known<const T extends Record<string, unknown>>(
  members: T,
): { -readonly [K in keyof T]?: Exclude<T[K], null | undefined> } {
  // Every row of a file comes through here several times: no lists of entries in between.
  const kept: Record<string, unknown> = {};
  for (const name of Object.keys(members)) {
    const value = members[name];
    if (value !== null && value !== undefined) kept[name] = value;
  }
  return kept as { -readonly [K in keyof T]?: Exclude<T[K], null | undefined> };
}
