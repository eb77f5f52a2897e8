// The bootstrap by networks against a plain reading of its definition, and against the distribution that it draws from, worked out whole.
import assert from 'node:assert/strict';
import { createCipheriv, createHash } from 'node:crypto';
import { it } from 'node:test';
import { middle, POISSON_BOUNDS, poissonBootstrap, variance } from '../../services/rollups/bootstrap.ts';

const NETWORKS = [
  [40, 3],
  [7, 7],
  [1, 0],
] as const;

it('draws each network as often as a Poisson variable of mean 1 says, from the seed', () => {
  const replicates = 5;
  const { sums } = poissonBootstrap(NETWORKS, 2, { seed: 'golden', replicates });
  const key = createHash('sha256').update('bootstrap\0golden').digest().subarray(0, 16);
  const stream = createCipheriv('aes-128-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(4 * 3 * replicates));
  const weights = Array.from({ length: 3 * replicates }, (_, at) => {
    let left = stream.readUInt32LE(4 * at) / 2 ** 32;
    for (let [k, p] = [0, Math.exp(-1)]; ; k++, p /= k) {
      left -= p;
      if (left < 0) return k;
    }
  });
  const expected = [0, 1].map((measure) =>
    Array.from({ length: replicates }, (_, r) =>
      NETWORKS.reduce((sum, counts, n) => sum + weights[3 * r + n]! * counts[measure as 0 | 1], 0),
    ),
  );
  assert.deepEqual(
    sums.map((list) => [...list]),
    expected,
  );
  assert.deepEqual(sums, poissonBootstrap(NETWORKS, 2, { seed: 'golden', replicates }).sums);
  assert.notDeepEqual(sums, poissonBootstrap(NETWORKS, 2, { seed: 'other', replicates }).sums);
});

it('has the variance and the bounds of all that can be drawn', () => {
  const most = 9;
  const p = (k: number): number => Math.exp(-1) / Array.from({ length: k }, (_, i) => i + 1).reduce((a, b) => a * b, 1);
  const outcomes: { sum: number; p: number }[] = [];
  for (let a = 0; a <= most; a++)
    for (let b = 0; b <= most; b++)
      for (let c = 0; c <= most; c++) outcomes.push({ sum: 40 * a + 7 * b + c, p: p(a) * p(b) * p(c) });
  outcomes.sort((x, y) => x.sum - y.sum);
  const exact = outcomes.reduce((sum, one) => sum + one.p * (one.sum - 48) ** 2, 0);
  assert.ok(Math.abs(exact - (40 ** 2 + 7 ** 2 + 1)) < 0.1, `${exact}`);
  const below = (bound: number): number => outcomes.reduce((sum, one) => sum + (one.sum <= bound ? one.p : 0), 0);
  const { sums } = poissonBootstrap(NETWORKS, 1, { seed: 's', replicates: 20_000 });
  const drawn = variance(sums[0]!, 48);
  assert.ok(Math.abs(drawn / exact - 1) < 0.05, `${drawn} for ${exact}`);
  const [low, high] = middle(sums[0]!, 0.025);
  assert.ok(below(low) >= 0.02 && below(low - 1) <= 0.03, `${low}`);
  assert.ok(below(high) >= 0.97 && below(high - 1) <= 0.98, `${high}`);
});

it('knows the Poisson distribution to the last draw', () => {
  assert.equal(POISSON_BOUNDS[0], Math.exp(-1) * 2 ** 32);
  assert.ok(POISSON_BOUNDS.every((bound, k) => k === 0 || bound > POISSON_BOUNDS[k - 1]!));
  assert.ok(2 ** 32 - POISSON_BOUNDS.at(-1)! < 1, 'what lies above is less than one draw');
});

it('takes bounds by rank', () => {
  const values = Float64Array.from({ length: 1000 }, (_, at) => 1000 - at);
  assert.deepEqual(middle(values, 0.025), [25, 976]);
  assert.deepEqual(middle(Float64Array.of(3), 0.025), [3, 3]);
});
