import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { JsonDocuments } from '../../services/fingerprints/json-documents.ts';

/** The documents of a text that arrives in pieces of `size` characters. */
function documents(text: string, size = text.length + 1): string[] {
  const reader = new JsonDocuments();
  const found: string[] = [];
  for (let at = 0; at < text.length; at += size) found.push(...reader.read(text.slice(at, at + size)));
  return [...found, ...reader.end()];
}

test('any mix of one-line and pretty-printed objects comes back whole and in order, however it is cut and lines end', () => {
  const object = fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 });
  const size = fc.integer({ min: 1, max: 50 });
  fc.assert(
    fc.property(fc.array(fc.tuple(object, fc.boolean())), size, fc.constantFrom('\n', '\r\n'), (values, cut, end) => {
      const text = values.map(([value, pretty]) => JSON.stringify(value, null, pretty ? 1 : undefined)).join('\n');
      assert.deepEqual(
        documents(text.replaceAll('\n', end), cut).map((one) => JSON.parse(one)),
        values.map(([value]) => JSON.parse(JSON.stringify(value))),
      );
    }),
  );
});

test('a line separator that JSON allows inside of strings ends no line', () => {
  const line = '{"a": "\u2028\u2029"}';
  assert.deepEqual(documents(`${line}\n${line}`), [line, line]);
});

test('a line without end is given up', () => {
  const reader = new JsonDocuments();
  let found = 0;
  for (let pieces = 0; pieces < 20; pieces++) found += reader.read('x'.repeat(1 << 20)).length;
  assert.equal(found, 2);
  assert.ok(reader.end().every((text) => text.length <= 2 ** 23));
});

test('a cut line spoils itself only', () => {
  assert.deepEqual(documents('{"a": 1, "b\n{"c": 2}\nnot json\n\n{"d": 3}'), [
    '{"a": 1, "b',
    '{"c": 2}',
    'not json',
    '{"d": 3}',
  ]);
});

test('an object that never ends is given up at the next one, or at the end', () => {
  assert.deepEqual(documents('{\n "a": [\n{"c": 2}'), ['{\n "a": [', '{"c": 2}']);
  assert.deepEqual(documents('{\n "a": ['), ['{\n "a": [']);
});
