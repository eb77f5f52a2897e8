// Keys that endpoints of one cluster share: what may join them into an estimate. Hashed, because they are identifiers of somebody's cluster.
import { createHmac, hash } from 'node:crypto';
import { CLUSTER_NAME } from './distributions/list.ts';
import type { Facts } from './facts.ts';
import type { Indicators } from './rungs/list.ts';

/** 128 bits: no accidental collision among the clusters of the internet, half the size of the whole digest. */
const KEY_HEX_DIGITS = 32;
/** Names of one certificate that may become keys. */
const MAX_NAME_KEYS = 8;

/** Which flow schema a path is served by differs by path, so that a UID is a key only together with the class of its path. */
function pathClass(path: string): string {
  if (path === '/healthz' || path === '/livez' || path === '/readyz') return 'probes';
  return path === '/version' ? 'version' : 'other';
}

/**
 * The cluster keys of one endpoint, sorted and each once: `pf-…` (path class and flow schema UID), `spki-…` (public key), `aki-…` (key id
 * of a private authority), `dns-…` (a name that one cluster alone has). `key` makes them unlinkable between installations (HMAC-SHA-256);
 * without it they are plain SHA-256. Keys may over-merge (a copied certificate, a shared authority): the estimate guards against that.
 */
export function clusterKeys(facts: Facts, indicators: Indicators, key: string | null): readonly string[] {
  const keys: string[] = [];
  for (const { path, uid } of facts.flowSchemas) add(keys, 'pf', `pf\n${pathClass(path)}\n${uid.toLowerCase()}`, key);
  const certificate = facts.certificate;
  if (certificate !== null && isClusterCertificate(indicators)) {
    const { publicKeySha256, authorityKeyId } = certificate;
    if (publicKeySha256 !== null) add(keys, 'spki', `spki\n${publicKeySha256}`, key);
    if (authorityKeyId !== null) add(keys, 'aki', `aki\n${authorityKeyId}`, key);
    const names = certificate.tellingNames.filter(isClusterName);
    for (const name of names.slice(0, MAX_NAME_KEYS)) add(keys, 'dns', `dns\n${name}`, key);
  }
  return keys;
}

function add(keys: string[], kind: string, text: string, key: string | null): void {
  const one = `${kind}-${digest(text, key)}`;
  if (keys.includes(one)) return;
  // Put in its place at once: there are four or five.
  let at = keys.length;
  for (; at > 0 && keys[at - 1]! > one; at--) keys[at] = keys[at - 1]!;
  keys[at] = one;
}

/** Only certificates of a cluster's own authority: the key id of a public authority joins the whole web. */
function isClusterCertificate({ certificateName, clusterIssuer, etcdCertificate }: Indicators): boolean {
  return certificateName === true || clusterIssuer === true || etcdCertificate === true;
}

function isClusterName(name: string): boolean {
  return !name.startsWith('*') && CLUSTER_NAME.test(name);
}

function digest(text: string, key: string | null): string {
  const hex = key === null ? hash('sha256', text, 'hex') : createHmac('sha256', key).update(text).digest('hex');
  return hex.slice(0, KEY_HEX_DIGITS);
}
