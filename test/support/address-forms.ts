// Arbitrary addresses, and arbitrary spellings of one address that all mean the same bytes.
import * as fc from 'fast-check';

export const bytesOf = (length: 4 | 16): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: length, maxLength: length });

/** Sixteen bytes with many zero groups, so that every compression is met. */
export const sparseSix: fc.Arbitrary<Uint8Array> = fc
  .array(fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(0xffff) }), {
    minLength: 8,
    maxLength: 8,
  })
  .map((groups) => Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff])));

/** A spelling of 16 bytes: any zero run compressed or none, leading zeros or none, either case, dotted tail or none. */
export function spellSix(bytes: Uint8Array): fc.Arbitrary<string> {
  const groups = Array.from({ length: 8 }, (_, i) => (bytes[2 * i]! << 8) | bytes[2 * i + 1]!);
  const style = fc.record({
    padded: fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }),
    upper: fc.boolean(),
    dotted: fc.boolean(),
    from: fc.nat(7),
    length: fc.integer({ min: 1, max: 8 }),
  });
  return style.map(({ padded, upper, dotted, from, length }) => {
    const parts = groups.map((group, i) => group.toString(16).padStart(padded[i] ? 4 : 1, '0'));
    if (dotted) parts.splice(6, 2, [...bytes.subarray(12)].join('.'));
    const end = from + length;
    const compressible = end <= (dotted ? 6 : 8) && groups.slice(from, end).every((group) => group === 0);
    const text = compressible ? `${parts.slice(0, from).join(':')}::${parts.slice(end).join(':')}` : parts.join(':');
    return upper ? text.toUpperCase() : text;
  });
}

/** A spelling of 4 bytes: dotted decimal, or any spelling of the mapped IPv6 address. */
export function spellFour(bytes: Uint8Array): fc.Arbitrary<string> {
  const mapped = Uint8Array.from([...new Array<number>(10).fill(0), 0xff, 0xff, ...bytes]);
  return fc.oneof(fc.constant([...bytes].join('.')), spellSix(mapped));
}
