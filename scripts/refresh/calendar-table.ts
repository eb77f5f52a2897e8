// Joins the release calendar's files with the tables as they are: what services/fingerprints/data/releases.ts and patch-dates.ts become.
import type { Release } from '../../services/fingerprints/data/releases.ts';
import type { CalendarMinor } from './schedule.ts';

/** The tags of a release are published up to two days after its day; beyond that two sources differ. */
const PATCH_LAG_DAYS = 2;
/** Release days are tag days too, of a repository that is published the same day or the next. */
const RELEASE_LAG_DAYS = 1;
const DAY_MS = 86_400_000;

export type PatchDates = Readonly<Record<number, Readonly<Record<number, string>>>>;

export interface CalendarSources {
  readonly schedule: readonly CalendarMinor[];
  readonly ends: readonly CalendarMinor[];
  /** Nothing later than this day (YYYY-MM-DD) has happened: plans are left out. */
  readonly at: string;
}

/**
 * Release days: the table's own where it has one (they are days of tags), else the schedule's. Ends of life: eol.yaml, which says what
 * has happened, before schedule.yaml, which plans, before the table. What another source says stands in `differs`.
 */
export function releaseTable(before: readonly Release[], { schedule, ends, at }: CalendarSources): readonly Release[] {
  const minors = new Set([...before, ...schedule, ...ends].map(({ minor }) => minor));
  const rows: Release[] = [];
  for (const minor of [...minors].sort((a, b) => a - b)) {
    const own = before.find((release) => release.minor === minor);
    const planned = schedule.find((release) => release.minor === minor);
    const ended = ends.find((release) => release.minor === minor);
    const released = own?.released ?? planned?.released ?? null;
    if (released === null || released > at) continue;
    const endOfLife = ended?.endOfLife ?? planned?.endOfLife ?? own?.endOfLife ?? null;
    const differs = new Set(
      planned === undefined && ended === undefined ? (own?.differs ?? []) : (planned?.differs ?? []),
    );
    if (planned?.released != null && daysBetween(released, planned.released) > RELEASE_LAG_DAYS)
      differs.add(`schedule.yaml released ${planned.released}`);
    if (planned?.endOfLife != null && planned.endOfLife !== endOfLife)
      differs.add(`schedule.yaml endOfLifeDate ${planned.endOfLife}`);
    rows.push({ minor, released, endOfLife, ...(differs.size === 0 ? {} : { differs: [...differs].sort() }) });
  }
  for (const [index, { minor }] of rows.entries())
    if (minor !== index) throw new Error(`the calendar would lack 1.${index}`);
  return rows;
}

export interface PatchTable {
  readonly dates: PatchDates;
  /** 1.N.P -> what schedule.yaml says instead. */
  readonly differing: Readonly<Record<string, string>>;
}

/** Days of patches: the table's own where it has one (they are days of tags), else the schedule's. */
export function patchTable(before: PatchTable, { schedule, at }: CalendarSources): PatchTable {
  const dates = new Map(Object.entries(before.dates).map(([minor, patches]) => [Number(minor), { ...patches }]));
  const differing = { ...before.differing };
  for (const { minor, patches } of schedule) {
    const own: Record<number, string> = dates.get(minor) ?? {};
    for (const [patch, day] of patches) {
      if (day > at) continue;
      const known = own[patch];
      delete differing[`1.${minor}.${patch}`];
      if (known === undefined) own[patch] = day;
      else if (daysBetween(known, day) > PATCH_LAG_DAYS) differing[`1.${minor}.${patch}`] = day;
    }
    if (Object.keys(own).length > 0) dates.set(minor, own);
  }
  return { dates: Object.fromEntries(dates), differing };
}

function daysBetween(a: string, b: string): number {
  return Math.abs(Date.parse(a) - Date.parse(b)) / DAY_MS;
}
