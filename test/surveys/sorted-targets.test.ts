// Sorting targets on disk: the chunks of a plan that is never whole in memory are those of one that is.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import * as fc from 'fast-check';
import { openScratch } from '../../services/feeds/scratch.feed.ts';
import { ChunkCutter, cutChunks } from '../../services/surveys/chunk.ts';
import { SortedTargets } from '../../services/surveys/sorted-targets.ts';
import type { SurveyTarget } from '../../services/surveys/survey.ts';

const target = (address: string | null, port: number, rest: Partial<SurveyTarget> = {}): SurveyTarget => ({
  candidateId: 1,
  host: address ?? 'api.example.org',
  address,
  port,
  serverName: null,
  feeds: ['a'],
  flags: [],
  outcome: null,
  evidenceFeed: null,
  ...rest,
});
const keyOf = ({ address, host, port }: SurveyTarget): string => `${address ?? `name ${host}`} ${port}`;

async function sortedBy(
  seed: string,
  fill: (sorted: SortedTargets) => Promise<void>,
): Promise<{ targets: readonly SurveyTarget[]; excluded: ReadonlyMap<string, string> }[]> {
  const scratch = await openScratch();
  try {
    const sorted = new SortedTargets(scratch, seed);
    await fill(sorted);
    return await Array.fromAsync(sorted.parts());
  } finally {
    await scratch.close();
  }
}

const someTargets = fc.uniqueArray(
  fc.oneof(
    fc
      .tuple(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 255 }), fc.constantFrom(443, 6443, 10250))
      .map(([network, host, port]) => target(`11.0.${network}.${host}`, port)),
    fc.integer({ min: 0, max: 9 }).map((n) => target(null, 443, { host: `n${n}.example.org` })),
  ),
  { selector: keyOf, maxLength: 300 },
);

it('gives the chunks of the whole list, for any list, seed and size', async () => {
  await fc.assert(
    fc.asyncProperty(someTargets, fc.string(), fc.integer({ min: 1, max: 40 }), async (targets, seed, size) => {
      const parts = await sortedBy(seed, async (sorted) => {
        for (const one of targets) await sorted.add(keyOf(one), one, 0);
      });
      const cutter = new ChunkCutter<SurveyTarget>(seed, size);
      const chunks = [...parts.flatMap((part) => [...cutter.cut(part.targets)]), ...cutter.rest()];
      assert.deepEqual(chunks, cutChunks(targets, seed, size));
    }),
    { numRuns: 40 },
  );
});

it('joins what candidates say of one endpoint: the feeds of all, the first name, and the target of the latest', async () => {
  const parts = await sortedBy('s', async (sorted) => {
    await sorted.add('k', target('11.0.0.1', 443, { candidateId: 1, feeds: ['b'], serverName: 'one.example.org' }), 5);
    await sorted.add('k', target('11.0.0.1', 443, { candidateId: 2, feeds: ['a'], serverName: 'two.example.org' }), 5);
    await sorted.add('k', target('11.0.0.1', 443, { candidateId: 3, feeds: ['c'], flags: ['f'] }), 9);
  });
  assert.deepEqual(
    parts.flatMap((part) => part.targets),
    [
      target('11.0.0.1', 443, {
        candidateId: 3,
        feeds: ['a', 'b', 'c'],
        serverName: 'one.example.org',
        flags: ['f', 'many_names'],
      }),
    ],
  );
});

it('keeps the last reason of each key', async () => {
  const parts = await sortedBy('s', async (sorted) => {
    await sorted.exclude('x', 'no_port');
    await sorted.exclude('y', 'opted_out');
    await sorted.exclude('x', 'port_not_chosen');
  });
  const reasons = parts.flatMap((part) => [...part.excluded]);
  assert.deepEqual(reasons.sort(), [
    ['x', 'port_not_chosen'],
    ['y', 'opted_out'],
  ]);
});
