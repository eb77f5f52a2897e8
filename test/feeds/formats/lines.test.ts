// Lines of a byte stream, whatever the newlines, the chunks, the encoding and the length.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { EXCERPT_CHARACTERS, readLines, TEXT_LINE_BYTES } from '../../../services/feeds/lines.ts';
import { collect, streamOf } from './items.ts';

async function read(...pieces: readonly (string | Uint8Array)[]) {
  return (await collect(readLines(streamOf(...pieces), TEXT_LINE_BYTES))).flat();
}
const texts = async (...pieces: readonly (string | Uint8Array)[]) =>
  (await read(...pieces)).map((line) =>
    line.type === 'line' ? `${line.number} ${line.text}` : `${line.at} ${line.reason}`,
  );

test('F06: LF, CRLF, CR and mixtures end lines; the last line needs none', async () => {
  assert.deepEqual(await texts('a\nb\r\nc\rd\n\ne'), ['1 a', '2 b', '3 c', '4 d', '5 ', '6 e']);
  assert.deepEqual(await texts('a\r', '\nb\r', 'c'), ['1 a', '2 b', '3 c']);
  assert.deepEqual(await texts('\r\r\n\n'), ['1 ', '2 ', '3 ']);
  assert.deepEqual(await texts(''), []);
});

test('F06: the chunks in which bytes arrive never change the lines', async () => {
  const line = fc.string({ unit: fc.constantFrom('a', 'ü', '€', ' ', '😀'), maxLength: 6 });
  const newline = fc.constantFrom('\n', '\r\n', '\r');
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(line, newline), { maxLength: 12 }),
      fc.array(fc.nat(8), { maxLength: 40 }),
      async (rows, cuts) => {
        // A CR before an empty line's LF is one newline to every reader: such a pair cannot be told from CRLF.
        fc.pre(rows.every(([, end], i) => !(end === '\r' && rows[i + 1]?.[0] === '' && rows[i + 1]?.[1] === '\n')));
        const bytes = Buffer.from(rows.flat().join(''));
        const pieces: Buffer[] = [];
        let at = 0;
        for (const cut of cuts) {
          pieces.push(bytes.subarray(at, at + cut));
          at += cut;
        }
        pieces.push(bytes.subarray(at));
        assert.deepEqual(
          await texts(...pieces),
          rows.map(([text], i) => `${i + 1} ${text}`),
        );
      },
    ),
  );
});

test('F04: a UTF-8 byte order mark is dropped, also when it arrives byte by byte, and only at the start', async () => {
  const mark = [0xef, 0xbb, 0xbf].map((byte) => Uint8Array.of(byte));
  assert.deepEqual(await texts(...mark, 'a\n\u{feff}b'), ['1 a', '2 \u{feff}b']);
  assert.deepEqual(await texts(...mark), []);
});

test('F05: UTF-16 is refused as a whole, with and without its mark; latin-1 and NUL cost their lines', async () => {
  const utf16 = Buffer.from('1.2.3.4\n', 'utf16le');
  for (const bytes of [Buffer.from([0xff, 0xfe, ...utf16]), utf16, Buffer.from([0xfe, 0xff, ...utf16.swap16()])]) {
    await assert.rejects(read(bytes), { code: 'KC_FEED_ENCODING' });
  }
  assert.deepEqual(await texts('a\n', Buffer.from('caf\xe9\n', 'latin1'), 'x\0y\n', 'b'), [
    '1 a',
    'line 2 bad_encoding',
    'line 3 nul_byte',
    '4 b',
  ]);
  const [latin] = await read(Buffer.from('caf\xe9s', 'latin1'));
  assert.ok(latin?.type === 'rejection' && latin.excerpt === 'cafés');
});

test('F16: a line of 512 MiB is one rejection, the lines around it are read, and memory stays flat', async () => {
  const piece = Buffer.alloc(1024 * 1024, 'x');
  async function* huge() {
    yield Buffer.from('first\n');
    for (let i = 0; i < 512; i++) yield piece;
    yield Buffer.from('\nlast\n');
  }
  const before = process.memoryUsage().rss;
  const lines = (await collect(readLines(huge(), TEXT_LINE_BYTES))).flat();
  const grown = process.memoryUsage().rss - before;
  assert.deepEqual(
    lines.map((line) => (line.type === 'line' ? line.text : `${line.at} ${line.reason} ${line.excerpt.length}`)),
    ['first', `line 2 line_too_long ${EXCERPT_CHARACTERS}`, 'last'],
  );
  assert.ok(grown < 64 * 1024 * 1024, `rss grew by ${grown} bytes`);
});

test('the line cap is exact, whether the line comes in one piece or in several', async () => {
  const fits = 'y'.repeat(TEXT_LINE_BYTES);
  assert.equal((await read(`${fits}\n`))[0]?.type, 'line');
  assert.equal((await read(fits.slice(0, 7), `${fits.slice(7)}\n`))[0]?.type, 'line');
  assert.equal((await read(`${fits}y\n`))[0]?.type, 'rejection');
  assert.equal((await read(fits, 'y'))[0]?.type, 'rejection');
});
