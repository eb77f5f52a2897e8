// Tile paths and widths.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hashesAt, tilePath, tileWidth } from '../../../services/feeds/certificate-transparency/tile.ts';

test('tile paths group by three digits and mark all groups but the last', () => {
  assert.equal(tilePath(0, 0), 'tile/0/000');
  assert.equal(tilePath('data', 67), 'tile/data/067');
  assert.equal(tilePath(0, 1234067), 'tile/0/x001/x234/067');
  assert.equal(tilePath(1, 999), 'tile/1/999');
  assert.equal(tilePath(1, 1000), 'tile/1/x001/000');
  assert.equal(tilePath(2, 1_000_000, 255), 'tile/2/x001/x000/000.p/255');
  assert.equal(tilePath('data', 5, 1), 'tile/data/005.p/1');
  assert.equal(tilePath('data', 5, 256), 'tile/data/005');
});

test('widths at the right edge', () => {
  assert.equal(tileWidth(0, 0, 0), 0);
  assert.equal(tileWidth(1, 0, 0), 1);
  assert.equal(tileWidth(256, 0, 0), 256);
  assert.equal(tileWidth(256, 0, 1), 0);
  assert.equal(tileWidth(256, 1, 0), 1);
  assert.equal(tileWidth(70_000, 1, 1), 273 - 256);
  assert.equal(tileWidth(70_000, 2, 0), 1);
  assert.equal(tileWidth(70_000, 0, 273), 70_000 - 273 * 256);
  // Beyond 2^32, where shifts would be wrong.
  assert.equal(hashesAt(2 ** 40 + 5, 1), 2 ** 32);
  assert.equal(tileWidth(2 ** 40 + 5, 0, 2 ** 32), 5);
});
