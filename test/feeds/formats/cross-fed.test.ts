// A wrong --format: whatever piece of one tool's output is given to another tool's parser, no row of it becomes a candidate that is not there.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { canonicalise } from '../../../services/candidates/candidate.ts';
import { createFileFeed } from '../../../services/feeds/file.feed.ts';
import { FORMATS } from '../../../services/feeds/formats/index.ts';
import { KubecensusError } from '../../../services/platform/errors.ts';
import { FIXTURES, FOLDER } from './fixtures.ts';
import { collect, NOW } from './items.ts';

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kubecensus-cross-'));
});
after(() => rm(folder, { recursive: true }));

interface Sample {
  readonly format: string;
  readonly file: string;
  readonly lines: readonly string[];
}

const SAMPLES: readonly Sample[] = Object.entries(FIXTURES).flatMap(([format, files]) =>
  files.map((file) => {
    const bytes = readFileSync(`${FOLDER}/${file}`);
    const text = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
    return { format, file, lines: text.split('\n') };
  }),
);
const PAIRS = SAMPLES.flatMap((sample) =>
  FORMATS.filter(({ name }) => name !== sample.format).map(({ name }) => ({ sample, as: name })),
);

/** Hosts that a candidate is made of, or the code of the refusal. */
async function given(text: string, as: string): Promise<string[] | string> {
  const path = join(folder, 'given');
  await writeFile(path, text);
  const options = { path, name: 'mine', format: as, observedAt: null, expandCidr: false, clock: () => NOW };
  try {
    const feed = await createFileFeed(options);
    const items = await collect(feed.pull(null, new AbortController().signal));
    return items.flatMap((item) => {
      const result = item.type === 'sighting' ? canonicalise(item) : null;
      if (item.type === 'count') return ['a count'];
      return result?.ok === true ? [result.candidate.host] : [];
    });
  } catch (error) {
    assert.ok(error instanceof KubecensusError && /^KC_FEED_/.test(error.code), String(error));
    return error.code;
  }
}

test('every fixture by every other name is refused as a whole', async () => {
  for (const { sample, as } of PAIRS)
    assert.equal(await given(sample.lines.join('\n'), as), 'KC_FEED_NOT_DATA', `${sample.file} as ${as}`);
});

test('any lines of a fixture in any order by another name give no host that does not stand there', async () => {
  const piece = fc.constantFrom(...PAIRS).chain(({ sample, as }) =>
    fc.record({
      sample: fc.constant(sample),
      as: fc.constant(as),
      lines: fc.shuffledSubarray([...sample.lines], { minLength: 1 }),
    }),
  );
  await fc.assert(
    fc.asyncProperty(piece, async ({ sample, as, lines }) => {
      const text = lines.join('\n');
      const found = await given(text, as);
      if (typeof found === 'string') return;
      for (const host of found) assert.ok(text.toLowerCase().includes(host), `${sample.file} as ${as} became ${host}`);
      // Lines that only one tool writes are rows of no other; what is a bare address in any tool's words is one in a list, too.
      if (!['list', 'zmap'].includes(as)) assert.deepEqual(found, [], `${sample.file} as ${as}`);
    }),
    { numRuns: 300 },
  );
});
