// Words that readers see for the slugs that are stored: distributions, authentication, countries, networks, support.
import { PROVIDERS, VERSION_DISTRIBUTIONS } from '../fingerprints/data/distributions.ts';
import type { Role } from './chart.ts';
import type { HeadlineData } from './headline-data.ts';

/** Written where the value of a dimension was not observed. */
export const NOT_OBSERVED = 'not observed';

const DISTRIBUTIONS: Readonly<Record<string, string>> = { ...VERSION_DISTRIBUTIONS, ...PROVIDERS };

export function distributionName(slug: string | null): string {
  if (slug === null || slug === '') return NOT_OBSERVED;
  if (slug === 'unknown') return 'no known distribution';
  return Object.hasOwn(DISTRIBUTIONS, slug) ? DISTRIBUTIONS[slug]! : slug;
}

const AUTHENTICATION: Readonly<Record<string, string>> = {
  'anonymous-full': 'answers every request without credentials',
  'anonymous-public': 'answers /version and health without credentials (the default)',
  'anonymous-health': 'answers health without credentials, hides its version',
  'anonymous-denied': 'knows anonymous requests and denies them',
  required: 'asks for credentials on every path',
  'client-certificate': 'asks for a client certificate in the TLS handshake',
  none: 'has no authentication',
};

export function authenticationName(slug: string | null): string {
  if (slug === null) return NOT_OBSERVED;
  return AUTHENTICATION[slug] ?? slug;
}

const REGIONS = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' });

/** "DE" -> "Germany"; what is no region code stays as it is. */
export function countryName(code: string | null): string {
  if (code === null) return NOT_OBSERVED;
  return (/^[A-Z]{2}$/.test(code) ? REGIONS.of(code) : undefined) ?? code;
}

/** "16509" -> "AS16509 Amazon.com". */
export function networkName(data: Pick<HeadlineData, 'networkNames'>, asn: string | null): string {
  if (asn === null) return NOT_OBSERVED;
  const name = Object.hasOwn(data.networkNames, asn) ? data.networkNames[asn] : undefined;
  return name === undefined ? `AS${asn}` : `AS${asn} ${name}`;
}

/** The values of support in the order of life, with the words and colours of every picture. */
export const SUPPORT = [
  { slug: 'supported', label: 'supported', role: 'supported' },
  { slug: 'maintenance', label: 'maintenance only', role: 'maintenance' },
  { slug: 'end-of-life', label: 'end of life', role: 'end-of-life' },
  { slug: 'unknown', label: 'not in the calendar', role: 'unknown' },
] as const satisfies readonly { slug: string; label: string; role: Role }[];

export function supportName(slug: string | null): string {
  return SUPPORT.find((one) => one.slug === slug)?.label ?? NOT_OBSERVED;
}

export const SERIES_ROLES = [
  'series-1',
  'series-2',
  'series-3',
  'series-4',
  'series-5',
  'series-6',
] as const satisfies readonly Role[];

/** "1.9" before "1.10"; words after numbers. */
export function compareMinors(a: string, b: string): number {
  const key = (minor: string): number => {
    const [major = Number.NaN, rest = Number.NaN] = minor.split('.').map(Number);
    return Number.isNaN(major) || Number.isNaN(rest) ? Number.POSITIVE_INFINITY : major * 1000 + rest;
  };
  const [left, right] = [key(a), key(b)];
  if (left === right) return a < b ? -1 : a > b ? 1 : 0;
  return left < right ? -1 : 1;
}
