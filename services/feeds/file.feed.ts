// A file as a feed: looked at once as a whole (digest, damage, format), then read row by row.
import { createHash } from 'node:crypto';
import { type Clock, systemClock } from '../platform/clock.ts';
import { KubecensusError } from '../platform/errors.ts';
import type { Checkpoint, Feed, FeedItem } from './feed.ts';
import { type FileSource, lookAt, type Open, openFile } from './file-source.feed.ts';
import type { FileFormat, FormatOptions, Part } from './formats/format.ts';
import { chooseFormat } from './formats/index.ts';
import { integerOf, member } from './json.ts';
import { readObservedAt } from './observed-at.ts';
import { portOf } from './read-evidence.ts';
import { redact } from './redact.ts';
import { openScratch } from './scratch.feed.ts';

export interface FileFeedOptions {
  readonly path: string;
  /** Further files of the same delivery, for formats that spread one over several. */
  readonly morePaths?: readonly string[];
  /** The feed's name; null: the name of the format. */
  readonly name: string | null;
  /** A format's name, or auto. */
  readonly format: 'auto' | (string & {});
  /** For rows without a time of their own: RFC 3339, or a day (00:00 UTC); null when unknown. */
  readonly observedAt: string | null;
  /** For rows without a port of their own; null when unknown: then the survey's ports apply. */
  readonly port?: string | null;
  readonly expandCidr: boolean;
  /** Opens the file's bytes; called for the look and for every pull. */
  readonly open?: Open;
  readonly clock?: Clock;
}

export interface FileFeed extends Feed {
  /** Which format was chosen, and why. */
  readonly decision: string;
  /** Of the file as it is, packed or not; of several files, of their digests in order. Lower-case hex. */
  readonly sha256: string;
}

/** Rows between two checkpoints: what a killed import repeats at most. */
const CHECKPOINT_ROWS = 5000;

/**
 * Opens a file as a feed. The whole file is read once here, so that a damaged or oversized container or a file that is no data is refused
 * before anything of it is stored. Importing it again yields the same items: the collector counts them as duplicates.
 * Throws KC_FEED_FILE, KC_FEED_FORMAT, KC_FEED_NOT_DATA, KC_FEED_ENCODING, KC_FEED_DAMAGED, KC_FEED_TOO_LARGE or KC_USAGE (observedAt, port,
 * files that do not belong together).
 */
export async function createFileFeed(options: FileFeedOptions): Promise<FileFeed> {
  const now = (options.clock ?? systemClock)();
  const observedAt = fallbackTime(options.observedAt, now);
  const port = fallbackPort(options.port ?? null);
  const sources: FileSource[] = [];
  for (const path of [options.path, ...(options.morePaths ?? [])])
    sources.push(await lookAt(path, options.open ?? openFile));
  const parts = sources.flatMap((source) => source.parts);
  const { format, decision } = formatOf(parts, options.format);
  if (port !== null && format.takesPort !== true)
    throw new KubecensusError('KC_USAGE', `Rows of ${format.name} have ports of their own: --port is not for them.`);
  if (sources.length > 1 && format.join === undefined)
    throw new KubecensusError('KC_USAGE', `Files of ${format.name} are feeds of their own: import them one by one.`);
  const fileName = sources.map((source) => source.fileName).join(', ');
  const name = options.name ?? format.name;
  const settings = { feed: name, observedAt, port, expandCidr: options.expandCidr, now };
  const sha256 = digestOf(sources);
  return {
    name,
    kind: format.kind,
    title: `${format.title}: ${redact(fileName)}`,
    terms: 'Those of whoever gave you the file.',
    upstreams: [],
    cost: 'none',
    query: redact(fileName),
    decision: redact(decision),
    sha256,
    pull: (since, signal) => pull({ sha256, items: () => itemsOf(format, parts, settings), sources }, since, signal),
  };
}

