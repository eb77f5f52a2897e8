// A minimal writer of MaxMind DB files (format 2.0), for databases of a few networks with records of any provider's shape.
import { parsePrefix } from '../../services/platform/net/address.ts';

/** Strings, 32-bit numbers and maps: all that the records of country and AS databases hold. */
export type MmdbValue = string | number | readonly string[] | { readonly [key: string]: MmdbValue };

const POINTER_BYTES = 3;
const SEPARATOR = Buffer.alloc(16);
const METADATA_MARK = Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1');

/** The bytes of a database. Networks must not contain each other; an IPv6 database keeps IPv4 networks below ::/96, as all providers do. */
export function mmdb(options: {
  type: string;
  ipVersion: 4 | 6;
  built: Date;
  networks: Readonly<Record<string, MmdbValue>>;
}): Buffer {
  const nodes: [number | null, number | null][] = [[null, null]];
  const leaves: { node: number; side: 0 | 1; offset: number }[] = [];
  const data: Buffer[] = [];
  let offset = 0;
  for (const [text, value] of Object.entries(options.networks)) {
    const prefix = parsePrefix(text)!;
    const padded = options.ipVersion === 6 && prefix.address.family === 4;
    const bytes = Buffer.concat([Buffer.alloc(padded ? 12 : 0), prefix.address.bytes]);
    const length = prefix.length + (padded ? 96 : 0);
    let node = 0;
    for (let bit = 0; bit < length; bit++) {
      const side = ((bytes[bit >> 3]! >> (7 - (bit & 7))) & 1) as 0 | 1;
      if (bit === length - 1) leaves.push({ node, side, offset });
      else {
        nodes[node]![side] ??= nodes.push([null, null]) - 1;
        node = nodes[node]![side]!;
      }
    }
    const encoded = encode(value);
    data.push(encoded);
    offset += encoded.length;
  }
  const tree = Buffer.alloc(nodes.length * POINTER_BYTES * 2);
  const write = (node: number, side: number, value: number): void => {
    tree.writeUIntBE(value, node * POINTER_BYTES * 2 + side * POINTER_BYTES, POINTER_BYTES);
  };
  for (const [node, sides] of nodes.entries())
    for (const [side, next] of sides.entries()) write(node, side, next ?? nodes.length);
  for (const leaf of leaves) write(leaf.node, leaf.side, nodes.length + SEPARATOR.length + leaf.offset);
  const metadata = encode({
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: Math.floor(options.built.getTime() / 1000),
    database_type: options.type,
    description: { en: 'test' },
    ip_version: options.ipVersion,
    languages: ['en'],
    node_count: nodes.length,
    record_size: POINTER_BYTES * 8,
  });
  return Buffer.concat([tree, SEPARATOR, ...data, METADATA_MARK, metadata]);
}

function encode(value: MmdbValue): Buffer {
  if (typeof value === 'string') return Buffer.concat([control(2, Buffer.byteLength(value)), Buffer.from(value)]);
  if (typeof value === 'number') {
    const number = Buffer.alloc(4);
    number.writeUInt32BE(value);
    return Buffer.concat([control(6, 4), number]);
  }
  if (Array.isArray(value)) return Buffer.concat([Buffer.from([value.length, 11 - 7]), ...value.map(encode)]);
  const entries = Object.entries(value);
  return Buffer.concat([control(7, entries.length), ...entries.flatMap(([key, item]) => [encode(key), encode(item)])]);
}

/** Type in the upper three bits, size below; sizes from 29 on need one more byte. */
function control(type: number, size: number): Buffer {
  return size < 29 ? Buffer.from([(type << 5) | size]) : Buffer.from([(type << 5) | 29, size - 29]);
}
