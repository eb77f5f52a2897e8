// Bytes changed at random, and repeatably: the same stream of numbers changes the same bytes.
import type { Random } from '../../services/lab/random.ts';

/** Edits of one input. More would leave nothing that a parser goes into. */
const MAX_EDITS = 6;
/** Bytes that one edit copies or removes. */
const MAX_SPAN = 64;
/** An input never grows beyond this, so that a run's speed is that of the parsers. */
const MAX_LENGTH = 1 << 17;
/** Octets on which parsers turn: ends of lengths, line ends, quotes, tags of DER and types of TLS records. */
const TELLING = [
  0x00, 0x01, 0x7f, 0x80, 0x81, 0x82, 0x84, 0xff, 0x0a, 0x0d, 0x20, 0x22, 0x2a, 0x3a, 0x30, 0x31, 0x5c, 0x7b, 0x16,
  0x15,
];

/** A changed copy of `seed`: octets replaced, bits turned, spans removed, doubled, moved in from `other`, or the end cut off. */
export function mutated(seed: Uint8Array, other: Uint8Array, random: Random): Buffer {
  let bytes: Buffer = Buffer.from(seed);
  for (let edits = 1 + random.integer(MAX_EDITS); edits > 0; edits--) bytes = random.pick(EDITS)(bytes, other, random);
  return bytes.subarray(0, MAX_LENGTH);
}

type Edit = (bytes: Buffer, other: Uint8Array, random: Random) => Buffer;

const place = (bytes: Uint8Array, random: Random): number => random.integer(bytes.length + 1);
const spanAt = (bytes: Uint8Array, random: Random): readonly [from: number, to: number] => {
  const from = place(bytes, random);
  return [from, Math.min(bytes.length, from + 1 + random.integer(MAX_SPAN))];
};
const spliced = (bytes: Buffer, from: number, to: number, middle: Uint8Array): Buffer =>
  Buffer.concat([bytes.subarray(0, from), middle, bytes.subarray(to)]);

const EDITS: readonly Edit[] = [
  (bytes, _other, random) => {
    if (bytes.length > 0) bytes[random.integer(bytes.length)] = random.integer(256);
    return bytes;
  },
  (bytes, _other, random) => {
    if (bytes.length > 0) bytes[random.integer(bytes.length)] = random.pick(TELLING);
    return bytes;
  },
  (bytes, _other, random) => {
    const at = random.integer(bytes.length + 1);
    if (at < bytes.length) bytes[at] = (bytes[at] ?? 0) ^ (1 << random.integer(8));
    return bytes;
  },
  (bytes, _other, random) => spliced(bytes, ...spanAt(bytes, random), new Uint8Array()),
  (bytes, _other, random) => {
    const [from, to] = spanAt(bytes, random);
    return spliced(bytes, to, to, bytes.subarray(from, to));
  },
  (bytes, other, random) => {
    const at = place(bytes, random);
    return spliced(bytes, at, at, other.subarray(...spanAt(other, random)));
  },
  (bytes, _other, random) => bytes.subarray(0, place(bytes, random)),
];
