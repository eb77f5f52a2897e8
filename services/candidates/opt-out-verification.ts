// How much an opt-out may take away before somebody checks who asked, and how that is checked.
import { NETWORK_LENGTH, type Prefix, parsePrefix } from '../platform/net/address.ts';
import type { OptOutRow } from './opt-out.ts';

/** How it was found that whoever asked speaks for what they named. */
export const VERIFICATIONS = {
  'dns-txt': 'a TXT record beside the name, or in the reverse zone of the network, holds the token',
  'abuse-contact': "the abuse contact that the network's registry names has answered",
  'reverse-domain': 'the mail came from the domain of the reverse names or from the domain itself',
  'own-decision': 'whoever runs the survey decided it, as with a block list of theirs',
} as const;
export type Verification = keyof typeof VERIFICATIONS;
/** What a person may say. The DNS is asked and not believed. */
export const BY_PEOPLE = (Object.keys(VERIFICATIONS) as Verification[]).filter((how) => how !== 'dns-txt');

export interface Proof {
  readonly how: Verification;
  /** A person or an API key. */
  readonly by: string;
}

/** 128 bits: nobody guesses what only the DNS of the network shall say. */
export const TOKEN_BYTES = 16;

/** As many names as a /24 has addresses: what a mistaken or malicious request may take away unverified. */
export const UNVERIFIED_NAMES = 256;

/**
 * Whether the opt-out holds before anybody verified it: a single address or key, a network up to a /24 or /48, a suffix with few names
 * below it. `names`: how many known names a suffix covers.
 */
export function holdsUnverified({ kind, value }: OptOutRow, names: number): boolean {
  if (kind === 'address' || kind === 'certificate-key') return true;
  if (kind === 'dns-suffix') return names <= UNVERIFIED_NAMES;
  const prefix = kind === 'prefix' ? parsePrefix(value) : null;
  return prefix !== null && prefix.length >= NETWORK_LENGTH[prefix.address.family];
}

/** What has to be put into the DNS; every name needs the record. */
export interface TxtRecords {
  readonly names: readonly string[];
  readonly text: string;
}

/** The label is no host name, so that it is in nobody's way (RFC 8552). */
const LABEL = '_kubecensus-opt-out';

/** The records that verify the request, or null for what has no zone of its own: AS numbers and keys. */
export function txtRecords({ kind, value }: OptOutRow, token: string): TxtRecords | null {
  const zones = kind === 'dns-suffix' ? [value] : reverseZones(parsePrefix(value, { bare: true }));
  if (zones.length === 0) return null;
  return { names: zones.map((zone) => `${LABEL}.${zone}`), text: `kubecensus-opt-out=${token}` };
}

/** Zones are cut at whole octets (RFC 1035 3.5) and hexadecimal digits (RFC 3596 2.5): a network between two cuts has up to 128, or 8. */
function reverseZones(prefix: Prefix | null): string[] {
  if (prefix === null) return [];
  const { address, length } = prefix;
  const four = address.family === 4;
  const bits = four ? 8 : 4;
  const digits = four ? [...address.bytes] : [...address.bytes].flatMap((byte) => [byte >> 4, byte & 15]);
  const count = Math.max(1, Math.ceil(length / bits));
  const zones = 2 ** (count * bits - length);
  const [last = 0] = digits.slice(count - 1);
  return Array.from({ length: zones }, (_, step) =>
    [...digits.slice(0, count - 1), last + step]
      .reverse()
      .map((digit) => digit.toString(four ? 10 : 16))
      .concat(four ? 'in-addr.arpa' : 'ip6.arpa')
      .join('.'),
  );
}
