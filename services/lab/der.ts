// Writes the DER that the lab's certificates need: enough of X.690 for RFC 5280 certificates, nothing more.

/** Tag, definite length, contents. */
export function tlv(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(contents);
  return Buffer.concat([Buffer.from([tag]), lengthOf(body.length), body]);
}

function lengthOf(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  if (length < 0x100) return Buffer.from([0x81, length]);
  if (length < 0x1_0000) return Buffer.from([0x82, length >> 8, length & 0xff]);
  return Buffer.from([0x83, length >> 16, (length >> 8) & 0xff, length & 0xff]);
}

export const sequence = (...contents: readonly Uint8Array[]) => tlv(0x30, ...contents);
export const setOf = (...contents: readonly Uint8Array[]) => tlv(0x31, ...contents);
export const octets = (contents: Uint8Array) => tlv(0x04, contents);
export const bits = (contents: Uint8Array, unused = 0) => tlv(0x03, Buffer.from([unused]), contents);
export const truth = (value: boolean) => tlv(0x01, Buffer.from([value ? 0xff : 0]));
export const none = () => tlv(0x05);
export const utf8 = (text: string) => tlv(0x0c, Buffer.from(text, 'utf8'));
export const printable = (text: string) => tlv(0x13, Buffer.from(text, 'latin1'));
/** Context-specific, constructed. */
export const explicit = (number: number, ...contents: readonly Uint8Array[]) => tlv(0xa0 | number, ...contents);
/** Context-specific, primitive. */
export const implicit = (number: number, contents: Uint8Array) => tlv(0x80 | number, contents);

/** An unsigned integer from big-endian bytes. */
export function unsigned(bytes: Uint8Array): Buffer {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start += 1;
  const body = Buffer.from(bytes.subarray(start));
  return (body[0] ?? 0) & 0x80 ? tlv(0x02, Buffer.from([0]), body) : tlv(0x02, body);
}

/** "1.2.840.113549" as an object identifier. */
export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes = [first * 40 + second];
  for (const arc of rest) {
    const groups = [arc & 0x7f];
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128))
      groups.unshift((left & 0x7f) | 0x80);
    bytes.push(...groups);
  }
  return tlv(0x06, Buffer.from(bytes));
}

/** UTCTime to 2049, GeneralizedTime after (RFC 5280 4.1.2.5). */
export function time(date: Date): Buffer {
  const digits = date.toISOString().replace(/[-:T]/g, '').slice(0, 14);
  return date.getUTCFullYear() < 2050
    ? tlv(0x17, Buffer.from(`${digits.slice(2)}Z`))
    : tlv(0x18, Buffer.from(`${digits}Z`));
}