/** One format for all parts. Throws KC_FEED_NOT_DATA when an archive mixes formats. */
function formatOf(parts: readonly Part[], name: string): { format: FileFormat; decision: string } {
  const choices = parts.map(({ head }) => chooseFormat(head, name));
  const [first] = choices as [(typeof choices)[number], ...typeof choices];
  const other = choices.find(({ format }) => format !== first.format);
  if (other !== undefined)
    throw new KubecensusError(
      'KC_FEED_NOT_DATA',
      `The files have different formats: ${first.decision}; ${other.decision}.`,
    );
  const shown = choices
    .slice(0, 3)
    .map(({ decision }) => decision)
    .join('; ');
  return { format: first.format, decision: choices.length > 3 ? `${shown}; and ${choices.length - 3} more` : shown };
}

function digestOf(sources: readonly FileSource[]): string {
  const [first, ...others] = sources.map(({ sha256 }) => sha256);
  return others.length === 0
    ? (first as string)
    : createHash('sha256')
        .update([first, ...others].join('\n'))
        .digest('hex');
}

function fallbackTime(given: string | null, now: Date): string | null {
  const time = readObservedAt(given !== null && /^\d{4}-\d{2}-\d{2}$/.test(given) ? `${given}T00:00:00Z` : given, now);
  if (!time.ok)
    throw new KubecensusError(
      'KC_USAGE',
      `The time of observation ${given} is no RFC 3339 time in the past, such as 2023-05-07T00:00:00Z.`,
    );
  return time.time;
}

function fallbackPort(given: string | null): string | null {
  if (given !== null && portOf(given) === null)
    throw new KubecensusError('KC_USAGE', `The port ${given} is no whole number from 1 to 65535.`);
  return given;
}

/** Rows of all parts, one part after the other or, where the format joins them, together. */
async function* itemsOf(
  format: FileFormat,
  parts: readonly Part[],
  settings: Omit<FormatOptions, 'fileName'>,
): AsyncGenerator<FeedItem> {
  const [only] = parts;
  if (parts.length > 1 && format.join !== undefined) {
    const scratch = await openScratch();
    try {
      yield* format.join(parts, { ...settings, fileName: (only as Part).head.fileName }, scratch);
    } finally {
      await scratch.close();
    }
    return;
  }
  for (const part of parts) {
    const { fileName } = part.head;
    for await (const item of format.parse(part.open(), { ...settings, fileName }))
      yield parts.length > 1 && 'at' in item ? { ...item, at: `${redact(fileName)} ${item.at}` } : item;
  }
}

interface Source {
  readonly items: () => AsyncIterable<FeedItem>;
  readonly sha256: string;
  readonly sources: readonly FileSource[];
}

/** Goes on after the committed rows of the same bytes; a file that was read to its end, or has changed, is read from the start. */
async function* pull(
  { items, sha256, sources }: Source,
  since: unknown,
  signal: AbortSignal,
): AsyncGenerator<FeedItem> {
  const resumes = member(since, 'sha256') === sha256 && member(since, 'done') !== true;
  const skip = resumes ? (integerOf(member(since, 'rows'), 0, Number.MAX_SAFE_INTEGER) ?? 0) : 0;
  let rows = 0;
  let noted = false;
  const checkpoint = (done: boolean): Checkpoint => ({ type: 'checkpoint', cursor: { sha256, rows, done } });
  for await (const item of items()) {
    if (signal.aborted) {
      yield { type: 'note', partial: 'stopped' };
      yield checkpoint(false);
      return;
    }
    const row = item.type !== 'note' && item.type !== 'checkpoint';
    if (row) rows += 1;
    noted ||= item.type === 'note';
    if (row && rows <= skip) continue;
    yield item;
    if (row && rows % CHECKPOINT_ROWS === 0) yield checkpoint(false);
  }
  if (rows === 0 && !noted) yield { type: 'note', partial: 'feed_empty' };
  for (const source of sources) if (!(await source.unchanged())) yield { type: 'note', partial: 'file_changed' };
  yield checkpoint(true);
}
