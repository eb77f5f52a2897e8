// From what a row says to a sighting: the same rules for host, port, time and evidence in every format.
import { parseAddress } from '../../platform/net/address.ts';
import type { Evidence } from '../evidence.ts';
import type { Sighting } from '../feed.ts';
import { known } from '../json.ts';
import { readObservedAt } from '../observed-at.ts';
import { portOf } from '../read-evidence.ts';
import type { FormatOptions } from './format.ts';

/** What was seen, without where and when. */
export type Facts = Omit<Evidence, 'endpoint' | 'source' | 'observedAt' | 'serverName'>;

export interface Seen {
  /** The address that was looked at, when the row says one. */
  readonly address: string | null;
  /** The name by which it was looked at. */
  readonly name?: string | null;
  /** As the row has it. Anything but a number or a text counts as none. */
  readonly port: unknown;
  /** RFC 3339 as far as the row has it; null or undefined when it states none. */
  readonly time: unknown;
  readonly facts?: Facts;
}

/**
 * The sighting, or the reason why there is none (no_host, bad_time, time_in_future). Evidence is kept only for an address with a port: what was
 * seen at an unknown place cannot be counted there. Odd hosts and ports pass as they are written: the candidates judge them.
 */
export function sightingOf(seen: Seen, at: string, options: FormatOptions): Sighting | string {
  const name = seen.name === undefined || seen.name === '' ? null : seen.name;
  const host = seen.address === null || seen.address === '' ? name : seen.address;
  if (host === null) return 'no_host';
  const time = readObservedAt(seen.time ?? options.observedAt, options.now);
  if (!time.ok) return time.reason;
  const given = typeof seen.port === 'number' || typeof seen.port === 'string' ? seen.port : null;
  const port = given ?? options.port;
  return {
    type: 'sighting',
    host,
    port,
    observedAt: time.time,
    at,
    ...known({ evidence: evidenceOf(seen, host, name, port, time.time, options.feed) }),
  };
}

function evidenceOf(
  { facts }: Seen,
  host: string,
  name: string | null,
  port: unknown,
  observedAt: string | null,
  source: string,
): Evidence | null {
  const usable = portOf(port);
  if (facts === undefined || Object.keys(facts).length === 0 || usable === null || parseAddress(host) === null)
    return null;
  const serverName = name === host ? null : name;
  return { ...facts, endpoint: { address: host, port: usable }, source, ...known({ serverName, observedAt }) };
}
