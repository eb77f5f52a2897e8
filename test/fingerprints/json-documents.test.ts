import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { jsonDocuments } from '../../services/fingerprints/json-documents.ts';

async function documents(text: string): Promise<string[]> {
  async function* lines() {
    yield* text.split('\n');
  }
  return Array.fromAsync(jsonDocuments(lines()));
}

test('any mix of one-line and pretty-printed objects comes back whole and in order', async () => {
  const object = fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 });
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(object, fc.boolean())), async (values) => {
      const text = values.map(([value, pretty]) => JSON.stringify(value, null, pretty ? 1 : undefined)).join('\n');
      assert.deepEqual(
        (await documents(text)).map((one) => JSON.parse(one)),
        values.map(([value]) => JSON.parse(JSON.stringify(value))),
      );
    }),
  );
});

test('a cut line spoils itself only', async () => {
  assert.deepEqual(await documents('{"a": 1, "b\n{"c": 2}\nnot json\n\n{"d": 3}'), [
    '{"a": 1, "b',
    '{"c": 2}',
    'not json',
    '{"d": 3}',
  ]);
});

test('an object that never ends is given up at the next one, or at the end', async () => {
  assert.deepEqual(await documents('{\n "a": [\n{"c": 2}'), ['{\n "a": [', '{"c": 2}']);
  assert.deepEqual(await documents('{\n "a": ['), ['{\n "a": [']);
});
