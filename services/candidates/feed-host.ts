// Where a feed's own server may be: what keeps a feed from leading its reader to internal systems.
import { parseAddress } from '../platform/net/address.ts';
import { INTERNAL_SUFFIXES } from './name.ts';
import { neverProbeReason } from './policy.ts';

/**
 * Why a connection to `address` is refused, or null. `name`: the host of the URL where that is a name. Metadata addresses are never feeds. Other
 * special-purpose networks are reached by an address that the user wrote, or by a name that says that it is internal; a public name that leads
 * there was set up by somebody else.
 */
export function feedHostReason(address: string, name: string | null): string | null {
  const parsed = parseAddress(address);
  if (parsed === null) return 'bad_address';
  const reason = neverProbeReason(parsed);
  if (reason === null || reason === 'metadata') return reason;
  if (name === null) return null;
  const labels = name.toLowerCase().replace(/\.$/, '').split('.');
  return labels.length === 1 || INTERNAL_SUFFIXES.has(labels.at(-1) as string) ? null : reason;
}
