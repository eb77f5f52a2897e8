// Consistency proofs and growing edges against the lab's own tree, over random sizes and with every hash of a proof broken.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { edgeFromConsistency, isPowerOfTwo } from '../../../services/feeds/certificate-transparency/consistency.ts';
import { leafHash } from '../../../services/feeds/certificate-transparency/merkle.ts';
import { rootOfSubtrees, TreeEdge } from '../../../services/feeds/certificate-transparency/tree-edge.ts';
import { windows } from '../../../services/feeds/certificate-transparency/windows.ts';
import { LabTree } from '../../../services/lab/ct-log/tree.ts';

const SIZE = 1500;
const leaf = (i: number): Buffer => Buffer.from(`leaf ${i}`);
const tree = new LabTree();
for (let i = 0; i < SIZE; i++) tree.append(leaf(i));

test('a proof gives the edge of the earlier tree, and from it the later root', () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: SIZE }), fc.nat(), (size, n) => {
      const first = 1 + (n % (size - 1));
      const head = { size, root: tree.root(size) };
      const proof = tree.consistency(first, size);
      const known = isPowerOfTwo(first) ? tree.root(first) : null;
      const subtrees = edgeFromConsistency(first, head, proof, known);
      assert.ok(subtrees !== null);
      assert.deepEqual(rootOfSubtrees(subtrees), tree.root(first));
      const edge = new TreeEdge(subtrees);
      assert.equal(edge.size, first);
      for (let i = first; i < size; i++) edge.append(leafHash(leaf(i)).toString('latin1'), size);
      assert.deepEqual(edge.root(), head.root);
    }),
    { numRuns: 200 },
  );
});

test('a proof with one bit, one hash or the root changed proves nothing', () => {
  for (const [first, size] of [
    [3, 7],
    [256, 700],
    [768, 1000],
    [1023, 1500],
  ] as const) {
    const head = { size, root: tree.root(size) };
    const known = tree.root(first);
    const proof = tree.consistency(first, size);
    for (let i = 0; i < proof.length; i++) {
      const changed = proof.map((hash) => Buffer.from(hash));
      changed[i]![31]! ^= 1;
      assert.equal(edgeFromConsistency(first, head, changed, known), null, `hash ${i} of ${first} to ${size}`);
      assert.equal(edgeFromConsistency(first, head, proof.toSpliced(i, 1), known), null);
    }
    assert.equal(edgeFromConsistency(first, head, [...proof, Buffer.alloc(32)], known), null);
    assert.equal(edgeFromConsistency(first, { size, root: tree.root(size - 1) }, proof, known), null);
    assert.equal(edgeFromConsistency(first, head, [], null), null);
  }
});

test('a proof between two sizes does not serve for another size with the same root', () => {
  const proof = tree.consistency(3, 7);
  assert.ok(edgeFromConsistency(3, { size: 7, root: tree.root(7) }, proof, null) !== null);
  assert.equal(edgeFromConsistency(3, { size: 15, root: tree.root(7) }, proof, null), null);
});

test('windows cover everything once, newest first behind the head, with bounds that proofs can state', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 40_000 }), fc.nat(), fc.integer({ min: 1, max: 9000 }), (size, n, budget) => {
      const before = size === 0 ? 0 : n % (size + 1);
      let done: readonly [number, number] = [before, before];
      let read = 0;
      for (let run = 0; run < 400 && (done[0] > 0 || done[1] < size); run++) {
        for (const window of windows(done, size, budget)) {
          assert.ok(window.from < window.to && (window.from === done[1] || window.to === done[0]));
          for (const bound of [window.from, window.to]) {
            if (bound === 0 || bound === size || bound === before) continue;
            assert.ok(bound % 256 === 0 && !isPowerOfTwo(bound), `${bound}`);
          }
          read += window.to - window.from;
          done = window.done;
        }
      }
      assert.deepEqual(done, [0, size]);
      assert.equal(read, size);
    }),
  );
});
