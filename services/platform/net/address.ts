// IP addresses and prefixes as bytes: a strict parser that accepts one spelling rule per family and never guesses.

/** An IP address. IPv4-mapped IPv6 (::ffff:0:0/96) never occurs here: the parser turns it into IPv4, so one host has one form. */
export interface Address {
  readonly family: 4 | 6;
  /** 4 or 16 bytes, network order. Treat as read-only. */
  readonly bytes: Uint8Array;
  /** Dotted decimal, or RFC 5952. */
  readonly text: string;
}

/** A network: the bits of `address` beyond `length` are zero. */
export interface Prefix {
  readonly address: Address;
  /** 0 to 32, or 0 to 128. */
  readonly length: number;
  readonly text: string;
}

/** The longest text of an address: eight groups of four, or six groups and a dotted tail (45). Anything longer is not looked at. */
const LONGEST_ADDRESS = 45;
const HEX_GROUP = /^[0-9A-Fa-f]{1,4}$/;
const DECIMAL_LENGTH = /^(?:0|[1-9][0-9]{0,2})$/;

/** One network for pacing and for chunks: what one operator usually runs behind one device. */
export const NETWORK_LENGTH = { 4: 24, 6: 48 } as const;

/**
 * Parses one address. IPv4: four decimal octets without leading zeros. IPv6: any text form of RFC 4291 section 2.2, without a zone
 * id. Returns null for everything else: octal, hexadecimal or short IPv4, white space, a trailing dot, non-ASCII digits, brackets.
 */
export function parseAddress(text: string): Address | null {
  if (text.length > LONGEST_ADDRESS) return null;
  if (text.includes(':')) {
    const bytes = parseSix(text);
    return bytes === null ? null : addressOf(bytes);
  }
  const bytes = parseFour(text);
  // There is one spelling only, so what was read is what would be written.
  return bytes === null ? null : { family: 4, bytes, text };
}

/** The address of 4 or 16 bytes; mapped IPv6 becomes IPv4. The bytes are copied. Throws RangeError on another length. */
export function addressOf(bytes: Uint8Array): Address {
  if (bytes.length !== 4 && bytes.length !== 16)
    throw new RangeError(`an address has 4 or 16 bytes, not ${bytes.length}`);
  const own = isMapped(bytes) ? bytes.slice(12) : bytes.slice();
  return { family: own.length === 4 ? 4 : 6, bytes: own, text: formatAddress(own) };
}

/** Dotted decimal of 4 bytes, RFC 5952 of 16. */
export function formatAddress(bytes: Uint8Array): string {
  return bytes.length === 4 ? bytes.join('.') : formatSix(bytes);
}

/**
 * Parses `address/length`. Host bits beyond the length make it null unless `hostBits` is 'clear' (block lists in ZMap's format have
 * them); an address alone is null unless `bare` is true, then it is the prefix of that one address. A prefix inside
 * ::ffff:0:0/96 becomes the IPv4 prefix it stands for.
 */
export function parsePrefix(
  text: string,
  options: { hostBits?: 'reject' | 'clear'; bare?: boolean } = {},
): Prefix | null {
  const slash = text.indexOf('/');
  if (slash === -1) {
    const address = options.bare === true ? parseAddress(text) : null;
    return address === null ? null : prefixOf(address, address.bytes.length * 8);
  }
  const base = text.slice(0, slash);
  const digits = text.slice(slash + 1);
  const address = parseAddress(base);
  if (address === null || !DECIMAL_LENGTH.test(digits)) return null;
  const writtenBits = base.includes(':') ? 128 : 32;
  const written = Number(digits);
  if (written > writtenBits) return null;
  const length = written - (writtenBits - address.bytes.length * 8);
  if (length < 0) return null; // wider than the mapped block that its address lies in: neither family
  const prefix = prefixOf(address, length);
  if (options.hostBits !== 'clear' && compareBytes(prefix.address.bytes, address.bytes) !== 0) return null;
  return prefix;
}

/** The network of `length` bits that an address lies in. */
export function prefixOf(address: Address, length: number): Prefix {
  const bytes = address.bytes.slice();
  for (let bit = length; bit < bytes.length * 8; bit = (bit | 7) + 1) bytes[bit >> 3]! &= ~(0xff >> (bit & 7));
  const network: Address = { family: address.family, bytes, text: formatAddress(bytes) };
  return { address: network, length, text: `${network.text}/${length}` };
}

