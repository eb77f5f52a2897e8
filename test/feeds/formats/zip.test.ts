// Zip archives: those of the zip program are read, those that mean harm are refused before anything is unpacked.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openZipEntry, type RandomAccess, readZipDirectory } from '../../../services/feeds/zip.ts';
import { collect } from './items.ts';
import { type Made, zipOf } from './zip.ts';

/** The archive, and which of its bytes were asked for. */
function fileOf(bytes: Buffer): RandomAccess & { read: number } & { total: () => number } {
  let total = 0;
  const file = {
    size: bytes.length,
    async *read(start: number, end: number) {
      for (let at = start; at < end; at += 1000) {
        const piece = bytes.subarray(at, Math.min(end, at + 1000));
        total += piece.length;
        yield piece;
      }
    },
    total: () => total,
  };
  return file as never;
}
async function contents(bytes: Buffer, limits?: Parameters<typeof openZipEntry>[2]): Promise<Record<string, string>> {
  const file = fileOf(bytes);
  const found: Record<string, string> = {};
  for (const entry of await readZipDirectory(file, limits))
    found[entry.name] = Buffer.concat(await collect(openZipEntry(file, entry, limits))).toString();
  return found;
}
const refused = (entries: readonly Made[], code: string, message: RegExp, said?: Parameters<typeof zipOf>[1]) =>
  assert.rejects(contents(zipOf(entries, said)), { code, message });

test('entries are read packed and stored; folders and litter of file managers are passed over; a comment may follow', async () => {
  const archive = zipOf([
    { name: 'a/', mode: 0o040755 },
    { name: 'a/x.csv', content: 'x\n'.repeat(5000), mode: 0o100644 },
    { name: 'y.csv', content: 'y\n', stored: true },
    { name: '__MACOSX/a/._x.csv', content: 'junk' },
    { name: 'empty.csv' },
  ]);
  assert.deepEqual(await contents(archive), { 'a/x.csv': 'x\n'.repeat(5000), 'y.csv': 'y\n', 'empty.csv': '' });
  const commented = Buffer.concat([archive, Buffer.from('PK\x05\x06 hello')]);
  commented.writeUInt16LE(10, archive.length - 2);
  assert.deepEqual(await contents(commented), await contents(archive));
});

test('an archive with 64-bit records is read', async () => {
  const archive = zipOf(
    [
      { name: 'a', content: '1.2.3.4\n' },
      { name: 'b', content: 'b' },
    ],
    { wide: true },
  );
  assert.deepEqual(await contents(archive), { a: '1.2.3.4\n', b: 'b' });
});

test('F13: names outside the archive, links and devices are refused', async () => {
  for (const name of ['../x', 'a/../../x', '/etc/passwd', 'C:\\x', 'a\\..\\x', '..'])
    await refused(
      [
        { name: 'ok.csv', content: 'x' },
        { name, content: 'x' },
      ],
      'KC_FEED_NOT_DATA',
      /outside the archive/,
    );
  await refused([{ name: 'link', content: '/etc/passwd', mode: 0o120777 }], 'KC_FEED_NOT_DATA', /a link or a device/);
  await refused([{ name: 'device', mode: 0o020644 }], 'KC_FEED_NOT_DATA', /a link or a device/);
});

test('F13: 1,000,000 entries are refused at the end record, without reading the directory', async () => {
  await refused([{ name: 'x' }], 'KC_FEED_TOO_LARGE', /1001 entries/, { entries: 1001 });
  const many = zipOf(Array.from({ length: 20_000 }, (_, i) => ({ name: `f${i}`, stored: true })));
  const file = fileOf(many);
  await assert.rejects(readZipDirectory(file), { code: 'KC_FEED_TOO_LARGE', message: /20000 entries/ });
  assert.ok(file.total() < 100_000);
});

test('F11: bombs are refused: by ratio, by what the directory says in all, and by entries that share bytes', async () => {
  await refused([{ name: 'bomb', content: Buffer.alloc(32 * 1024 * 1024) }], 'KC_FEED_TOO_LARGE', /out of/);
  await refused([{ name: 'a', content: 'x', size: 0xfffffff0 }], 'KC_FEED_DAMAGED', /cut short or corrupt/);
  const limits = { ratio: 200, graceBytes: 1024, totalBytes: 1000 };
  await assert.rejects(contents(zipOf([{ name: 'a', content: 'x'.repeat(1001), stored: true }]), limits), {
    code: 'KC_FEED_TOO_LARGE',
  });
  const shared = [
    { name: 'a', content: 'x'.repeat(100) },
    { name: 'b', content: 'x'.repeat(100), offset: 0 },
  ];
  await refused(shared, 'KC_FEED_NOT_DATA', /overlaps/);
});

test('F14: content that is not what the directory says is damage', async () => {
  await refused([{ name: 'a', content: 'x', crc: 1 }], 'KC_FEED_DAMAGED', /cut short or corrupt/);
  await refused([{ name: 'a', content: 'xyz', size: 2 }], 'KC_FEED_DAMAGED', /longer than its directory says/);
  await refused([{ name: 'a', content: 'xyz', size: 4 }], 'KC_FEED_DAMAGED', /cut short or corrupt/);
});

test('F10: an archive cut anywhere is damage', async () => {
  const whole = zipOf([
    { name: 'a', content: 'x'.repeat(100) },
    { name: 'b', content: 'y' },
  ]);
  for (let length = 4; length < whole.length; length++)
    await assert.rejects(contents(whole.subarray(0, length)), { code: 'KC_FEED_DAMAGED' }, `cut at ${length}`);
});

test('encrypted entries and other methods are refused by name', async () => {
  await refused([{ name: 'a', content: 'x', flags: 1 }], 'KC_FEED_NOT_DATA', /encrypted/);
  await refused([{ name: 'a', content: 'x', method: 93 }], 'KC_FEED_NOT_DATA', /method 93/);
});
