// Chunks: every target once, a network in one chunk up to its cap, and spread out inside it.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { networkKey, parseAddress } from '../../services/platform/net/address.ts';
import { CHUNK_SIZE, type ChunkTarget, cutChunks, NETWORK_CAP } from '../../services/surveys/chunk.ts';

const target = (address: string, port: number): ChunkTarget => ({ host: address, address, port });
const textOf = ({ host, address, port }: ChunkTarget): string => `${address ?? host} ${port}`;
const networkOf = ({ host, address }: ChunkTarget): string =>
  address === null ? host : networkKey(parseAddress(address)!);

/** A few networks of very different sizes, on a few ports; some names that led nowhere. */
const lists: fc.Arbitrary<ChunkTarget[]> = fc
  .uniqueArray(
    fc.oneof(
      fc.record({
        host: fc.constant(''),
        address: fc.tuple(fc.nat(5), fc.nat(40)).map(([net, host]) => `11.0.${net}.${host}`),
        port: fc.constantFrom(443, 6443, 8443),
      }),
      fc.record({
        host: fc.constant(''),
        address: fc.tuple(fc.nat(3), fc.nat(9)).map(([net, host]) => `2a00:0:${net + 1}::${host + 1}`),
        port: fc.constantFrom(443, 6443),
      }),
      fc.record({
        host: fc.nat(9).map((n) => `n${n}.example.org`),
        address: fc.constant(null),
        port: fc.constant(443),
      }),
    ),
    { selector: textOf, maxLength: 120 },
  )
  .map((list) => list.map((item) => (item.address === null ? item : { ...item, host: item.address })));

describe('cutChunks', () => {
  it('puts every target in one chunk, keeps networks whole and chunks small', () => {
    fc.assert(
      fc.property(lists, fc.string({ maxLength: 5 }), fc.integer({ min: 1, max: 60 }), (list, seed, size) => {
        const chunks = cutChunks(list, seed, size);
        assert.deepEqual(chunks.flat().map(textOf).sort(), list.map(textOf).sort());
        const homes = new Map<string, number>();
        for (const [i, chunk] of chunks.entries()) {
          const networks = new Set(chunk.map(networkOf));
          assert.ok(chunk.length > 0 && (chunk.length <= size || networks.size === 1));
          for (const network of networks) {
            assert.equal(homes.get(network), undefined, `${network} is in two chunks`);
            homes.set(network, i);
          }
        }
      }),
      { numRuns: 400 },
    );
  });

  it('depends on the set, the seed and the size only', () => {
    fc.assert(
      fc.property(lists, fc.string({ maxLength: 5 }), (list, seed) => {
        assert.deepEqual(cutChunks([...list].reverse(), seed, 20), cutChunks(list, seed, 20));
      }),
    );
    const many = Array.from({ length: 400 }, (_, i) =>
      target(
        `11.${i}.0.1`.replace(/11\.(\d+)/, (_m, n) => `11.${Number(n) % 256}`),
        443 + (i >> 8),
      ),
    );
    assert.notDeepEqual(cutChunks(many, 'one'), cutChunks(many, 'two'));
  });

  it('fills chunks: at least half on average, full when every network is one target', () => {
    const spread = Array.from({ length: 10_000 }, (_, i) => target(`11.${i >> 8}.${i & 255}.1`, 6443));
    assert.deepEqual(
      cutChunks(spread, 's').map((chunk) => chunk.length),
      new Array(20).fill(CHUNK_SIZE),
    );
    const lumps = Array.from({ length: 40 * 200 }, (_, i) => target(`11.0.${Math.floor(i / 200)}.${i % 200}`, 6443));
    assert.equal(cutChunks(lumps, 's').length, 20); // two networks of 200 fit in 500, three do not
  });

  it('keeps a /24 on four ports together, and cuts a larger network between hosts', () => {
    const ports = [443, 6443, 8443, 10250];
    const whole = Array.from({ length: 256 }, (_, i) => ports.map((port) => target(`11.0.0.${i}`, port))).flat();
    assert.equal(whole.length, NETWORK_CAP);
    assert.equal(cutChunks([...whole, target('11.9.9.9', 443)], 's').length, 2);
    const five = Array.from({ length: 256 }, (_, i) =>
      [...ports, 2379].map((port) => target(`11.0.0.${i}`, port)),
    ).flat();
    const pieces = cutChunks(five, 's');
    assert.deepEqual(
      pieces.map((piece) => piece.length).sort((a, b) => a - b),
      [260, 1020],
    );
    const homes = pieces.map((piece) => new Set(piece.map((item) => item.host)));
    assert.equal(homes[0]!.size + homes[1]!.size, 256);
  });

  it('does not add a second network to a chunk that a large one fills', () => {
    const large = Array.from({ length: 300 }, (_, i) => target(`11.0.0.${i % 256}`, 443 + Math.floor(i / 256)));
    const others = Array.from({ length: 50 }, (_, i) => target(`11.1.${i}.1`, 443));
    for (const chunk of cutChunks([...large, ...others], 's', 100)) {
      assert.ok(chunk.length <= 100 || new Set(chunk.map(networkOf)).size === 1);
    }
  });

  it('spreads a network over its chunk, and the ports of a host over the network', () => {
    const dense = Array.from({ length: 100 }, (_, i) => target(`11.0.0.${i % 50}`, i < 50 ? 443 : 6443));
    const sparse = Array.from({ length: 300 }, (_, i) => target(`12.${i >> 8}.${i & 255}.1`, 6443));
    const [chunk, ...rest] = cutChunks([...dense, ...sparse], 's');
    assert.deepEqual(rest, []);
    const places = chunk!.flatMap((item, i) => (networkOf(item) === '11.0.0.0/24' ? [i] : []));
    const gaps = places.slice(1).map((place, i) => place - places[i]!);
    assert.equal(places.length, 100);
    // A quarter of the chunk is one network: four apart on average. Chance alone would put dozens side by side.
    assert.ok(gaps.filter((gap) => gap < 2).length <= 5, `side by side: ${gaps.filter((gap) => gap < 2).length}`);
    assert.ok(Math.max(...gaps) <= 14, `largest gap ${Math.max(...gaps)}`);
    const ports = chunk!.filter((item) => networkOf(item) === '11.0.0.0/24').map((item) => item.host);
    assert.equal(new Set(ports.slice(0, 50)).size, 50, 'every host once before any host again');
  });

  it('is empty for no targets and refuses a size that holds none', () => {
    assert.deepEqual(cutChunks([], 's'), []);
    for (const size of [0, -1, 1.5, Number.NaN])
      assert.throws(() => cutChunks([target('11.0.0.1', 1)], 's', size), RangeError);
  });
});
