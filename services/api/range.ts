// Byte ranges (RFC 9110 14): one range of a file, so that a download that broke off goes on.

/** First and last byte, both included. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** Digits that a size can have. */
const ONE_RANGE = /^bytes=(?:([0-9]{1,15})-([0-9]{0,15})|-([0-9]{1,15}))$/;

/**
 * The range that a header asks of a file of `size` bytes. null: all of it (no header, another unit, several ranges or none that can be read,
 * which RFC 9110 lets a server ignore). 'unsatisfiable': it begins behind the end.
 */
export function readRange(header: string | undefined, size: number): ByteRange | null | 'unsatisfiable' {
  const [, first, last, suffix] = ONE_RANGE.exec(header ?? '') ?? [];
  if (suffix !== undefined) {
    if (Number(suffix) === 0 || size === 0) return 'unsatisfiable';
    return { start: Math.max(0, size - Number(suffix)), end: size - 1 };
  }
  if (first === undefined) return null;
  const start = Number(first);
  const end = last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (last !== '' && Number(last) < start) return null;
  return start >= size ? 'unsatisfiable' : { start, end };
}
