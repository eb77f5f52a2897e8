// notBefore and notAfter as RFC 3339 text.
import { DerCursor, TAG } from './der.ts';
import { latin1 } from './text.ts';

const UTC_TIME = /^(?<year>\d\d)(?<rest>\d{8})(?<second>\d\d)?(?<zone>Z|[+-]\d{4})$/;
const GENERALIZED_TIME = /^(?<year>\d{4})(?<rest>\d{8})(?<second>\d\d)?(?:[.,]\d+)?(?<zone>Z|[+-]\d{4})$/;
/** The longest sensible form is 19 octets plus a fraction. */
const MAX_TIME_OCTETS = 40;

const FIRST = Date.parse('0001-01-01T00:00:00Z');
const LAST = Date.parse('9999-12-31T23:59:59Z');

/** The two times of a Validity's content; null for a time that is missing or no date. */
export function readValidity(
  bytes: Uint8Array,
  start: number,
  end: number,
): { notBefore: string | null; notAfter: string | null } {
  const notBefore = cursor.read(bytes, start, end) ? elementText(bytes) : null;
  return { notBefore, notAfter: readNotAfter(bytes, start, end) };
}

/** The second of them alone. */
export function readNotAfter(bytes: Uint8Array, start: number, end: number): string | null {
  return cursor.read(bytes, start, end) && cursor.read(bytes, cursor.end, end) ? elementText(bytes) : null;
}

// One time is read at a time and nothing of it stays here.
const cursor = new DerCursor();

function elementText(bytes: Uint8Array): string | null {
  const { content, end } = cursor;
  return timeText(cursor.tag, end - content > MAX_TIME_OCTETS ? '' : latin1(bytes, content, end));
}

/** RFC 5280 4.1.2.5, and the BER forms (no seconds, an offset) that old tools wrote. Clamped to the years 1 to 9999; null when it is no date. */
export function timeText(tag: number, text: string): string | null {
  const usual = usualTimeText(tag, text);
  if (usual !== null) return usual;
  const form = tag === TAG.utcTime ? UTC_TIME : tag === TAG.generalizedTime ? GENERALIZED_TIME : null;
  const parts = form?.exec(text)?.groups;
  if (parts === undefined) return null;
  const rest = parts['rest']!;
  let year = Number(parts['year']);
  // Two digits: 50 to 99 are 19xx (RFC 5280 4.1.2.5.1).
  if (tag === TAG.utcTime) year += year >= 50 ? 1900 : 2000;
  const [month, day, hour, minute] = [0, 2, 4, 6].map((at) => Number(rest.slice(at, at + 2))) as [
    number,
    number,
    number,
    number,
  ];
  const second = Number(parts['second'] ?? '0');
  if (hour > 23 || minute > 59 || second > 59) return null;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  // A date that rolls over (31 June) is none.
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return null;
  date.setUTCHours(hour, minute - offsetMinutes(parts['zone']!), second);
  const clamped = Math.min(Math.max(date.getTime(), FIRST), LAST);
  return new Date(clamped).toISOString().replace('.000Z', 'Z');
}

const DAYS_OF_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;
const DIGITS_FORM = /^\d+Z$/;

/** The form that RFC 5280 demands (seconds, 'Z', no fraction), without a Date; null for any other and for what is no date. */
function usualTimeText(tag: number, text: string): string | null {
  const short = tag === TAG.utcTime;
  if ((!short && tag !== TAG.generalizedTime) || text.length !== (short ? 13 : 15) || !DIGITS_FORM.test(text))
    return null;
  const years = short ? (text.charCodeAt(0) >= FIVE ? '19' : '20') + text.slice(0, 2) : text.slice(0, 4);
  const from = short ? 2 : 4;
  const month = text.slice(from, from + 2);
  const day = text.slice(from + 2, from + 4);
  const hour = text.slice(from + 4, from + 6);
  const minute = text.slice(from + 6, from + 8);
  const second = text.slice(from + 8, from + 10);
  if (years === '0000' || hour > '23' || minute > '59' || second > '59') return null;
  if (!isDay(Number(years), Number(month), Number(day))) return null;
  return `${years}-${month}-${day}T${hour}:${minute}:${second}Z`;
}

/** The code of '5': two-digit years from 50 on are 19xx. */
const FIVE = 0x35;

function isDay(year: number, month: number, day: number): boolean {
  if (month < 1 || month > 12 || day < 1) return false;
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return day <= DAYS_OF_MONTH[month - 1]! + (month === 2 && leap ? 1 : 0);
}

function offsetMinutes(zone: string): number {
  if (zone === 'Z') return 0;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(3));
  return zone.startsWith('-') ? -minutes : minutes;
}
