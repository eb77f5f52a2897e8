// What one entry of a log gives: hosts worth a sighting, or a rejection when its certificate cannot be read.
import type { FeedItem, Rejection } from '../feed.ts';
import { readNames } from '../x509/names.ts';
import { hexText } from '../x509/text.ts';
import type { HostSelection } from './selection.ts';

/** ECMAScript's last instant, in milliseconds; logs sign any 64-bit number. */
const MAX_TIME = 8.64e15;
/** Two characters an octet, within the 200 of an excerpt. */
const EXCERPT_OCTETS = 100;

/** One entry: its certificate (or, for a precertificate, the bare TBSCertificate) fills `start..end` of `bytes`. */
export interface EntryBytes {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
  readonly precert: boolean;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  readonly index: number;
}

/** Adds the items of one entry to `into`. */
export function entryItems(entry: EntryBytes, port: number | null, selection: HostSelection, into: FeedItem[]): void {
  const { bytes, start, end, index } = entry;
  const names = readNames(bytes, start, end, entry.precert ? 'tbs' : 'certificate');
  if (names === null) {
    into.push(rejectedEntry('bad_certificate', bytes, start, end, index));
    return;
  }
  for (const host of selection.select(names)) {
    into.push({ type: 'sighting', host, port, observedAt: timeText(entry.timestamp), at: `entry ${index}` });
  }
}

export function rejectedEntry(reason: string, bytes: Uint8Array, start: number, end: number, index: number): Rejection {
  const excerpt = hexText(bytes, start, Math.min(end, start + EXCERPT_OCTETS));
  return { type: 'rejection', reason, at: `entry ${index}`, excerpt };
}

/** RFC 3339, or null for a time that is beyond every date. */
export function timeText(milliseconds: number): string | null {
  return milliseconds <= MAX_TIME ? new Date(milliseconds).toISOString() : null;
}