/** The last address of a prefix, as bytes. */
export function lastBytes(prefix: Prefix): Uint8Array {
  const bytes = prefix.address.bytes.slice();
  for (let bit = prefix.length; bit < bytes.length * 8; bit = (bit | 7) + 1) bytes[bit >> 3]! |= 0xff >> (bit & 7);
  return bytes;
}

/** The /24 or /48 of an address, e.g. "192.0.2.0/24": the unit of spacing. */
export function networkKey(address: Address): string {
  return prefixOf(address, NETWORK_LENGTH[address.family]).text;
}

/** The same of an address written as text. Anything that is no address, such as a name, is a network of its own. */
export function networkOf(text: string): string {
  const address = parseAddress(text);
  return address === null ? text : networkKey(address);
}

/** Orders IPv4 before IPv6, then by value. For Array.sort. */
export function compareAddresses(a: Address, b: Address): number {
  return a.family - b.family || compareBytes(a.bytes, b.bytes);
}

/** Orders byte strings of equal length by value. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < a.length; i++) {
    const difference = a[i]! - b[i]!;
    if (difference !== 0) return difference;
  }
  return 0;
}

const DOT = 0x2e;
const ZERO = 0x30;

/** Digit by digit: every row of a file is read here, most of them twice. */
function parseFour(text: string): Uint8Array | null {
  const bytes = new Uint8Array(4);
  let octet = 0;
  let digits = 0;
  let value = 0;
  for (let i = 0; i <= text.length; i++) {
    const code = i === text.length ? DOT : text.charCodeAt(i);
    if (code === DOT) {
      if (digits === 0 || octet === 4) return null;
      bytes[octet++] = value;
      digits = 0;
      value = 0;
      continue;
    }
    const digit = code - ZERO;
    // A zero that leads would make it octal to some readers.
    if (digit < 0 || digit > 9 || (digits > 0 && value === 0)) return null;
    digits++;
    value = value * 10 + digit;
    if (value > 255) return null;
  }
  return octet === 4 ? bytes : null;
}

function parseSix(text: string): Uint8Array | null {
  const halves = text.split('::');
  if (halves.length > 2) return null;
  const [before, after] = halves;
  const head = parseGroups(before!, halves.length === 1);
  const tail = after === undefined ? [] : parseGroups(after, true);
  if (head === null || tail === null) return null;
  const missing = 16 - head.length - tail.length;
  // "::" stands for one group at least (RFC 4291 2.2); without it all sixteen bytes must be written.
  if (after === undefined ? missing !== 0 : missing < 2) return null;
  return Uint8Array.from([...head, ...new Array<number>(missing).fill(0), ...tail]);
}

/** The bytes of "g:g:g"; an IPv4 tail is allowed where it ends the address. */
function parseGroups(text: string, endsAddress: boolean): number[] | null {
  if (text === '') return [];
  const bytes: number[] = [];
  const groups = text.split(':');
  for (const [i, group] of groups.entries()) {
    if (endsAddress && i === groups.length - 1 && group.includes('.')) {
      const four = parseFour(group);
      if (four === null) return null;
      bytes.push(...four);
    } else {
      if (!HEX_GROUP.test(group)) return null;
      const value = Number.parseInt(group, 16);
      bytes.push(value >> 8, value & 0xff);
    }
  }
  return bytes;
}

function isMapped(bytes: Uint8Array): boolean {
  if (bytes.length !== 16 || bytes[10] !== 0xff || bytes[11] !== 0xff) return false;
  return bytes.subarray(0, 10).every((byte) => byte === 0);
}

function formatSix(bytes: Uint8Array): string {
  const groups = Array.from({ length: 8 }, (_, i) => ((bytes[2 * i]! << 8) | bytes[2 * i + 1]!).toString(16));
  let start = 0;
  let run = 1; // a single zero group is written out (RFC 5952 4.2.2), so only longer runs count; the first longest wins (4.2.3)
  for (let i = 0; i < 8; i++) {
    let end = i;
    while (end < 8 && groups[end] === '0') end++;
    if (end - i > run) [start, run] = [i, end - i];
    if (end > i) i = end;
  }
  if (run === 1) return groups.join(':');
  return `${groups.slice(0, start).join(':')}::${groups.slice(start + run).join(':')}`;
}
