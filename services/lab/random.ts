// A seeded source of numbers: the same seed gives the same lab, on every machine.
import { createHash } from 'node:crypto';

/** Draws in a fixed order. Every draw moves the stream on, so the order of calls is part of the plan. */
export interface Random {
  /** A float in [0, 1) with 32 bits. */
  next(): number;
  /** An integer in [0, below); below is 1 to 2^32. */
  integer(below: number): number;
  /** True with the given probability. */
  chance(probability: number): boolean;
  /** One element; the list must not be empty. */
  pick<T>(list: readonly T[]): T;
  /** A shuffled copy (Fisher and Yates). */
  shuffle<T>(list: readonly T[]): T[];
  /** Lower-case hex of the given number of digits. */
  hex(digits: number): string;
  /** A version 4 UUID. */
  uuid(): string;
  /** An independent stream that depends only on this stream's seed and the label, not on what was drawn before. */
  fork(label: string): Random;
}

/** SHA-256 in counter mode over the seed: eight 32-bit words per block. */
export function seededRandom(seed: string): Random {
  let block: Buffer = Buffer.alloc(0);
  let counter = 0;
  let offset = 0;
  const word = (): number => {
    if (offset >= block.length) {
      block = createHash('sha256').update(`${seed}#${counter}`).digest();
      counter += 1;
      offset = 0;
    }
    const value = block.readUInt32BE(offset);
    offset += 4;
    return value;
  };
  const next = () => word() / 2 ** 32;
  const integer = (below: number) => Math.floor(next() * below);
  const hex = (digits: number) => {
    let text = '';
    while (text.length < digits) text += word().toString(16).padStart(8, '0');
    return text.slice(0, digits);
  };
  const pick = <T>(list: readonly T[]): T => {
    const element = list[integer(list.length)];
    if (element === undefined) throw new RangeError('pick from an empty list');
    return element;
  };
  return {
    next,
    integer,
    chance: (probability) => next() < probability,
    pick,
    shuffle: (list) => {
      const copy = [...list];
      for (let i = copy.length - 1; i > 0; i -= 1) {
        const j = integer(i + 1);
        [copy[i], copy[j]] = [copy[j]!, copy[i]!];
      }
      return copy;
    },
    hex,
    uuid: () => {
      const h = hex(32);
      const variant = '89ab'[Number.parseInt(h[16]!, 16) & 3];
      return `${h.slice(0, 8)}-${h.slice(8, 12)}-4${h.slice(13, 16)}-${variant}${h.slice(17, 20)}-${h.slice(20)}`;
    },
    fork: (label) => seededRandom(`${seed}/${label}`),
  };
}
