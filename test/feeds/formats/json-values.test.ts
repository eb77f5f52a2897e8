// JSON objects out of a stream, whole and broken.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { JSON_VALUE_BYTES, readJsonPieces, readJsonValues } from '../../../services/feeds/formats/json-values.ts';
import { collect, streamOf } from './items.ts';

const pieces = async (...parts: readonly (string | Uint8Array)[]) =>
  (await collect(readJsonPieces(streamOf(...parts))))
    .flat()
    .map(({ fault, text }) => fault ?? (JSON.parse(text) as unknown));

test('objects in an array, one a line, pretty-printed, with commas too many or brackets missing', async () => {
  const expected = [{ a: 1 }, { b: ['}', '"{', { c: {} }] }];
  const [one, two] = expected.map((value) => JSON.stringify(value));
  for (const text of [
    `[${one},${two}]`,
    `[\n${one}\n,\n${two},\n]`,
    `[${one},${two}`,
    `${one}\n${two}\n`,
    `\u{feff}${one}${two}`,
    JSON.stringify(expected, null, 2),
  ]) {
    assert.deepEqual(await pieces(text), expected, text);
    assert.deepEqual(await pieces(...[...Buffer.from(text)].map((byte) => Uint8Array.of(byte))), expected, text);
  }
});

test('any objects survive any cut of the stream', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.object({ maxDepth: 3 }), { maxLength: 5 }),
      fc.integer({ min: 1, max: 11 }),
      async (values, size) => {
        const text = JSON.stringify(values);
        const bytes = Buffer.from(text);
        const parts = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
          bytes.subarray(i * size, (i + 1) * size),
        );
        assert.deepEqual(await pieces(...parts), JSON.parse(text));
      },
    ),
    { numRuns: 200 },
  );
});

test('F15: a broken object costs itself: the next line begins anew', async () => {
  assert.deepEqual(await pieces('[\n{"a":1},\n{"b":"open},\n{"c":3}]'), [{ a: 1 }, 'bad_json', { c: 3 }]);
  assert.deepEqual(await pieces('{"a":1}\nsome words\n{"b":2}\n'), [{ a: 1 }, 'bad_json', { b: 2 }]);
  assert.deepEqual(await pieces('{"a":1}\n{"b":'), [{ a: 1 }, 'cut_short']);
  assert.deepEqual(await pieces(Buffer.from('{"a":"caf\xe9"}', 'latin1')), ['bad_encoding']);
});

test('F16: one object of 256 MiB is one rejection, and memory stays flat', async () => {
  const filler = Buffer.alloc(1024 * 1024, 'x');
  async function* huge() {
    yield Buffer.from('[{"a":1},\n{"b":"');
    for (let i = 0; i < 256; i++) yield filler;
    yield Buffer.from('"},\n{"c":3}]');
  }
  const before = process.memoryUsage().rss;
  const found = (await collect(readJsonPieces(huge()))).flat();
  assert.deepEqual(
    found.map(({ fault }) => fault),
    [null, 'value_too_long', null],
  );
  assert.ok(process.memoryUsage().rss - before < 4 * JSON_VALUE_BYTES);
});

test('an array that never closes is noted, and the tool’s own marks are no faults', async () => {
  const items = await collect(
    readJsonValues(
      streamOf('[{"a":1},{finished: 1}'),
      () => [],
      (text) => text.startsWith('{finished'),
    ),
  );
  assert.deepEqual(items, [{ type: 'note', partial: 'cut_short' }]);
  assert.deepEqual(await collect(readJsonValues(streamOf('[{"a":1}]\n'), () => [])), []);
});
