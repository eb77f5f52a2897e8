// Makes zip archives for tests, also ones that no honest program makes.
import { crc32, deflateRawSync } from 'node:zlib';

export interface Made {
  readonly name: string;
  readonly content?: string | Uint8Array;
  readonly stored?: boolean;
  /** Unix mode, in the upper half of the external attributes; made by Unix when given. */
  readonly mode?: number;
  readonly flags?: number;
  readonly method?: number;
  /** What the directory says, when it lies. */
  readonly crc?: number;
  readonly size?: number;
  readonly offset?: number;
}

export function zipOf(
  entries: readonly Made[],
  said: { readonly entries?: number; readonly wide?: true } = {},
): Buffer {
  const files: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const made of entries) {
    const plain = Buffer.from(made.content ?? '');
    const packed = made.stored === true ? plain : deflateRawSync(plain);
    const name = Buffer.from(made.name);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(made.flags ?? 0x800, 2);
    common.writeUInt16LE(made.method ?? (made.stored === true ? 0 : 8), 4);
    common.writeUInt32LE(made.crc ?? crc32(plain), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(made.size ?? plain.length, 18);
    common.writeUInt16LE(name.length, 22);
    files.push(Buffer.from([0x50, 0x4b, 3, 4]), common, name, packed);
    const central = Buffer.alloc(14);
    const extra = Buffer.alloc(said.wide === true ? 28 : 0);
    const sizes = Buffer.from(common);
    central.writeUInt32LE(((made.mode ?? 0) << 16) >>> 0, 6);
    central.writeUInt32LE(made.offset ?? at, 10);
    if (said.wide === true) {
      extra.writeUInt16LE(1, 0);
      extra.writeUInt16LE(24, 2);
      for (const [i, value] of [plain.length, packed.length, at].entries())
        extra.writeBigUInt64LE(BigInt(value), 4 + 8 * i);
      sizes.fill(0xff, 14, 22);
      sizes.writeUInt16LE(extra.length, 24);
      central.fill(0xff, 10, 14);
    }
    directory.push(Buffer.from([0x50, 0x4b, 1, 2, 30, made.mode === undefined ? 0 : 3]), sizes, central, name, extra);
    at += 30 + name.length + packed.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(said.entries ?? entries.length, 8);
  end.writeUInt16LE(said.entries ?? entries.length, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(at, 16);
  if (said.wide !== true) return Buffer.concat([...files, central, end]);
  end.fill(0xff, 8, 20);
  const wide = Buffer.alloc(76);
  wide.writeUInt32LE(0x06064b50, 0);
  for (const [i, value] of [entries.length, entries.length, central.length, at].entries())
    wide.writeBigUInt64LE(BigInt(value), 24 + 8 * i);
  wide.writeUInt32LE(0x07064b50, 56);
  wide.writeBigUInt64LE(BigInt(at + central.length), 64);
  return Buffer.concat([...files, central, wide, end]);
}
