// An API key: how it is written, what it may do, and where. The secret part is never stored, only its digest.
import { createHash, timingSafeEqual } from 'node:crypto';
import { KubecensusError } from '../../platform/errors.ts';
import { type Address, type Prefix, parsePrefix } from '../../platform/net/address.ts';
import { createPrefixSet } from '../../platform/net/prefix-set.ts';

/** What a key may do. */
export const SCOPES = {
  'aggregate:read': 'counts, reports and what they are made of; no rows about hosts',
  'host:read': 'rows about hosts within the networks of the key',
  admin: 'opt-outs, and everything that is counted; rows about hosts need host:read as well',
} as const;
export type Scope = keyof typeof SCOPES;
export const SCOPE_NAMES = Object.keys(SCOPES) as Scope[];

/** Bytes of the public part: enough that keys of one installation do not meet. */
export const PREFIX_BYTES = 5;
/** 256 random bits: nobody guesses them, so that a plain digest keeps them well. */
export const SECRET_BYTES = 32;

/** kc_ so that scanners of leaked secrets find it, ten hexadecimal digits to look it up by, 43 characters of base64url. */
const WRITTEN = /^kc_([0-9a-f]{10})_([A-Za-z0-9_-]{43})$/;

/** A key as presented: what to look up, and the digest to compare. */
export interface PresentedKey {
  readonly prefix: string;
  readonly secretSha256: string;
}

/** What is known of a key that is in force. */
export interface ApiKey {
  readonly id: number;
  readonly prefix: string;
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** Networks whose hosts it may see, in canonical form. */
  readonly networks: readonly string[];
}

/** Writes a key from random bytes of the two lengths. */
export function writeKey(prefix: Uint8Array, secret: Uint8Array): { text: string; key: PresentedKey } {
  const text = `kc_${Buffer.from(prefix).toString('hex')}_${Buffer.from(secret).toString('base64url')}`;
  return { text, key: readKey(text) as PresentedKey };
}

/** Reads what stands behind `Bearer`; null for everything that is not written as a key. */
export function readKey(text: string): PresentedKey | null {
  const [, prefix, secret] = WRITTEN.exec(text) ?? [];
  return prefix === undefined || secret === undefined ? null : { prefix, secretSha256: digestOf(secret) };
}

const digestOf = (secret: string): string => createHash('sha256').update(secret).digest('hex');

/** Whether two digests are one, in time that does not depend on where they differ. */
export function sameSecret(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

/**
 * Scopes and networks as given become those of a key: sorted, once each, networks in canonical form. Throws KC_KEY naming what is wrong:
 * host:read without a network, networks without host:read, or a word that is neither.
 */
export function readGrant(scopes: readonly string[], networks: readonly string[]): Pick<ApiKey, 'scopes' | 'networks'> {
  const unknown = scopes.filter((scope) => !Object.hasOwn(SCOPES, scope));
  if (unknown.length > 0 || scopes.length === 0)
    throw new KubecensusError(
      'KC_KEY',
      `A key has scopes of: ${SCOPE_NAMES.join(', ')}; not ${unknown.join(', ') || 'none'}.`,
    );
  const parsed = networks.map((text) => ({ text, prefix: parsePrefix(text, { bare: true }) }));
  const bad = parsed.filter(({ prefix }) => prefix === null).map(({ text }) => JSON.stringify(text));
  if (bad.length > 0)
    throw new KubecensusError('KC_KEY', `${bad.join(', ')} is no network as 192.0.2.0/24 or 2001:db8::/32.`);
  if (scopes.includes('host:read') !== networks.length > 0)
    throw new KubecensusError('KC_KEY', 'The scope host:read and the networks that it holds for are given together.');
  return {
    scopes: SCOPE_NAMES.filter((scope) => scopes.includes(scope)),
    networks: createPrefixSet(parsed.flatMap(({ prefix }) => prefix ?? [])).prefixes.map((prefix) => prefix.text),
  };
}

/** Whether a key may do what needs this scope. An administrator may read what is counted. */
export function mayUse(key: ApiKey, scope: Scope): boolean {
  return key.scopes.includes(scope) || (scope === 'aggregate:read' && key.scopes.includes('admin'));
}

/** Whether a key may see rows about this host. */
export function coversAddress(key: ApiKey, address: Address): boolean {
  return mayUse(key, 'host:read') && networksOf(key).has(address);
}

/** Whether a key may see rows about every host: names and addresses alike, so both whole families must be its own. */
export function coversEverything(key: ApiKey): boolean {
  return mayUse(key, 'host:read') && ['0.0.0.0/0', '::/0'].every((all) => key.networks.includes(all));
}

/** Whether a network lies within one of the key's. */
export function coversNetwork(key: ApiKey, network: Prefix): boolean {
  const own = mayUse(key, 'host:read') ? networksOf(key).prefixes : [];
  return own.some((one) => one.length <= network.length && createPrefixSet([one]).has(network.address));
}

const networksOf = (key: ApiKey) => createPrefixSet(key.networks.flatMap((text) => parsePrefix(text) ?? []));
