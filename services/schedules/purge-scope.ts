// Whom a purge is about: opt-outs as arrays that a table of millions of rows is compared with in one pass.
import type { OptOutRow } from '../candidates/opt-out.ts';
import { parsePrefix } from '../platform/net/address.ts';

/** Networks of one family and length: a row's address is cut to that length and looked up. */
export interface PrefixesOfLength {
  readonly family: 4 | 6;
  readonly length: number;
  readonly prefixes: readonly string[];
}

/** Suffixes of one number of labels: as many labels of a name are looked up. */
export interface SuffixesOfLabels {
  readonly labels: number;
  readonly suffixes: readonly string[];
}

export interface PurgeScope {
  readonly prefixes: readonly PrefixesOfLength[];
  readonly suffixes: readonly SuffixesOfLabels[];
  /** SHA-256 of public keys. */
  readonly keys: readonly string[];
}

/** The scope of opt-outs in canonical form. AS numbers come as the addresses that they stand for. */
export function purgeScope(rows: readonly OptOutRow[], addressesOfAs: readonly string[] = []): PurgeScope {
  const values = (kind: OptOutRow['kind']): string[] => rows.flatMap((row) => (row.kind === kind ? [row.value] : []));
  const networks = [...values('address'), ...addressesOfAs, ...values('prefix')].flatMap(
    (text) => parsePrefix(text, { bare: true }) ?? [],
  );
  const byLength = Map.groupBy(networks, ({ address, length }) => `${address.family} ${length}`);
  const byLabels = Map.groupBy(values('dns-suffix'), (suffix) => suffix.split('.').length);
  return {
    prefixes: [...byLength.values()].map((same) => ({
      family: same[0]!.address.family,
      length: same[0]!.length,
      prefixes: same.map(({ text }) => text),
    })),
    suffixes: [...byLabels].map(([labels, suffixes]) => ({ labels, suffixes })),
    keys: values('certificate-key'),
  };
}

/** AS numbers that opted out. */
export const asNumbers = (rows: readonly OptOutRow[]): number[] =>
  rows.flatMap(({ kind, value }) => (kind === 'asn' ? [Number(value)] : []));
