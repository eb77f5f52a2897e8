// Merkle hashes against the published vectors of RFC 6962 implementations and against the lab log's own tree.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  EMPTY_ROOT,
  leafHash,
  rootFromEdge,
  TileHasher,
  tileRoot,
} from '../../../services/feeds/certificate-transparency/merkle.ts';
import { hashesAt, tileWidth } from '../../../services/feeds/certificate-transparency/tile.ts';
import { VerifiedTree } from '../../../services/feeds/certificate-transparency/verified-tree.ts';
import { LabTree } from '../../../services/lab/ct-log/tree.ts';

/** Leaf inputs and roots of the trees of 1 to 8 leaves, as Certificate Transparency implementations publish them. */
const LEAVES = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'];
const ROOTS = [
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

function labTree(size: number): LabTree {
  const tree = new LabTree();
  for (let i = 0; i < size; i++) tree.append(Buffer.from(`leaf ${i}`));
  return tree;
}

/** One hash of a level of the lab's tree. */
function labHash(tree: LabTree, level: number, index: number): Buffer {
  return tree.hashes(level, Math.floor(index / 256), (index % 256) + 1)!.subarray(-32);
}

test('small trees have the published roots', () => {
  assert.equal(EMPTY_ROOT.toString('hex'), 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  const hashes = LEAVES.map((leaf) => leafHash(Buffer.from(leaf, 'hex')));
  const lab = new LabTree();
  for (const [i, root] of ROOTS.entries()) {
    lab.append(Buffer.from(LEAVES[i]!, 'hex'));
    assert.equal(rootFromEdge([Buffer.concat(hashes.slice(0, i + 1))], [i + 1]).toString('hex'), root);
    assert.equal(lab.root(i + 1).toString('hex'), root);
  }
});

test('a full tile hashes to the root of its 256 leaves, again and again', () => {
  const hasher = new TileHasher();
  const tree = labTree(512);
  for (const index of [0, 1, 0]) {
    const expected = labHash(tree, 1, index);
    assert.deepEqual(tileRoot(tree.hashes(0, index, 256)!, hasher), expected);
  }
});

test('a verified tree opens from its right edge at every size, and gives every earlier root', async () => {
  const tree = labTree(66_000);
  const open = (size: number): Promise<VerifiedTree> =>
    VerifiedTree.open({ size, root: tree.root(size), timestamp: 0 }, async (level, index, width) => {
      assert.ok(width === 256 || width === tileWidth(size, level, index));
      return tree.hashes(level, index, width)!;
    });
  for (const size of [0, 1, 2, 3, 255, 256, 257, 511, 512, 769, 65_535, 65_536, 65_537, 65_793, 66_000]) {
    const verified = await open(size);
    for (const earlier of [0, 1, 7, 255, 256, 300, 512, 65_535, 65_536, 65_537, 66_000]) {
      if (earlier <= size)
        assert.deepEqual(await verified.rootAt(earlier), tree.root(earlier), `${earlier} of ${size}`);
    }
    for (const index of [0, 1, hashesAt(size, 1) - 1]) {
      if (index >= 0 && index < hashesAt(size, 1)) {
        assert.deepEqual(await verified.hash(1, index), labHash(tree, 1, index));
      }
    }
  }
});

test('a wrong hash anywhere on the way is refused', async () => {
  const size = 66_000;
  const tree = labTree(size);
  const root = tree.root(size);
  /** A reader that changes one octet of one tile. */
  const reading = (badLevel: number, badIndex: number) => async (level: number, index: number, width: number) => {
    const hashes = Buffer.from(tree.hashes(level, index, width)!);
    if (level === badLevel && index === badIndex) hashes[hashes.length - 1]! ^= 1;
    return hashes;
  };
  const refused = { code: 'KC_CT_SPLIT_VIEW' };
  const head = { size, root, timestamp: 0 };
  for (const [level, index] of [
    [0, 257],
    [1, 1],
    [2, 0],
  ] as const) {
    await assert.rejects(VerifiedTree.open(head, reading(level, index)), refused, `edge of level ${level}`);
  }
  const inner = await VerifiedTree.open(head, reading(1, 0));
  await assert.rejects(inner.hash(1, 3), refused);
  await assert.rejects(inner.hash(0, 3), refused);
  const leaves = await VerifiedTree.open(head, reading(0, 9));
  assert.deepEqual(await leaves.hash(0, 3), labHash(tree, 0, 3));
  await assert.rejects(leaves.hash(0, 9 * 256), refused);
});
