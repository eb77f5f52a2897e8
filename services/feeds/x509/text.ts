// Certificate text as safe JavaScript strings: any bytes in, well-formed text without NUL and of bounded length out.
import { TAG } from './der.ts';

/** A DNS name has at most 253 characters and X.520's upper bounds end at 32,768; what is longer is abuse and is cut here. */
export const MAX_TEXT_LENGTH = 1024;
/** Octets looked at for one text: four octets is the longest encoding of a character. */
const MAX_TEXT_OCTETS = MAX_TEXT_LENGTH * 4;

const REPLACEMENT = '\uFFFD';

type Slice = (this: Uint8Array, start: number, end: number) => string;
/** Buffer's own slice works on every Uint8Array and saves the view that Buffer.from would allocate per certificate. */
const latin1Slice = (Buffer.prototype as unknown as { latin1Slice: Slice }).latin1Slice;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Octets as latin1 code units, without any check: callers bound and sanitise. */
export function latin1(bytes: Uint8Array, start: number, end: number): string {
  return latin1Slice.call(bytes, start, end);
}

/** Replaces what PostgreSQL cannot store (NUL, lone surrogates) by U+FFFD and cuts at MAX_TEXT_LENGTH UTF-16 code units. */
export function sanitiseText(text: string): string {
  let clean = text.length > MAX_TEXT_LENGTH ? text.slice(0, MAX_TEXT_LENGTH) : text;
  if (clean.includes('\0')) clean = clean.replaceAll('\0', REPLACEMENT);
  return clean.isWellFormed() ? clean : clean.toWellFormed();
}

/** True for ASCII without NUL that needs no cut: such text is what octetText gives, octet by octet. */
export function isPlain(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start > MAX_TEXT_LENGTH) return false;
  for (let i = start; i < end; i++) {
    const octet = bytes[i]!;
    if (octet === 0 || octet >= 0x80) return false;
  }
  return true;
}

/** ASCII as it stands, other octets as UTF-8 where they are valid UTF-8, else as Latin-1: what CAs have really written into IA5Strings. */
export function octetText(bytes: Uint8Array, start: number, end: number): string {
  let limit = Math.min(end, start + MAX_TEXT_OCTETS);
  // A cut goes before a UTF-8 continuation octet back to the character's start, or the rest would not decode.
  while (limit < end && limit > start && (bytes[limit]! & 0xc0) === 0x80) limit--;
  if (limit === end && isPlain(bytes, start, end)) return latin1Slice.call(bytes, start, end);
  try {
    return sanitiseText(utf8.decode(bytes.subarray(start, limit)));
  } catch {
    return sanitiseText(latin1Slice.call(bytes, start, limit));
  }
}

/** The text of a string element, by its tag; null when the tag is no character string type. */
export function stringText(bytes: Uint8Array, tag: number, start: number, end: number): string | null {
  switch (tag) {
    case TAG.utf8String:
    case TAG.printableString:
    case TAG.teletexString:
    case TAG.ia5String:
    case 0x12: // NumericString
    case 0x1a: // VisibleString
      return octetText(bytes, start, end);
    case TAG.bmpString:
      return wideText(bytes, start, end, 2);
    case TAG.universalString:
      return wideText(bytes, start, end, 4);
    default:
      return null;
  }
}

/** Big-endian UCS-2 or UCS-4; octets behind the last whole character are dropped. */
function wideText(bytes: Uint8Array, start: number, end: number, width: 2 | 4): string {
  const limit = Math.min(end, start + MAX_TEXT_LENGTH * width);
  let text = '';
  for (let i = start; i + width <= limit; i += width) {
    const low = bytes[i + width - 2]! * 256 + bytes[i + width - 1]!;
    const point = width === 2 ? low : bytes[i]! * 16777216 + bytes[i + 1]! * 65536 + low;
    text += width === 2 ? String.fromCharCode(point) : point > 0x10ffff ? REPLACEMENT : String.fromCodePoint(point);
  }
  return sanitiseText(text);
}

/** The text of a 4- or 16-octet address (RFC 5952 form), or null for every other length. */
export function addressText(bytes: Uint8Array, start: number, end: number): string | null {
  if (end - start === 4) return `${bytes[start]}.${bytes[start + 1]}.${bytes[start + 2]}.${bytes[start + 3]}`;
  if (end - start !== 16) return null;
  const groups: number[] = [];
  for (let i = start; i < end; i += 2) groups.push(bytes[i]! * 256 + bytes[i + 1]!);
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) {
    return `::ffff:${bytes[start + 12]}.${bytes[start + 13]}.${bytes[start + 14]}.${bytes[start + 15]}`;
  }
  const [from, to] = longestZeroRun(groups);
  const hex = (part: number[]): string => part.map((group) => group.toString(16)).join(':');
  return from < 0 ? hex(groups) : `${hex(groups.slice(0, from))}::${hex(groups.slice(to))}`;
}

/** The first longest run of at least two zero groups as [from, to), or [-1, -1]: RFC 5952 4.2. */
function longestZeroRun(groups: readonly number[]): [number, number] {
  let best: [number, number] = [-1, -1];
  let length = 1;
  for (let from = 0; from < groups.length; from++) {
    let to = from;
    while (groups[to] === 0) to++;
    if (to - from > length) {
      best = [from, to];
      length = to - from;
    }
    if (to > from) from = to;
  }
  return best;
}

const hexSlice = (Buffer.prototype as unknown as { hexSlice: Slice }).hexSlice;

/** Octets as lower-case hex. The caller bounds the length. */
export function hexText(bytes: Uint8Array, start: number, end: number): string {
  return end > start ? hexSlice.call(bytes, start, end) : '';
}
