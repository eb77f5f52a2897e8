// The estimate of clusters: joined by keys, guarded against keys that many share, and always an interval.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import {
  ClusterCount,
  ClusterEstimate,
  type ClusterInterval,
  type ClusterMember,
  MAX_KEY_ADDRESSES,
  MAX_KEY_NETWORKS,
} from '../../services/rollups/cluster-estimate.ts';

const member = (n: number, keys: readonly string[], network = 'AS1'): ClusterMember => ({
  endpoint: `e${n}`,
  address: `a${n}`,
  network,
  keys,
});
const endpoints = (members: readonly ClusterMember[]): string[] => members.map(({ endpoint }) => endpoint);
function estimateOf(members: readonly ClusterMember[]): ClusterEstimate {
  const estimate = new ClusterEstimate();
  for (const one of members) estimate.add(one);
  estimate.join();
  return estimate;
}

function counted(estimate: ClusterEstimate, of: readonly string[]): ClusterInterval {
  const count = new ClusterCount();
  for (const endpoint of of) {
    const place = estimate.placeOf(endpoint);
    if (place !== null) count.see(place);
  }
  return count.interval;
}

const whole = (members: readonly ClusterMember[]): ClusterInterval => counted(estimateOf(members), endpoints(members));

test('endpoints of one key are one cluster, endpoints without a key are one each', () => {
  assert.deepEqual(whole([member(1, ['k']), member(2, ['k']), member(3, []), member(4, [])]), { low: 3, high: 3 });
  assert.deepEqual(whole([]), { low: 0, high: 0 });
});

test('keys join through each other, and only what shows the same keys is surely the same', () => {
  assert.deepEqual(whole([member(1, ['a', 'b']), member(2, ['b', 'c']), member(3, ['c'])]), { low: 1, high: 3 });
  assert.deepEqual(whole([member(1, ['b', 'a', 'a']), member(2, ['a', 'b'])]), { low: 1, high: 1 });
});

test('a key of too many addresses joins nothing', () => {
  const many = (count: number) => Array.from({ length: count }, (_, n) => member(n, ['k']));
  assert.deepEqual(whole(many(MAX_KEY_ADDRESSES)), { low: 1, high: 1 });
  const over = many(MAX_KEY_ADDRESSES + 1);
  assert.deepEqual(whole(over), { low: over.length, high: over.length });
  assert.deepEqual([...estimateOf(over).sharedKeys], ['k']);
});

test('many ports of one address are one address', () => {
  const ports = Array.from({ length: MAX_KEY_ADDRESSES + 1 }, (_, n) => ({ ...member(n, ['k']), address: 'a' }));
  assert.deepEqual(whole(ports), { low: 1, high: 1 });
});

test('a key of too many networks joins nothing, another key of the same endpoints does', () => {
  const over = Array.from({ length: MAX_KEY_NETWORKS + 1 }, (_, n) => member(n, ['shared', `own${n % 2}`], `AS${n}`));
  assert.deepEqual(whole(over), { low: 2, high: 2 });
  assert.deepEqual(whole(over.slice(1)), { low: 1, high: 2 });
});

test('a selection is counted with what was learnt from all: its joins and its guard', () => {
  const chain = [member(1, ['a']), member(2, ['a', 'b']), member(3, ['b'])];
  assert.deepEqual(counted(estimateOf(chain), ['e1', 'e3']), { low: 1, high: 2 });
  const over = Array.from({ length: MAX_KEY_NETWORKS + 1 }, (_, n) => member(n, ['k'], `AS${n}`));
  assert.deepEqual(counted(estimateOf(over), ['e0', 'e1']), { low: 2, high: 2 });
  assert.deepEqual(counted(estimateOf(chain), ['e1', 'e1', 'nobody']), { low: 1, high: 1 });
});

/** Components found by walking, with no union: the definition itself. */
function componentsByWalking(members: readonly ClusterMember[], shared: ReadonlySet<string>): number {
  const left = new Set(members);
  let count = 0;
  for (const start of members) {
    if (!left.delete(start)) continue;
    count++;
    const queue = [start];
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
      const { keys } = next;
      for (const other of [...left]) {
        if (other.keys.some((key) => keys.includes(key) && !shared.has(key))) {
          left.delete(other);
          queue.push(other);
        }
      }
    }
  }
  return count;
}

test('low is the number of components, high the number of key sets, whatever the order', () => {
  const someKeys = fc.subarray(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'], { maxLength: 3 });
  const someMembers = fc
    .array(fc.tuple(someKeys, fc.constantFrom('AS1', 'AS2', 'AS3', 'AS4')), { maxLength: 40 })
    .map((list) => list.map(([keys, network], n) => member(n, keys, network)));
  fc.assert(
    fc.property(someMembers, (members) => {
      const estimate = estimateOf(members);
      const { low, high } = counted(estimate, endpoints(members));
      assert.equal(low, componentsByWalking(members, estimate.sharedKeys));
      const sets = members.map(({ endpoint, keys }) => {
        const admitted = keys.filter((key) => !estimate.sharedKeys.has(key));
        return admitted.length === 0 ? endpoint : admitted.sort().join();
      });
      assert.equal(high, new Set(sets).size);
      assert.ok(low <= high && high <= members.length);
      assert.deepEqual(whole([...members].reverse()), { low, high });
    }),
  );
});
