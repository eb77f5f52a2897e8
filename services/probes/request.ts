// The request that a probe writes: one string, honest about who asks.
import type { Target } from './probe.ts';

/** A host name as it may stand in Host and SNI: letters, digits, hyphen, underscore and dots (RFC 1035 lengths). */
const NAME =
  /^(?=.{1,253}\.?$)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*\.?$/i;
/** An absolute path of visible ASCII, so that no path can end the request line. */
const PATH = /^\/[\x21-\x7e]*$/;
/** A field value of visible ASCII and spaces. */
const VALUE = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/;
/** A target asks at most this many paths; more would not be a polite probe. */
const MAX_PATHS = 2;

const DEFAULT_PORT = { tls: 443, plain: 80 } as const;

/** True when the text can stand in a header field without changing the request's framing. */
export function isFieldValue(text: string): boolean {
  return VALUE.test(text);
}

/** Why nothing can be asked at this port by this name, as a stable word, or null. */
export function endpointFault(port: number, serverName: string | null): string | null {
  if (!Number.isInteger(port) || port < 1 || port > 65535) return 'PORT';
  return serverName !== null && !NAME.test(serverName) ? 'SERVER_NAME' : null;
}

/** Why a target cannot be asked, as a stable word, or null. Addresses are judged by the caller. */
export function requestFault({ port, serverName, paths }: Target): string | null {
  const fault = endpointFault(port, serverName);
  if (fault !== null) return fault;
  if (paths.length === 0 || paths.length > MAX_PATHS) return 'PATHS';
  return paths.every((path) => PATH.test(path)) ? null : 'PATHS';
}

/** The Host field: the known name, else the address; the port only when it is not the scheme's own. */
export function hostField(target: Target): string {
  const literal = target.address.includes(':') ? `[${target.address}]` : target.address;
  const host = target.serverName === null ? literal : target.serverName.replace(/\.$/, '');
  return target.port === DEFAULT_PORT[target.transport] ? host : `${host}:${target.port}`;
}

/** The field lines after Host, the same for every request of a prober. `from` is a mail address (RFC 9110 section 10.1.2) or null. */
export function identityFields(userAgent: string, from: string | null): string {
  const sender = from === null ? '' : `From: ${from}\r\n`;
  return `User-Agent: ${userAgent}\r\n${sender}Accept: application/json\r\nAccept-Encoding: identity\r\n`;
}

/** One GET without a body. The last request of a connection says so. */
export function requestText(path: string, host: string, identity: string, last: boolean): string {
  return `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n${identity}${last ? 'Connection: close\r\n' : ''}\r\n`;
}
