// What a file may be packed in: recognised by its first bytes, unpacked as a stream, within limits.
import { PassThrough, Readable, type Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, createGunzip, createZstdDecompress } from 'node:zlib';
import { KubecensusError } from '../platform/errors.ts';

/** 128 MiB of window, which the zstd program takes without being asked, too; a frame may demand gigabytes of memory. */
const ZSTD_WINDOW_LOG = 27;

interface Container {
  readonly name: string;
  /** First bytes of every such file. */
  readonly magic: readonly number[];
  /** A transform from packed to plain bytes that fails on a wrong checksum or an early end. */
  readonly unpack: () => Transform;
}

/** The containers that are understood; a new one is a line here. */
const CONTAINERS: readonly Container[] = [
  // RFC 1952. node:zlib reads all members of a concatenated file, as the RFC demands, and checks each CRC.
  { name: 'gzip', magic: [0x1f, 0x8b], unpack: () => createGunzip() },
  // RFC 8878; all frames of a concatenated file are read, and the checksum where a frame has one.
  {
    name: 'zstd',
    magic: [0x28, 0xb5, 0x2f, 0xfd],
    unpack: () => createZstdDecompress({ params: { [constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG } }),
  },
];

export interface UnpackLimits {
  /** Plain bytes per packed byte, judged once more than `graceBytes` came out. */
  readonly ratio: number;
  readonly graceBytes: number;
  /** Plain bytes in all. */
  readonly totalBytes: number;
}

/**
 * DEFLATE cannot exceed about 1,032 to 1, which only bombs and constant data reach; scan results in JSON shrink 10 to 40 times, so 200 leaves room.
 * Small files may repeat one line as often as they like. 64 GiB is ten times the largest scan result that we know of (1.5 million zgrab2 lines).
 */
export const UNPACK_LIMITS: UnpackLimits = { ratio: 200, graceBytes: 8 * 1024 * 1024, totalBytes: 64 * 1024 ** 3 };

/**
 * Plain bytes of a stream that may be packed. Whether it is, its first bytes decide.
 * Throws KC_FEED_DAMAGED for a cut or corrupt container and KC_FEED_TOO_LARGE beyond the limits.
 */
export async function* unpack(
  input: AsyncIterable<Uint8Array>,
  limits: UnpackLimits = UNPACK_LIMITS,
): AsyncGenerator<Uint8Array> {
  const bytes = input[Symbol.asyncIterator]();
  try {
    const head = await readHead(bytes);
    const container = CONTAINERS.find(({ magic }) => magic.every((byte, i) => head[i] === byte));
    if (container === undefined) yield* resumed(head, bytes);
    else yield* unpackWith(container, resumed(head, bytes), limits);
  } finally {
    await bytes.return?.();
  }
}

const LONGEST_MAGIC = Math.max(...CONTAINERS.map(({ magic }) => magic.length));

/** The first chunks joined, until a container can be told or the input ends. */
async function readHead(bytes: AsyncIterator<Uint8Array>): Promise<Uint8Array> {
  let head: Uint8Array = new Uint8Array(0);
  while (head.length < LONGEST_MAGIC) {
    const next = await bytes.next();
    if (next.done === true) break;
    head = head.length === 0 ? next.value : Buffer.concat([head, next.value]);
  }
  return head;
}

async function* resumed(head: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (head.length > 0) yield head;
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
}

/**
 * Plain bytes out of one transform, within limits. Throws KC_FEED_DAMAGED and KC_FEED_TOO_LARGE.
 */
export async function* unpackWith(
  container: Pick<Container, 'name' | 'unpack'>,
  packed: AsyncIterable<Uint8Array>,
  limits: UnpackLimits,
): AsyncGenerator<Uint8Array> {
  let packedBytes = 0;
  let plainBytes = 0;
  const counted = async function* () {
    for await (const chunk of packed) {
      packedBytes += chunk.length;
      yield chunk;
    }
  };
  const plain = new PassThrough();
  const stop = new AbortController();
  const failure = pipeline(Readable.from(counted(), { objectMode: false }), container.unpack(), plain, {
    signal: stop.signal,
  }).then(
    () => null,
    (cause: Error) => cause,
  );
  try {
    for await (const chunk of plain as AsyncIterable<Buffer>) {
      plainBytes += chunk.length;
      const grown = plainBytes > limits.graceBytes && plainBytes > packedBytes * limits.ratio;
      if (grown || plainBytes > limits.totalBytes) {
        throw new KubecensusError(
          'KC_FEED_TOO_LARGE',
          `The ${container.name} input made ${plainBytes} bytes out of ${packedBytes} and went on.`,
        );
      }
      yield chunk;
    }
  } catch (cause) {
    if (cause instanceof KubecensusError) throw cause;
    const code = (cause as NodeJS.ErrnoException).code ?? '';
    if (!/^(Z_|ZSTD_)/.test(code)) throw cause;
    throw new KubecensusError(
      'KC_FEED_DAMAGED',
      `The ${container.name} input is cut short or corrupt after ${plainBytes} bytes (${code}).`,
      { cause },
    );
  } finally {
    stop.abort();
    await failure;
  }
}
