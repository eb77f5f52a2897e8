// UUIDs, as the API machinery writes them into headers.

/** 8-4-4-4-12: the digits of each group, as [from, to). */
const GROUPS = [
  [0, 8],
  [9, 13],
  [14, 18],
  [19, 23],
  [24, 36],
] as const;
const LENGTH = 36;
const HYPHEN = 0x2d;

/** True for hex digits in any case in five groups, whatever version and variant they say. By hand: every line of a census asks ten times. */
export function isUuid(text: string | undefined): boolean {
  if (text === undefined || text.length !== LENGTH) return false;
  for (const [from, to] of GROUPS) {
    if (to < LENGTH && text.charCodeAt(to) !== HYPHEN) return false;
    for (let at = from; at < to; at++) if (!isHexDigit(text.charCodeAt(at))) return false;
  }
  return true;
}

function isHexDigit(code: number): boolean {
  if (code <= 0x39) return code >= 0x30;
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x66;
}
