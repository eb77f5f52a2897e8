// Keyed order and sampling: repeatable, complete, nested, and independent of each other.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { ORDER_RANGE, orderKey, sampled, seededOrder } from '../../services/surveys/order.ts';

const same = (text: string): string => text;
const keys = Array.from({ length: 20_000 }, (_, i) => `11.${i >> 8}.${i & 255}.1:6443`);

describe('orderKey', () => {
  it('is the documented hash, so that another program can repeat the order', () => {
    // The length of the seed is in bytes: "sü" has three.
    const hex = createHash('sha256').update('order\u00003\u0000süä').digest('hex');
    assert.equal(orderKey('order', 'sü', 'ä'), Number.parseInt(hex.slice(0, 12), 16));
  });
  it('keeps seed and key apart', () => {
    assert.notEqual(orderKey('order', 'ab', 'c'), orderKey('order', 'a', 'bc'));
    assert.notEqual(orderKey('order', 'a', 'b'), orderKey('sample', 'a', 'b'));
  });
  it('is an integer below 2^48', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (seed, key) => {
        const value = orderKey('order', seed, key);
        assert.ok(Number.isInteger(value) && value >= 0 && value < ORDER_RANGE);
      }),
    );
  });
});

describe('seededOrder', () => {
  it('is a permutation that depends on the set and the seed only', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string(), { maxLength: 60 }), fc.string(), (list, seed) => {
        const ordered = seededOrder(list, seed, same);
        assert.deepEqual([...ordered].sort(), [...list].sort());
        assert.deepEqual(seededOrder([...list].reverse(), seed, same), ordered);
      }),
    );
  });
  it('differs from seed to seed, and moves neighbours apart', () => {
    const one = seededOrder(keys, 'one', same);
    assert.notDeepEqual(one.slice(0, 50), seededOrder(keys, 'two', same).slice(0, 50));
    const place = new Map(one.map((key, i) => [key, i]));
    const gaps = keys.slice(1).map((key, i) => Math.abs(place.get(key)! - place.get(keys[i]!)!));
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
    // The mean distance of two random places among n is n/3; 3 % is more than six standard errors here.
    assert.ok(Math.abs(mean - keys.length / 3) < keys.length * 0.03, `mean distance ${mean}`);
  });
  it('is total: keys whose 48 bits collide come in the order of their text', () => {
    const pair = ['17678742', '32454925']; // found by search among 34 million
    assert.equal(orderKey('order', 'tie', pair[0]!), orderKey('order', 'tie', pair[1]!));
    for (const list of [pair, [...pair].reverse()]) assert.deepEqual(seededOrder(list, 'tie', same), pair);
  });
  it('leaves its input alone', () => {
    const list = ['c', 'a', 'b'];
    seededOrder(list, 's', same);
    assert.deepEqual(list, ['c', 'a', 'b']);
  });
});

describe('sampled', () => {
  it('is nested, repeatable and of the right size', () => {
    let previous = new Set<string>();
    for (const p of [0, 0.01, 0.1, 0.5, 0.9, 1]) {
      const drawn = new Set(keys.filter((key) => sampled('seed', key, p)));
      for (const key of previous) assert.ok(drawn.has(key), `${key} is in a smaller sample but not in ${p}`);
      const deviation = Math.abs(drawn.size - p * keys.length);
      assert.ok(deviation <= 5 * Math.sqrt(keys.length * p * (1 - p)), `${drawn.size} of ${keys.length} at ${p}`);
      assert.deepEqual(new Set(keys.filter((key) => sampled('seed', key, p))), drawn);
      previous = drawn;
    }
    assert.equal(previous.size, keys.length);
  });
  it('says nothing about the order', () => {
    const ordered = seededOrder(keys, 'seed', same);
    const early = ordered.slice(0, 10_000).filter((key) => sampled('seed', key, 0.1)).length;
    assert.ok(Math.abs(early - 1000) < 150, `${early} of the first half at 0.1`); // five standard deviations
  });
  it('refuses what is no probability', () => {
    for (const p of [-0.1, 1.1, Number.NaN]) assert.throws(() => sampled('s', 'k', p), { code: 'KC_USAGE' });
  });
});
