// What stands where an address stood that asked to be forgotten: a unique local address (RFC 4193), drawn by chance, so that counts stay and nobody is named.
import { addressOf, NETWORK_LENGTH, networkOf } from '../platform/net/address.ts';

/** fc00::/7 with the bit for "assigned locally": what follows is drawn by chance (RFC 4193 3.1). Policy never allows it. */
const LOCAL = 0xfd;
const GLOBAL_ID_BYTES = NETWORK_LENGTH[6] / 8 - 1;
const REST_BYTES = 16 - 1 - GLOBAL_ID_BYTES;

/**
 * A mask for every address: addresses of one /24 or /48 share a /48, so that hosts and networks count as before. `random` gives so many bytes;
 * nothing leads back, because nothing of it is kept.
 */
export function masksFor(
  addresses: readonly string[],
  random: (bytes: number) => Uint8Array,
): ReadonlyMap<string, string> {
  const networks = new Map<string, Uint8Array>();
  const masks = new Map<string, string>();
  for (const address of addresses) {
    const network = networkOf(address);
    const id = networks.get(network) ?? random(GLOBAL_ID_BYTES);
    networks.set(network, id);
    masks.set(address, addressOf(Uint8Array.of(LOCAL, ...id, ...random(REST_BYTES))).text);
  }
  return masks;
}
