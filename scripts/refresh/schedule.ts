// Reads upstream's release calendar: schedule.yaml (minors with their patches) and eol.yaml (minors that have ended) of kubernetes/website.
import { parse } from 'yaml';

/** What a calendar says about one minor. Days are YYYY-MM-DD; null where it says nothing. */
export interface CalendarMinor {
  readonly minor: number;
  readonly released: string | null;
  readonly endOfLife: string | null;
  /** patch -> day, of patches that are named as released. */
  readonly patches: ReadonlyMap<number, string>;
  /** Statements of the same file that contradict the ones above. */
  readonly differs: readonly string[];
}

const DAY = /^\d{4}-\d\d-\d\d$/;

/** data/releases/schedule.yaml. Throws for a file of another form, naming the place. */
export function readSchedule(text: string): readonly CalendarMinor[] {
  return list(parsed(text), 'schedules').map((entry) => {
    const minor = minorOf(entry['release']);
    const patches = new Map<number, string>();
    for (const patch of list(entry, 'previousPatches', true)) {
      const [of, number] = patchOf(patch['release']);
      if (of !== minor) throw new Error(`1.${minor}: ${String(patch['release'])} stands among its patches`);
      patches.set(number, day(patch['targetDate'], `1.${minor}.${number}`));
    }
    const stated = optionalDay(entry['releaseDate'], `1.${minor}`);
    const first = patches.get(0) ?? null;
    return {
      minor,
      // The first patch's own day comes first: the entry's head has been seen with a year that was wrong.
      released: first ?? stated,
      endOfLife: optionalDay(entry['endOfLifeDate'], `1.${minor}`),
      patches,
      differs: stated !== null && first !== null && stated !== first ? [`schedule.yaml releaseDate ${stated}`] : [],
    };
  });
}

/** data/releases/eol.yaml. */
export function readEndsOfLife(text: string): readonly CalendarMinor[] {
  return list(parsed(text), 'branches').map((entry) => {
    const minor = minorOf(entry['release']);
    const endOfLife = day(entry['endOfLifeDate'], `1.${minor}`);
    return { minor, released: null, endOfLife, patches: new Map(), differs: [] };
  });
}

type Mapping = Readonly<Record<string, unknown>>;

/** Every scalar stays text: as numbers, 1.30 would be 1.3. */
function parsed(text: string): Mapping {
  return mapping(parse(text, { schema: 'failsafe' }), 'the file');
}

function mapping(value: unknown, where: string): Mapping {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`${where} is no mapping`);
  return value as Mapping;
}

function list(of: Mapping, key: string, mayBeAbsent = false): readonly Mapping[] {
  const value = of[key];
  if (mayBeAbsent && (value === undefined || value === null || value === '')) return [];
  if (!Array.isArray(value)) throw new Error(`${key} is no list`);
  return value.map((entry, at) => mapping(entry, `${key} ${at + 1}`));
}

function minorOf(value: unknown): number {
  const minor = /^1\.(\d{1,3})$/.exec(String(value))?.[1];
  if (minor === undefined) throw new Error(`${String(value)} is no minor`);
  return Number(minor);
}

function patchOf(value: unknown): readonly [minor: number, patch: number] {
  const match = /^1\.(\d{1,3})\.(\d{1,4})$/.exec(String(value));
  if (match === null) throw new Error(`${String(value)} is no patch release`);
  return [Number(match[1]), Number(match[2])];
}

function day(value: unknown, where: string): string {
  const text = String(value);
  if (!DAY.test(text)) throw new Error(`${where}: ${text} is no day`);
  return text;
}

function optionalDay(value: unknown, where: string): string | null {
  return value === undefined || value === null || value === '' ? null : day(value, where);
}
