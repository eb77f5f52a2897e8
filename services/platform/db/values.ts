// How column values become JavaScript values; the generated schema.ts states the same choices as types.
import pg from 'pg';
import { KubecensusError } from '../errors.ts';

/** Type numbers of pg_type.dat that PostgreSQL never changes. */
const INT8 = 20;
const INT8_ARRAY = 1016;
const TEXT_ARRAY = 1009;
const DATE = 1082;
const TIMESTAMP = 1114;
const TIMESTAMP_ARRAY = 1115;
const DATE_ARRAY = 1182;

/** A 64-bit count as a number. Throws KC_INTERNAL beyond 2^53, where a number would silently be another one. */
export function parseInt8(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value))
    throw new KubecensusError(
      'KC_INTERNAL',
      `The database returned ${text}, which no JavaScript number holds exactly.`,
    );
  return value;
}

/** The driver splits every array of text alike; what is in it is parsed here. Nested arrays keep their shape. */
function parseArray<T>(parse: (text: string) => T): (text: string) => unknown {
  const split = pg.types.getTypeParser(TEXT_ARRAY as number) as (text: string) => unknown;
  const inner = (value: unknown): unknown =>
    Array.isArray(value) ? value.map(inner) : value === null ? null : parse(String(value));
  return (text) => inner(split(text));
}

/**
 * int8 is a number; date and timestamp without zone stay text, since a Date would move them into the machine's zone; numeric and inet stay text as
 * the driver has them; timestamptz is a Date (milliseconds: microseconds are cut off), json is parsed.
 */
const PARSERS: ReadonlyMap<number, (text: string) => unknown> = new Map<number, (text: string) => unknown>([
  [INT8, parseInt8],
  [INT8_ARRAY, parseArray(parseInt8)],
  [DATE, String],
  [TIMESTAMP, String],
  [DATE_ARRAY, parseArray(String)],
  [TIMESTAMP_ARRAY, parseArray(String)],
]);

/** The driver's per-pool type table: nothing global is changed, so other users of the driver (the queue) keep its own rules. */
export const VALUE_TYPES: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    (format === 'binary' ? undefined : PARSERS.get(oid)) ??
    pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
};
