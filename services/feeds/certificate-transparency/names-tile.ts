// Names tiles: JSON lines of what a log read out of its certificates. Not covered by any signature. Sunlight, names-tiles.md.
import { KubecensusError } from '../../platform/errors.ts';
import type { FeedItem } from '../feed.ts';
import { integerOf, member, parseJson, recordOf, textOf, textsOf } from '../json.ts';
import { MAX_NAMES } from '../x509/names.ts';
import { timeText } from './entry-items.ts';
import type { LogFiles } from './log-files.ts';
import type { TileStep } from './progress.ts';
import type { HostSelection } from './selection.ts';
import { TILE_WIDTH } from './tile.ts';

/** The lines of one tile; `numbered` when there is one for every entry, so that a line's place is its entry. */
export interface NamesTile {
  readonly lines: readonly string[];
  readonly numbered: boolean;
}

/** Longer than any name (RFC 1035 has 253 characters): what is cut is refused later on as a name. */
const MAX_NAME = 1024;
const EXCERPT = 200;

/** Names tiles of one run. The first that does not come ends them: the run goes on with data tiles, as the log's own client does. */
export class NamesTiles {
  readonly #files: LogFiles;
  #absent = false;

  constructor(files: LogFiles) {
    this.#files = files;
  }

  /** Null when there is no such tile, or it is none. */
  async read(index: number, width: number, signal: AbortSignal): Promise<NamesTile | null> {
    if (this.#absent) return null;
    const body = await this.#files.names(index, width, signal).catch((error: unknown) => {
      if (error instanceof KubecensusError) return null;
      throw error;
    });
    const tile = body === null ? null : namesTile(body.toString(), width);
    this.#absent = tile === null;
    return tile;
  }
}

/**
 * Cuts a names tile of `width` entries. A log leaves out the line of a certificate that it cannot read and writes no index, so fewer
 * lines than entries cannot be numbered; more, or a first line that is no object, is no names tile (null).
 */
export function namesTile(text: string, width: number): NamesTile | null {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  if (lines.length > width) return null;
  const first = lines[0];
  if (first !== undefined && recordOf(parseJson(first)) === null) return null;
  return { lines, numbered: lines.length === width };
}

/** The items of the lines that the step asks for; of all lines where they cannot be numbered. Each says that nobody vouches for it. */
export function* namesItems(
  tile: NamesTile,
  step: TileStep,
  port: number | null,
  selection: HostSelection,
): Generator<FeedItem, void, void> {
  const base = step.tile * TILE_WIDTH;
  for (const [i, line] of tile.lines.entries()) {
    if (tile.numbered && (base + i < step.from || base + i >= step.to)) continue;
    const place = tile.numbered ? `entry ${base + i}` : `line ${i + 1} of names tile ${step.tile}`;
    const at = `${place} (unauthenticated)`;
    const value = parseJson(line);
    if (recordOf(value) === null) {
      yield { type: 'rejection', reason: 'bad_json', at, excerpt: line.slice(0, EXCERPT) };
      continue;
    }
    const commonName = textOf(member(value, 'Subject', 'CommonName'), MAX_NAME);
    const dnsNames = textsOf(member(value, 'DNS'), MAX_NAMES, MAX_NAME) ?? [];
    const ipAddresses = textsOf(member(value, 'IP'), MAX_NAMES, MAX_NAME) ?? [];
    const commonNames = commonName === null ? [] : [commonName];
    const nameCount = dnsNames.length + ipAddresses.length;
    const names = { commonNames, dnsNames, ipAddresses, nameCount, truncated: nameCount >= MAX_NAMES };
    const time = integerOf(member(value, 'Timestamp'), 0, Number.MAX_SAFE_INTEGER);
    const observedAt = time === null ? null : timeText(time);
    for (const host of selection.select(names)) yield { type: 'sighting', host, port, observedAt, at };
  }
}
