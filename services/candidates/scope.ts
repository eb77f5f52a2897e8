// The scope: the networks that a survey may ask. Nothing outside it is dialled, and it is never empty by accident.

import { KubecensusError } from '../platform/errors.ts';
import { type Address, parsePrefix } from '../platform/net/address.ts';
import { createPrefixSet, type PrefixSet } from '../platform/net/prefix-set.ts';

export interface Scope {
  has(address: Address): boolean;
  /** For the manifest: canonical prefixes in order, and how many IPv4 addresses they cover. */
  describe(): { readonly prefixes: readonly string[]; readonly ipv4Addresses: number };
}

/**
 * Reads a scope from CIDR texts; a bare address stands for itself. 0.0.0.0/0 and ::/0 are accepted: they are an explicit choice.
 * An empty list is a scope that holds nothing. Throws KC_SCOPE naming every entry that is no prefix, or that has bits set beyond
 * its length (10.1.2.3/8 may mean 10.0.0.0/8 or 10.1.2.3/32: asking the wrong network is not ours to risk).
 */
export function parseScope(texts: readonly string[]): Scope {
  const parsed = texts.map((text) => ({ text, prefix: parsePrefix(text, { bare: true }) }));
  const bad = parsed.filter(({ prefix }) => prefix === null).map(({ text }) => explain(text));
  if (bad.length > 0) throw new KubecensusError('KC_SCOPE', `Not usable as scope: ${bad.join('; ')}.`);
  return scopeOf(createPrefixSet(parsed.flatMap(({ prefix }) => (prefix === null ? [] : [prefix]))));
}

function scopeOf(set: PrefixSet): Scope {
  return {
    has: (address) => set.has(address),
    describe: () => ({ prefixes: set.prefixes.map((prefix) => prefix.text), ipv4Addresses: set.countIPv4() }),
  };
}

function explain(text: string): string {
  const shown = JSON.stringify(text);
  const cleared = parsePrefix(text, { hostBits: 'clear' });
  return cleared === null ? shown : `${shown} has bits set beyond its length (did you mean ${cleared.text}?)`;
}
