// The dial guard that probes' neighbours share (feeds, webhooks, stores, guests on databases): an address is judged as it is connected to, and once more on the connected socket.
import { type LookupAddress, lookup } from 'node:dns';
import { isIP, type LookupFunction, type Socket } from 'node:net';

/** Why an address may not be connected to, or null. `name`: the host as it was written where that is a name; null for an address. */
export type DialGuard = (address: string, name: string | null) => string | null;

/** What a name leads to, like dns.lookup with `all`. */
export type Lookup = (
  hostname: string,
  options: { readonly all: true; readonly family?: number | string | undefined },
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/** A connection that was not made, or ended before a byte was sent. */
export class DialDenied extends Error {
  readonly code = 'NET_DENIED';
  constructor(host: string, reason: string) {
    super(`${host} may not be connected to: ${reason}.`);
    this.name = 'DialDenied';
  }
}

/** For a host that is written as an address, which nobody looks up. Throws DialDenied. */
export function judgeLiteral(guard: DialGuard, host: string): void {
  const address = host.replace(/^\[|\]$/g, '');
  const reason = isIP(address) === 0 ? null : guard(address, null);
  if (reason !== null) throw new DialDenied(address, reason);
}

/** Looks a name up once, without the addresses that the guard refuses: what is connected to is what was judged, and no second answer counts. */
export function guardedLookup(guard: DialGuard, resolve: Lookup = lookup as Lookup): LookupFunction {
  return (hostname, options, callback) => {
    const all = options.all === true;
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return callback(error, all ? [] : '');
      const allowed = addresses.filter(({ address }) => guard(address, hostname) === null);
      const [first] = allowed;
      if (first === undefined) {
        const reason = guard(addresses[0]?.address ?? '', hostname) ?? 'no address';
        return callback(new DialDenied(hostname, reason), all ? [] : '');
      }
      if (all) callback(null, allowed);
      else callback(null, first.address, first.family);
    });
  };
}

/** Ends a socket whose other side is not what the guard lets pass, before anything is sent: whatever chose the address. */
export function judgeConnected(socket: Socket, guard: DialGuard, host: string): void {
  const asked = host.replace(/^\[|\]$/g, '');
  // Before whoever waits for the connection to write.
  socket.prependOnceListener('connect', () => {
    const reason = guard(socket.remoteAddress ?? '', isIP(asked) === 0 ? asked : null);
    if (reason !== null) socket.destroy(new DialDenied(asked, reason));
  });
}
