// The TileLeaf cutter against the lab log's encoder, and against cut, misaligned and random tiles.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { cutTile, entryHash, LEAF_HEADROOM, LeafTable } from '../../../services/feeds/certificate-transparency/leaf.ts';
import { leafHash } from '../../../services/feeds/certificate-transparency/merkle.ts';
import { encodeEntry, type LabEntry } from '../../../services/lab/ct-log/entry.ts';

const TIME = 1_790_000_000_123;
const ENTRIES: LabEntry[] = [
  { certificateDer: Buffer.from('certificate one') },
  { precertTbs: Buffer.from('tbs two'), issuerKeyHash: Buffer.alloc(32, 7), precertificate: Buffer.from('precert') },
  { certificateDer: Buffer.alloc(0) },
  { certificateDer: Buffer.alloc(70_000, 9) },
];
const FIRST = 256 * 5_000_000;
const encoded = ENTRIES.map((entry, i) => encodeEntry(entry, FIRST + i, TIME));
const tile = (from = 0): Buffer =>
  Buffer.concat([Buffer.alloc(LEAF_HEADROOM, 0xee), ...encoded.slice(from).map((entry) => entry.tileLeaf)]);

test('cuts certificates and precertificates, and hashes them as the tree does', () => {
  const bytes = tile();
  const before = Buffer.from(bytes);
  const table = new LeafTable();
  assert.equal(cutTile(bytes, LEAF_HEADROOM, 4, FIRST, true, table), null);
  assert.equal(table.count, 4);
  for (const [i, entry] of ENTRIES.entries()) {
    const der = 'certificateDer' in entry ? entry.certificateDer : entry.precertTbs;
    assert.deepEqual(bytes.subarray(table.derStart[i], table.derEnd[i]), Buffer.from(der));
    assert.equal(table.precert[i], 'precertTbs' in entry ? 1 : 0);
    assert.equal(table.timestamp[i], TIME);
    assert.equal(entryHash(bytes, table, i), leafHash(encoded[i]!.merkleLeaf).toString('latin1'));
  }
  assert.deepEqual(bytes, before, 'hashing left its zeros behind');
});

test('refuses another leaf index, or none', () => {
  const table = new LeafTable();
  assert.match(cutTile(tile(), LEAF_HEADROOM, 4, FIRST + 1, true, table)!, /carries leaf index 1280000000$/);
  assert.match(
    cutTile(tile(1), LEAF_HEADROOM, 3, FIRST, true, table)!,
    /entry 1280000000 carries leaf index 1280000001/,
  );
  const bytes = tile();
  const extensions = LEAF_HEADROOM + 8 + 2 + 3 + 'certificate one'.length;
  bytes[extensions + 2] = 1; // another extension type
  assert.match(cutTile(bytes, LEAF_HEADROOM, 4, FIRST, true, table)!, /carries leaf index none/);
});

test('refuses an unknown entry type, octets behind the last entry, and every cut', () => {
  const table = new LeafTable();
  const unknown = tile();
  unknown[LEAF_HEADROOM + 8] = 0x80;
  assert.match(cutTile(unknown, LEAF_HEADROOM, 4, FIRST, true, table)!, /unknown type 32768/);
  assert.match(cutTile(tile(), LEAF_HEADROOM, 3, FIRST, true, table)!, /octets follow/);
  assert.equal(cutTile(tile(), LEAF_HEADROOM, 3, FIRST, false, table), null);
  const whole = tile().subarray(0, LEAF_HEADROOM + encoded[0]!.tileLeaf.length + encoded[1]!.tileLeaf.length);
  assert.equal(cutTile(whole, LEAF_HEADROOM, 2, FIRST, true, table), null);
  for (let length = LEAF_HEADROOM; length < whole.length; length++) {
    const bytes = whole.subarray(0, length);
    for (const exact of [true, false]) {
      assert.notEqual(cutTile(bytes, LEAF_HEADROOM, 2, FIRST, exact, table), null, `cut at ${length}`);
    }
  }
});

test('chain fingerprints that reach outside, or are no whole ones, are refused', () => {
  const bytes = tile().subarray(0, LEAF_HEADROOM + encoded[0]!.tileLeaf.length);
  const length = bytes.length - 32 - 1;
  assert.equal(bytes[length], 32, 'the lab encodes one fingerprint');
  assert.equal(cutTile(bytes, LEAF_HEADROOM, 1, FIRST, true, new LeafTable()), null);
  bytes[length] = 64;
  assert.match(cutTile(bytes, LEAF_HEADROOM, 1, FIRST, false, new LeafTable())!, /entry 1280000000 is cut off/);
  bytes[length] = 31;
  assert.match(cutTile(bytes, LEAF_HEADROOM, 1, FIRST, false, new LeafTable())!, /31 octets of chain fingerprints/);
});

test('never throws and never reaches outside on changed tiles', () => {
  const small = tile().subarray(0, LEAF_HEADROOM + encoded[0]!.tileLeaf.length + encoded[1]!.tileLeaf.length);
  const table = new LeafTable();
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(small.length - 1), fc.nat(255)), { maxLength: 4 }), (changes) => {
      const bytes = Buffer.from(small);
      for (const [at, octet] of changes) bytes[at] = octet;
      cutTile(bytes, LEAF_HEADROOM, 2, FIRST, true, table);
      for (let i = 0; i < table.count; i++) {
        assert.ok(table.start[i]! >= LEAF_HEADROOM && table.derStart[i]! <= table.derEnd[i]!);
        assert.ok(table.derEnd[i]! < table.end[i]! && table.end[i]! <= bytes.length);
      }
    }),
    { numRuns: 3000, seed: 3 },
  );
});
