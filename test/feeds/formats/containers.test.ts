// Packed input: told by its first bytes, whole or refused.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { constants, gzipSync, zstdCompressSync } from 'node:zlib';
import { UNPACK_LIMITS, unpack } from '../../../services/feeds/containers.ts';
import { collect, streamOf } from './items.ts';

const plain = async (...pieces: readonly (string | Uint8Array)[]) =>
  Buffer.concat(await collect(unpack(streamOf(...pieces)))).toString();

test('gzip is told by its magic bytes, byte by byte too; other bytes pass as they are', async () => {
  const packed = gzipSync('1.2.3.4\n');
  assert.equal(await plain(packed), '1.2.3.4\n');
  assert.equal(await plain(...[...packed].map((byte) => Uint8Array.of(byte))), '1.2.3.4\n');
  assert.equal(await plain('1.2.3.4\n', '5.6.7.8\n'), '1.2.3.4\n5.6.7.8\n');
  assert.equal(await plain(Uint8Array.of(0x1f)), '\x1f');
  assert.equal(await plain(), '');
});

test('F12: all members of a concatenated gzip file are read', async () => {
  assert.equal(await plain(gzipSync('a\n'), gzipSync('b\n'), gzipSync('')), 'a\nb\n');
});

test('F10: a cut gzip file is KC_FEED_DAMAGED, wherever it is cut, and so is one with a wrong checksum', async () => {
  const packed = gzipSync(Buffer.from(Array.from({ length: 5000 }, (_, i) => `10.0.${i >> 8}.${i & 255}\n`).join('')));
  for (const length of [2, 12, packed.length >> 1, packed.length - 1]) {
    await assert.rejects(plain(packed.subarray(0, length)), { code: 'KC_FEED_DAMAGED' }, `cut at ${length}`);
  }
  const wrong = Buffer.from(packed);
  wrong[wrong.length - 8]! ^= 1;
  await assert.rejects(plain(wrong), { code: 'KC_FEED_DAMAGED' });
});

test('zstd is told by its magic bytes; all frames are read; cuts, wrong checksums and bombs are refused', async () => {
  const text = Array.from({ length: 5000 }, (_, i) => `10.0.${i >> 8}.${i & 255}\n`).join('');
  const packed = zstdCompressSync(text, { params: { [constants.ZSTD_c_checksumFlag]: 1 } });
  assert.equal(await plain(packed), text);
  assert.equal(
    await plain(...[...packed.subarray(0, 40)].map((byte) => Uint8Array.of(byte)), packed.subarray(40)),
    text,
  );
  assert.equal(await plain(zstdCompressSync('a\n'), zstdCompressSync('b\n')), 'a\nb\n');
  for (const length of [4, 12, packed.length >> 1, packed.length - 1])
    await assert.rejects(plain(packed.subarray(0, length)), { code: 'KC_FEED_DAMAGED' }, `cut at ${length}`);
  const wrong = Buffer.from(packed);
  wrong[wrong.length - 1]! ^= 1;
  await assert.rejects(plain(wrong), { code: 'KC_FEED_DAMAGED' });
  await assert.rejects(plain(zstdCompressSync(Buffer.alloc(64 * 1024 * 1024))), { code: 'KC_FEED_TOO_LARGE' });
});

test('a zstd frame that wants gigabytes of memory to be read is refused', async () => {
  const wide = zstdCompressSync(Buffer.alloc(1024), {
    params: { [constants.ZSTD_c_windowLog]: 30, [constants.ZSTD_c_contentSizeFlag]: 0 },
  });
  // The frame header's window descriptor (RFC 8878, 3.1.1.1.2), set to 1 GiB whatever the compressor made of it.
  const frame = Buffer.from(wide);
  assert.equal(frame[4]! & 0x20, 0, 'no single segment: there is a window descriptor');
  frame[5] = (30 - 10) << 3;
  await assert.rejects(plain(frame), { code: 'KC_FEED_DAMAGED' });
});

test('F11: a bomb is stopped at the ratio, long before its end', async () => {
  const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
  let out = 0;
  const read = async () => {
    for await (const chunk of unpack(streamOf(bomb))) out += chunk.length;
  };
  await assert.rejects(read(), { code: 'KC_FEED_TOO_LARGE' });
  const allowed = Math.max(UNPACK_LIMITS.graceBytes, bomb.length * UNPACK_LIMITS.ratio);
  assert.ok(out <= allowed && allowed < 16 * 1024 * 1024, `${out} bytes came out`);
});

test('F11: the total cap holds for honest ratios too', async () => {
  const limits = { ratio: 1e9, graceBytes: 0, totalBytes: 1000 };
  await assert.rejects(collect(unpack(streamOf(gzipSync(Buffer.alloc(1001))), limits)), { code: 'KC_FEED_TOO_LARGE' });
  assert.equal(Buffer.concat(await collect(unpack(streamOf(gzipSync(Buffer.alloc(1000))), limits))).length, 1000);
});

test('a reader that leaves early leaves nothing running', async () => {
  for await (const chunk of unpack(streamOf(gzipSync(Buffer.alloc(1024 * 1024))))) {
    assert.ok(chunk.length > 0);
    break;
  }
});
