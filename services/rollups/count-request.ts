// What may be asked of the counts, read from words: dimensions, conditions, units. One reading for the command line and the API.
import { PROVIDERS, VERSION_DISTRIBUTIONS } from '../fingerprints/data/distributions.ts';
import { COMPONENTS, GRADES } from '../fingerprints/verdict.ts';
import { KubecensusError } from '../platform/errors.ts';
import { OUTCOME_NAMES } from '../probes/outcome.ts';
import { DIMENSION_NAMES, DIMENSIONS, type Dimension, UNITS, type Unit } from './rollup.ts';

/** The unit that is estimated and never kept. */
export const CLUSTER = 'cluster';
export const COUNTED_UNITS = [...UNITS, CLUSTER] as const;
export type CountedUnit = Unit | typeof CLUSTER;

/** Stands for "not observed" in a condition. */
export const NOT_OBSERVED_WORD = '-';

/** Conditions on counts; '' in a list means not observed. */
export type Where = Readonly<Partial<Record<Dimension, readonly string[]>>>;

/** A closed set of words, or the form of an open one. */
type Known = { readonly words: readonly string[] } | { readonly pattern: RegExp; readonly form: string };

/** Longest value that is looked for: as long as the texts that are stored. */
const LONGEST_VALUE = 512;
/** Any printable text. Versions and feeds name themselves, so that their words are known to nobody beforehand. */
const FREE: Known = { pattern: new RegExp(`^[^\\u0000-\\u001f]{1,${LONGEST_VALUE}}$`, 'u'), form: 'a text' };

/** Which values each dimension can have. */
export const KNOWN_VALUES: Readonly<Record<Dimension, Known>> = {
  component: { words: COMPONENTS },
  grade: { words: GRADES },
  indicator: { words: ['both', 'certificate-name', 'version-endpoint', 'neither'] },
  outcome: { words: OUTCOME_NAMES },
  distribution: { words: Object.keys({ ...VERSION_DISTRIBUTIONS, ...PROVIDERS }) },
  minor: { pattern: /^[0-9]{1,5}\.[0-9]{1,5}$/, form: 'a minor version such as 1.27' },
  version: FREE,
  support: { words: ['supported', 'maintenance', 'end-of-life', 'unknown'] },
  country: { pattern: /^[A-Z]{2}$/, form: 'a country code of two capitals such as DE' },
  asn: { pattern: /^(0|[1-9][0-9]{0,9})$/, form: 'an AS number in digits such as 64512' },
  port: {
    pattern: /^([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])$/,
    form: 'a port from 1 to 65535',
  },
  feed: FREE,
  authentication: {
    words: [
      'anonymous-full',
      'anonymous-public',
      'anonymous-health',
      'anonymous-denied',
      'required',
      'client-certificate',
      'none',
    ],
  },
  honeypot: { words: ['none', 'low', 'medium', 'high'] },
  method: { words: ['active', 'passive'] },
};

/** Dimensions in the order asked. Throws KC_DIMENSION for a word that is none, and for one named twice. */
export function readDimensions(words: readonly string[]): Dimension[] {
  const unknown = words.filter((word) => !Object.hasOwn(DIMENSIONS, word));
  if (unknown.length > 0)
    throw new KubecensusError(
      'KC_DIMENSION',
      `No dimension is named ${unknown.join(', ')}; there are: ${DIMENSION_NAMES.join(', ')}.`,
    );
  const twice = words.filter((word, at) => words.indexOf(word) !== at);
  if (twice.length > 0) throw new KubecensusError('KC_DIMENSION', `${twice.join(', ')} is named twice.`);
  return words as Dimension[];
}

/** A unit that counts can be asked in. Throws KC_DIMENSION. */
export function readUnit(word: string): CountedUnit {
  if ((COUNTED_UNITS as readonly string[]).includes(word)) return word as CountedUnit;
  throw new KubecensusError('KC_DIMENSION', `${word} is no unit; there are: ${COUNTED_UNITS.join(', ')}.`);
}

/**
 * Conditions from pairs of dimension and value; several of one dimension mean either, '-' or '' means not observed. Throws KC_DIMENSION for an
 * unknown dimension and KC_USAGE for a value that the dimension cannot have, with those it can.
 */
export function readConditions(pairs: Iterable<readonly [string, string]>): Where {
  const where: Partial<Record<Dimension, string[]>> = {};
  for (const [name, value] of pairs) {
    const [dim] = readDimensions([name]) as [Dimension];
    where[dim] = [...(where[dim] ?? []), readValue(dim, value)];
  }
  return where;
}

function readValue(dim: Dimension, value: string): string {
  if (value === NOT_OBSERVED_WORD || value === '') return '';
  const known = KNOWN_VALUES[dim];
  if ('words' in known ? known.words.includes(value) : known.pattern.test(value)) return value;
  const expected = 'words' in known ? `there are: ${known.words.join(', ')}` : `it is ${known.form}`;
  throw new KubecensusError(
    'KC_USAGE',
    `${JSON.stringify(value)} is no value of ${dim}; ${expected} (${NOT_OBSERVED_WORD}: not observed).`,
  );
}
