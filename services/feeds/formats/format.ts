// What a file format is: how it is recognised, and how its rows become items of a feed.
import type { FeedItem } from '../feed.ts';

/** The beginning of a file, as plain UTF-8 text. */
export interface Head {
  /** Whole lines that are not blank, in order; the only line of a one-line file even when it goes on. */
  readonly lines: readonly string[];
  /** The file's own name without folders; some formats keep their day there. */
  readonly fileName: string;
}

/** How sure a format is that a file is its own. */
export interface Detection {
  /** 0: certainly not, 1: nothing else looks like this. */
  readonly score: number;
  /** For people: what spoke for or against it. */
  readonly why: string;
}

export interface FormatOptions {
  /** The feed's name; becomes the source of the evidence. */
  readonly feed: string;
  readonly fileName: string;
  /** When rows have no time of their own: RFC 3339, or null. */
  readonly observedAt: string | null;
  /** Whether a CIDR row stands for its addresses (at most 256). */
  readonly expandCidr: boolean;
  /** The current time: rows from the future are wrong. */
  readonly now: Date;
}

export interface FileFormat {
  /** As given to --format; never changes. */
  readonly name: string;
  readonly title: string;
  readonly kind: 'sightings' | 'counts';
  detect(head: Head): Detection;
  /**
   * Items in the order of the file, from plain bytes. Every row yields at least one sighting, count or rejection; blank lines and comments
   * yield none. Memory does not grow with the file. Throws KubecensusError when the file as a whole cannot be used.
   */
  parse(input: AsyncIterable<Uint8Array>, options: FormatOptions): AsyncIterable<FeedItem>;
}

/** The share of the first lines for which `test` holds: the usual score. */
export function shareOf(lines: readonly string[], test: (line: string) => boolean): number {
  return lines.length === 0 ? 0 : lines.filter(test).length / lines.length;
}
