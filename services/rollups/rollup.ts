// Counts of one survey by some dimensions: which dimensions there are, in which units they count, and which sets are kept ready.

/** What is counted. `cluster` is an estimate and is never kept as a rollup. */
export const UNITS = ['endpoint', 'host', 'certificate'] as const;
export type Unit = (typeof UNITS)[number];

/** Every dimension a survey can be counted by. An observation has one value of each, or none; only `feed` may hold several. */
export const DIMENSIONS = {
  component: 'what was recognised at the endpoint',
  grade: 'how sure that is: confirmed, probable, possible, not',
  indicator: 'which of the two headline indicators hold: both, certificate-name, version-endpoint, neither',
  outcome: 'how the probe ended',
  distribution: 'the distribution that the evidence proves; vanilla where nothing proves a provider',
  minor: 'the minor version, e.g. 1.27',
  version: 'the gitVersion as printed',
  support: 'upstream support on the day of observation',
  country: 'country of the address',
  asn: 'AS number of the address',
  port: 'the port',
  feed: 'the feed that named the endpoint; an endpoint of several feeds counts in each',
  authentication: 'what the endpoint answers without credentials',
  honeypot: 'the consistency grade: none, low, medium, high',
  method: 'active: our own probe; passive: evidence of a feed',
} as const;
export type Dimension = keyof typeof DIMENSIONS;
export const DIMENSION_NAMES = Object.keys(DIMENSIONS) as Dimension[];

/** The sets of dimensions that every survey keeps ready; others are counted from the observations when asked. */
export const ROLLUP_SETS: readonly (readonly Dimension[])[] = [
  [],
  ['component'],
  ['component', 'grade'],
  ['component', 'outcome'],
  ['component', 'port'],
  ['grade'],
  ['indicator'],
  ['component', 'indicator'],
  ['outcome'],
  ['distribution'],
  ['component', 'distribution'],
  ['minor'],
  ['component', 'minor'],
  ['minor', 'support'],
  ['component', 'version'],
  ['version'],
  ['support'],
  ['component', 'support'],
  ['country'],
  ['component', 'country'],
  ['asn'],
  ['component', 'asn'],
  ['port'],
  ['authentication'],
  ['component', 'authentication'],
  ['feed'],
  ['component', 'feed'],
  ['honeypot'],
  ['component', 'honeypot'],
  ['method'],
  ['distribution', 'minor'],
  ['country', 'minor'],
  ['country', 'support'],
];

/** The kept set of exactly these dimensions, in its own order; null where none is kept. Pure. */
export function keptSetOf(dims: ReadonlySet<Dimension>): readonly Dimension[] | null {
  return ROLLUP_SETS.find((set) => set.length === dims.size && set.every((dim) => dims.has(dim))) ?? null;
}

/** One counted cell. A null value means that the dimension was not observed or does not apply. */
export interface Cell {
  readonly values: Readonly<Partial<Record<Dimension, string | null>>>;
  readonly count: number;
}
