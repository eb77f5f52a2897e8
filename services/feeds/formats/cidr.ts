// A CIDR row of a list: its addresses one by one, never more than a small network.
import { formatAddress, parsePrefix } from '../../platform/net/address.ts';

/** A list may stand for at most this many addresses with one row: a /24, or a /120 of IPv6. */
export const CIDR_ADDRESSES = 256;

export type Expansion =
  | { readonly ok: true; readonly addresses: readonly string[] }
  | { readonly ok: false; readonly reason: CidrFault };
export type CidrFault = 'bad_cidr' | 'cidr_host_bits' | 'cidr_too_wide';

const CIDR_FORM = /^[0-9a-fA-F:.]+\/\d+$/;

/** Whether a text has the form of a CIDR block, right or wrong. */
export function looksLikeCidr(text: string): boolean {
  return CIDR_FORM.test(text);
}

/** All addresses of a block, the first and the last included. Nothing is reinterpreted: a block with host bits is a fault, not the block around it. */
export function expandCidr(text: string): Expansion {
  const prefix = parsePrefix(text);
  if (prefix === null) {
    return { ok: false, reason: parsePrefix(text, { hostBits: 'clear' }) === null ? 'bad_cidr' : 'cidr_host_bits' };
  }
  const { bytes } = prefix.address;
  const size = 2 ** (bytes.length * 8 - prefix.length);
  if (size > CIDR_ADDRESSES) return { ok: false, reason: 'cidr_too_wide' };
  // At most 256 addresses without host bits differ in their last byte only.
  const last = bytes.at(-1) as number;
  return {
    ok: true,
    addresses: Array.from({ length: size }, (_, i) => formatAddress(Uint8Array.of(...bytes.subarray(0, -1), last + i))),
  };
}
