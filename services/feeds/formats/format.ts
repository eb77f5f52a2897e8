// What a file format is: how it is recognised, and how its rows become items of a feed.
import type { FeedItem } from '../feed.ts';

/** The beginning of a file, as plain UTF-8 text. */
export interface Head {
  /** Whole lines that are not blank, in order; the only line of a one-line file even when it goes on. */
  readonly lines: readonly string[];
  /** The file's own name without folders; some formats keep their day or port there. */
  readonly fileName: string;
  /** Lines among the first ones that are no text: binary files have hardly any others. */
  readonly unreadable?: number;
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
  /** When rows have no port of their own: as the user wrote it, or null. */
  readonly port: string | null;
  /** Whether a CIDR row stands for its addresses (at most 256). */
  readonly expandCidr: boolean;
  /** The current time: rows from the future are wrong. */
  readonly now: Date;
}

/** One of several files that were given together. */
export interface Part {
  readonly head: Head;
  /** Plain bytes from the start. */
  readonly open: () => AsyncIterable<Uint8Array>;
}

/** Room on disk for what does not fit into memory: numbered buckets of lines, gone when the work is done. */
export interface Scratch {
  readonly buckets: number;
  /** Adds one line (without a newline) to a bucket; resolves when it may be forgotten. */
  append(bucket: number, line: string): Promise<void>;
  /** What was added to a bucket, in order. Nothing is added afterwards. */
  read(bucket: number): AsyncIterable<Uint8Array>;
}

export interface FileFormat {
  /** As given to --format; never changes. */
  readonly name: string;
  readonly title: string;
  readonly kind: 'sightings' | 'counts';
  /** Whether it has a use for `port`: other formats refuse the option rather than ignore it. */
  readonly takesPort?: true;
  detect(head: Head): Detection;
  /**
   * Items in the order of the file (an endpoint's rows may stand together at its first), from plain bytes. Every row yields at least one
   * sighting, count or rejection; blank lines and comments yield none. Memory does not grow with the file. Throws KubecensusError when the
   * file as a whole cannot be used.
   */
  parse(input: AsyncIterable<Uint8Array>, options: FormatOptions): AsyncIterable<FeedItem>;
  /** For formats that spread one delivery over several files: reads them together, in any order. Others read file after file. */
  join?(parts: readonly Part[], options: FormatOptions, scratch: Scratch): AsyncIterable<FeedItem>;
}

/** The share of the first lines for which `test` holds: the usual score. */
export function shareOf(lines: readonly string[], test: (line: string) => boolean): number {
  return lines.length === 0 ? 0 : lines.filter(test).length / lines.length;
}

/** The detection of formats that are told line by line. `what` completes "100 % of the first 3 lines are …". */
export function detectLines(lines: readonly string[], what: string, test: (line: string) => boolean): Detection {
  const score = shareOf(lines, test);
  return { score, why: `${Math.round(score * 100)} % of the first ${lines.length} lines are ${what}` };
}
