// Everything the headline report is made of, read once by report.store.ts and built by hand in tests.
import type { ClusterInterval } from '../rollups/cluster-estimate.ts';
import type { UnitHeadline } from '../rollups/headline.ts';
import type { HeadlineJump } from '../rollups/headline-jump.ts';
import type { Cell, Dimension, Unit } from '../rollups/rollup.ts';
import type { SampleEstimate } from '../rollups/sample-estimate.ts';
import type { VantageCounts } from '../rollups/vantages.ts';

export interface SurveyFacts {
  readonly id: string;
  readonly method: 'active' | 'passive';
  readonly state: 'planning' | 'running' | 'stopped' | 'complete';
  readonly seed: string;
  /** null: every target; else the probability with which each was drawn. */
  readonly sample: number | null;
  readonly ports: readonly number[];
  readonly feeds: readonly string[];
  readonly scope: readonly string[];
  readonly vantage: string;
  /** Connections per second at most. */
  readonly rate: number;
  readonly targetCount: number;
  /** Candidates that did not become targets, by reason. */
  readonly excludedBy: Readonly<Record<string, number>>;
  readonly chunks: { readonly total: number; readonly committed: number };
  /** RFC 3339. */
  readonly createdAt: string;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  /** What stopped itself in it, and what looks wrong about it: words of rollups/counted-survey.ts. Absent: nothing. */
  readonly flags?: readonly string[];
  /** Networks and AS that began to refuse us and were left alone, and the endpoints that were not asked for it. Absent: none. */
  readonly leftAlone?: { readonly scopes: number; readonly endpoints: number };
  /** Targets of chunks that were given up. Absent: none. */
  readonly givenUp?: number;
  /** The headline that jumped. Absent: none did. */
  readonly jump?: HeadlineJump;
  /** The survey's own manifest, as stored (policy snapshot, versions of data tables …). */
  readonly manifest: Readonly<Record<string, unknown>>;
}

/** The counts of one survey by one set of dimensions, in one unit. */
export interface Rollup {
  readonly unit: Unit;
  readonly dims: readonly Dimension[];
  readonly cells: readonly Cell[];
}

export interface FeedRunFacts {
  readonly feed: string;
  readonly kind: 'sightings' | 'counts';
  readonly query: string;
  readonly sourceSha256: string | null;
  readonly upstreams: readonly string[];
  readonly state: 'running' | 'complete' | 'partial' | 'failed';
  readonly partialReason: string | null;
  readonly claimedTotal: number | null;
  readonly read: number;
  readonly accepted: number;
  readonly duplicate: number;
  readonly rejected: number;
  readonly rejectedBy: Readonly<Record<string, number>>;
  readonly capHit: boolean;
  readonly startedAt: string;
}

/** One day's count that somebody else states, its buckets summed by what our fingerprints make of them. Keys: '' where nothing is known. */
export interface TallyFacts {
  readonly feed: string;
  /** RFC 3339. */
  readonly observedAt: string;
  readonly query: string;
  readonly field: string;
  /** In the source's word. */
  readonly unit: string;
  readonly total: number;
  /** What the source says lies outside its buckets. */
  readonly omitted: number | null;
  readonly deviation: number | null;
  readonly byDistribution: Readonly<Record<string, number>>;
  readonly byMinor: Readonly<Record<string, number>>;
  readonly bySupport: Readonly<Record<string, number>>;
}

/** A source of countries or networks, and what its licence and its readers need to be told. The same shape as platform/geo.ts gives. */
export interface GeoSource {
  readonly gives: 'country' | 'asn';
  readonly name: string;
  readonly version: string;
  readonly licence: string | null;
  readonly attribution: string | null;
  readonly caveat: string | null;
}

export interface HeadlineData {
  /** RFC 3339. */
  readonly generatedAt: string;
  readonly codeVersion: string;
  readonly survey: SurveyFacts;
  readonly headline: Readonly<Record<Unit, UnitHeadline>>;
  readonly rollups: readonly Rollup[];
  /** How many clusters the confirmed and probable endpoints belong to, at least and at most by the estimate. Absent: not estimated. */
  readonly clusters?: ClusterInterval;
  /** What a sampled or stopped survey says of the rest. Absent or null: nothing was sampled. */
  readonly sampling?: SampleEstimate | null;
  /** What each of several vantages saw. Absent or null: there was one, or it is withheld. */
  readonly vantages?: VantageCounts | null;
  readonly feedRuns: readonly FeedRunFacts[];
  readonly tallies: readonly TallyFacts[];
  /** AS number (decimal) -> name of the network, as the source of networks spells it. */
  readonly networkNames: Readonly<Record<string, string>>;
  readonly geo: readonly GeoSource[];
  /** Present where some cells are withheld from publication: says which, so that none of them reads as nothing. */
  readonly isWithheld?: (dims: readonly Dimension[], values: readonly string[]) => boolean;
  /** Whether the two counts themselves rest on too few networks to be published. Absent: they do not. */
  readonly isHeadlineWithheld?: boolean;
  /** An earlier survey to stand beside this one. */
  readonly compare: { readonly survey: SurveyFacts; readonly headline: Readonly<Record<Unit, UnitHeadline>> } | null;
}

/** The count of one cell: 0 when nothing is in it, null when it is withheld from publication. */
export function cellCount(
  data: HeadlineData,
  unit: Unit,
  dims: readonly Dimension[],
  values: Cell['values'],
): number | null {
  const words = dims.map((dim) => values[dim] ?? '');
  const wanted = dims.join();
  const found = data.rollups.find((rollup) => rollup.unit === unit && rollup.dims.join() === wanted);
  const counted = found === undefined ? undefined : countsOf(found).get(JSON.stringify(words));
  return counted ?? (data.isWithheld?.(dims, words) === true ? null : 0);
}

/** Networks are tens of thousands, and each is looked up by component. */
const COUNTS = new WeakMap<Rollup, ReadonlyMap<string, number>>();

function countsOf(rollup: Rollup): ReadonlyMap<string, number> {
  const known = COUNTS.get(rollup);
  if (known !== undefined) return known;
  const counts = new Map(
    rollup.cells.map((cell) => [JSON.stringify(rollup.dims.map((dim) => cell.values[dim] ?? '')), cell.count]),
  );
  COUNTS.set(rollup, counts);
  return counts;
}

/** The cells of one rollup, largest first, ties by values; [] when the survey keeps no such rollup. */
export function cellsOf(data: HeadlineData, unit: Unit, ...dims: readonly Dimension[]): readonly Cell[] {
  const wanted = dims.join();
  const found = data.rollups.find((rollup) => rollup.unit === unit && rollup.dims.join() === wanted);
  return found === undefined ? [] : inOrderOf(found);
}

/** Sorted once: sections and forms of one page ask for the same cells again and again. */
const IN_ORDER = new WeakMap<Rollup, readonly Cell[]>();

function inOrderOf(rollup: Rollup): readonly Cell[] {
  const known = IN_ORDER.get(rollup);
  if (known !== undefined) return known;
  const keyed = rollup.cells.map((cell) => ({
    cell,
    key: JSON.stringify(rollup.dims.map((dim) => cell.values[dim] ?? null)),
  }));
  keyed.sort((a, b) => b.cell.count - a.cell.count || (a.key < b.key ? -1 : 1));
  const cells = keyed.map(({ cell }) => cell);
  IN_ORDER.set(rollup, cells);
  return cells;
}
