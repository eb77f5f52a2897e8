// Bytes in, items out: what the tests of file formats share.
import type { FeedItem, Rejection, Sighting } from '../../../services/feeds/feed.ts';
import type { FileFormat, FormatOptions } from '../../../services/feeds/formats/format.ts';

export const NOW = new Date('2026-11-24T20:00:00Z');

export const OPTIONS: FormatOptions = {
  feed: 'mine',
  fileName: 'rows.txt',
  observedAt: null,
  port: null,
  expandCidr: false,
  now: NOW,
};

/** A stream of the given pieces. */
export async function* streamOf(...pieces: readonly (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) yield typeof piece === 'string' ? Buffer.from(piece) : piece;
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

export function parse(
  format: FileFormat,
  text: string | Uint8Array,
  options: Partial<FormatOptions> = {},
): Promise<FeedItem[]> {
  return collect(format.parse(streamOf(text), { ...OPTIONS, ...options }));
}

export const sightings = (items: readonly FeedItem[]): Sighting[] => items.filter((item) => item.type === 'sighting');
export const rejections = (items: readonly FeedItem[]): Rejection[] =>
  items.filter((item) => item.type === 'rejection');
export const reasons = (items: readonly FeedItem[]): string[] =>
  rejections(items).map((item) => `${item.at}: ${item.reason}`);
