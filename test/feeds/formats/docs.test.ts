// docs/feeds.md describes every format, and every reason for which a row is not taken.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { FORMATS } from '../../../services/feeds/formats/index.ts';

/** Engines and logs have sections of their own behind those of files. */
const [PAGE = ''] = readFileSync('docs/feeds.md', 'utf8').split(/^## Search engines$/m);

test('every format has a section with what is read, from which fields, what is lost and what to look out for', () => {
  const sections = PAGE.split(/^#{2,3} /m)
    .map((section) => [/^`(\w+)`\n/.exec(section)?.[1] ?? '', section] as const)
    .filter(([name]) => name !== '');
  assert.deepEqual(sections.map(([name]) => name).sort(), FORMATS.map(({ name }) => name).sort());
  for (const [name, table] of sections)
    assert.deepEqual(
      [...table.matchAll(/^\| (\w+) \|/gm)].map(([, row]) => row),
      ['read', 'from', 'lost', 'traps'],
      name,
    );
});

test('every reason in the source of the formats is explained, and no other', () => {
  const folder = 'services/feeds/formats';
  const source = readdirSync(folder)
    .map((file) => readFileSync(`${folder}/${file}`, 'utf8'))
    .join('\n');
  const shared = [
    'lines',
    'read-evidence',
    'observed-at',
    'censys/hit',
    'file.feed',
    '../candidates/collect.job',
    'feed-run.store',
  ]
    .map((file) => readFileSync(`services/feeds/${file}.ts`, 'utf8'))
    .join('\n');
  const [, table = ''] = PAGE.split('## Rows that are not taken');
  const explained = new Set(
    [...table.matchAll(/^\|([^|]*)\|/gm)].flatMap(([, cell]) =>
      [...(cell ?? '').matchAll(/`(\w+)`/g)].map(([, reason]) => reason as string),
    ),
  );
  for (const reason of explained)
    assert.ok(`${source}${shared}`.includes(`'${reason}'`), `${reason} is given by nobody`);
  const given = [
    ...source.matchAll(/(?:return|\?|:|reject\(|rejected\(line,|reason:|\?\?) '([a-z]+(?:_[a-z]+)+)'/g),
  ].map(([, reason]) => reason as string);
  assert.ok(given.length > 25, `only ${given.length} reasons were found`);
  assert.deepEqual(
    [...new Set(given)].filter((reason) => !explained.has(reason)),
    [],
  );
});
