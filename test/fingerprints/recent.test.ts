// What is remembered is bounded, and what is used stays.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Recent } from '../../services/fingerprints/recent.ts';

test('a value is made once while it is used, and again after it was forgotten', () => {
  const made: string[] = [];
  const recent = new Recent<{ key: string }>(3);
  const get = (key: string) =>
    recent.get(key, () => {
      made.push(key);
      return { key };
    });
  assert.equal(get('a'), get('a'));
  for (const key of ['b', 'c', 'd', 'a', 'e', 'f', 'a', 'g', 'h', 'a']) assert.equal(get(key).key, key);
  assert.deepEqual(made, ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'], 'a was used again and again');
  get('b');
  assert.equal(made.at(-1), 'b', 'b was not');
});
