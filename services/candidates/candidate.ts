// A candidate: what a sighting names, in one canonical form, so that the same endpoint from two feeds is one row.
import { type Address, parseAddress, parsePrefix } from '../platform/net/address.ts';
import { canonicalName, endsInNumber, type NameOptions, type NameRejection } from './name.ts';

export interface Candidate {
  readonly kind: 'address' | 'name';
  /** Canonical: RFC 5952 or dotted decimal without brackets, or a lower-case name of A-labels. */
  readonly host: string;
  /** null: the feed named none, so the ports of the survey apply. */
  readonly port: number | null;
  /** "192.0.2.1:6443", "192.0.2.1", "[2001:db8::1]:443", "[2001:db8::1]", "api.example.org:443", "api.example.org". */
  readonly key: string;
}

export type CandidateRejection = NameRejection | 'bad_port' | 'cidr_not_allowed';
export type CandidateResult =
  | { readonly ok: true; readonly candidate: Candidate }
  | { readonly ok: false; readonly reason: CandidateRejection };

/**
 * Brings a sighting to canonical form. Text is never reinterpreted: what looks like an address in a spelling that only some
 * programs read (octal, short, hexadecimal, full-width, with a zone id) is bad_address, not the address that they would dial.
 */
export function canonicalise(
  sighting: { readonly host: string; readonly port: string | number | null },
  options: NameOptions = {},
): CandidateResult {
  const port = sighting.port === null ? null : parsePort(sighting.port);
  if (port === undefined) return { ok: false, reason: 'bad_port' };
  const { host } = sighting;
  const address = parseHostAddress(host);
  if (address !== null) return { ok: true, candidate: candidateOf('address', address.text, port) };
  if (host.includes('/')) return { ok: false, reason: isPrefix(host) ? 'cidr_not_allowed' : 'bad_name' };
  if (host.includes(':') || endsInNumber(host)) return { ok: false, reason: 'bad_address' };
  const name = canonicalName(host, options);
  return name.ok ? { ok: true, candidate: candidateOf('name', name.name, port) } : name;
}

/** The key of an endpoint whose parts are canonical already. */
export function endpointKey(host: string, port: number | null): string {
  const shown = host.includes(':') ? `[${host}]` : host;
  return port === null ? shown : `${shown}:${port}`;
}

/** 1 to 65535, as an integer or as its decimal digits without sign, space or leading zero; undefined for anything else. */
export function parsePort(port: string | number): number | undefined {
  const value = typeof port === 'number' ? port : /^[1-9][0-9]{0,4}$/.test(port) ? Number(port) : 0;
  return Number.isInteger(value) && value >= 1 && value <= 65_535 ? value : undefined;
}

function candidateOf(kind: Candidate['kind'], host: string, port: number | null): Candidate {
  return { kind, host, port, key: endpointKey(host, port) };
}

/** An address, with the brackets that IPv6 wears in URLs and endpoint lists. */
function parseHostAddress(host: string): Address | null {
  if (!host.startsWith('[') || !host.endsWith(']')) return parseAddress(host);
  const inner = host.slice(1, -1);
  return inner.includes(':') ? parseAddress(inner) : null;
}

function isPrefix(host: string): boolean {
  return parsePrefix(host, { hostBits: 'clear' }) !== null;
}
