// Opt-outs: who asked not to be asked. Matched before planning, before dialling and before export; permanent until withdrawn.
import { createHash } from 'node:crypto';
import { KubecensusError } from '../platform/errors.ts';
import { type Address, parseAddress, parsePrefix } from '../platform/net/address.ts';
import { createPrefixSet } from '../platform/net/prefix-set.ts';
import { canonicalSuffix } from './name.ts';
import { coverageOf, type OptOutCoverage } from './opt-out-coverage.ts';

export const OPT_OUT_KINDS = ['address', 'prefix', 'asn', 'dns-suffix', 'certificate-key'] as const;
export type OptOutKind = (typeof OPT_OUT_KINDS)[number];

/** One request, as stored. `certificate-key` is the SHA-256 of the subject public key info, in hex. */
export interface OptOutRow {
  readonly kind: OptOutKind;
  readonly value: string;
}

/** An immutable snapshot of all opt-outs. */
export interface OptOuts {
  /** SHA-256 over the canonical rows in order: equal lists have equal versions, however they were written or sorted. */
  readonly version: string;
  readonly size: number;
  readonly counts: Readonly<Record<OptOutKind, number>>;
  /** IPv4 addresses that addresses and prefixes cover, for the report: what is left out biases a count. */
  readonly ipv4Addresses: number;
  /** The same of what may be probed at all, in both families and as shares. */
  readonly coverage: OptOutCoverage;
  hasAddress(address: Address): boolean;
  hasAsn(asn: number): boolean;
  /** A canonical name (lower case, no trailing dot) that is a suffix listed or lies below one. */
  hasName(name: string): boolean;
  /** SHA-256 of a subject public key info, in hex of either case. */
  hasCertificateKey(spkiSha256: string): boolean;
}

/** The largest AS number (RFC 6793). Zero is reserved (RFC 7607). */
const LAST_ASN = 4_294_967_295;

/** The canonical form of a request's value, or null when it is none of its kind. Host bits of a prefix are cleared: the wider reading is the safe one. */
const CANONICAL: Readonly<Record<OptOutKind, (value: string) => string | null>> = {
  address: (value) => parseAddress(value)?.text ?? null,
  prefix: (value) => parsePrefix(value, { hostBits: 'clear' })?.text ?? null,
  asn: (value) => {
    const digits = /^(?:AS)?([1-9][0-9]{0,9})$/i.exec(value)?.[1];
    return digits === undefined || Number(digits) > LAST_ASN ? null : digits;
  },
  'dns-suffix': (value) => canonicalSuffix(value),
  'certificate-key': (value) => (/^[0-9a-f]{64}$/i.test(value) ? value.toLowerCase() : null),
};

/** The canonical row, or null when the value is none of its kind. */
export function canonicalOptOut(row: OptOutRow): OptOutRow | null {
  const value = CANONICAL[row.kind](row.value);
  return value === null ? null : { kind: row.kind, value };
}

/** Builds the snapshot. Throws KC_OPT_OUT naming every bad row: a request that cannot be read must not be silently ignored. */
export function createOptOuts(rows: readonly OptOutRow[]): OptOuts {
  const parsed = rows.map((row) => ({ row, canonical: canonicalOptOut(row) }));
  const bad = parsed
    .filter(({ canonical }) => canonical === null)
    .map(({ row }) => `${row.kind} ${JSON.stringify(row.value)}`);
  if (bad.length > 0) throw new KubecensusError('KC_OPT_OUT', `Not usable as opt-out: ${bad.join('; ')}.`);
  const lines = [...new Set(parsed.map(({ canonical }) => `${canonical?.kind} ${canonical?.value}`))].sort();
  const values = (kind: OptOutKind): string[] =>
    lines.filter((line) => line.startsWith(`${kind} `)).map((line) => line.slice(kind.length + 1));
  const networks = createPrefixSet(
    [...values('address'), ...values('prefix')].flatMap((text) => parsePrefix(text, { bare: true }) ?? []),
  );
  const asns = new Set(values('asn').map(Number));
  const suffixes = new Set(values('dns-suffix'));
  const keys = new Set(values('certificate-key'));
  return {
    version: createHash('sha256').update(lines.join('\n')).digest('hex'),
    size: lines.length,
    counts: {
      address: values('address').length,
      prefix: values('prefix').length,
      asn: asns.size,
      'dns-suffix': suffixes.size,
      'certificate-key': keys.size,
    },
    ipv4Addresses: networks.countIPv4(),
    coverage: coverageOf(networks),
    hasAddress: (address) => networks.has(address),
    hasAsn: (asn) => asns.has(asn),
    hasName: (name) => suffixes.size > 0 && suffixesOf(name).some((suffix) => suffixes.has(suffix)),
    hasCertificateKey: (spkiSha256) => keys.has(spkiSha256.toLowerCase()),
  };
}

function suffixesOf(name: string): string[] {
  const labels = name.split('.');
  return labels.map((_, i) => labels.slice(i).join('.'));
}
