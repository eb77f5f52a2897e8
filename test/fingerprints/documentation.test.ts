// docs/fingerprints.md says what the code does: its tables are those of the rung, rule, shape and check lists.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { DOCUMENT, fingerprintTables, withTables } from '../../scripts/fingerprint-tables.ts';
import { COMPONENT_LIST } from '../../services/fingerprints/components/list.ts';
import { PROVIDERS, VERSION_DISTRIBUTIONS } from '../../services/fingerprints/data/distributions.ts';

test('the tables of docs/fingerprints.md are those of the code', () => {
  const text = readFileSync(DOCUMENT, 'utf8');
  assert.equal(text, withTables(text), 'run: node scripts/fingerprint-tables.ts');
  assert.equal(fingerprintTables().size, 11);
});

/** The first cells of the rows of the table under a heading, each taken apart where it names several. */
function rowsUnder(heading: string): readonly string[] {
  const text = readFileSync(DOCUMENT, 'utf8');
  const [, section = ''] = text.split(`\n${heading}\n`);
  const [table = ''] = section.split(/\n#/);
  return [...table.matchAll(/^\| ([a-z0-9, -]+) \|/gm)].flatMap(([, cell = '']) => cell.split(', '));
}

test('every component and every distribution is described', () => {
  const components = rowsUnder('### What each shows without credentials');
  assert.deepEqual(
    COMPONENT_LIST.map(({ name }) => name).filter((name) => !components.includes(name)),
    [],
  );
  const distributions = rowsUnder('### What each shows');
  const slugs = [...Object.keys(VERSION_DISTRIBUTIONS), ...Object.keys(PROVIDERS)];
  assert.deepEqual(
    slugs.filter((slug) => !distributions.includes(slug)),
    [],
  );
  assert.deepEqual(
    distributions.filter((slug) => slug !== 'distribution' && !slugs.includes(slug)),
    [],
  );
});

test('the providers that no version string shows are listed', () => {
  const [, section = ''] = readFileSync(DOCUMENT, 'utf8').split('### Slugs\n');
  const listed = /no version string ever gives: ([^.]+)\./.exec(section)?.[1]?.match(/[a-z0-9-]+/g) ?? [];
  assert.deepEqual(listed.toSorted(), Object.keys(PROVIDERS).toSorted());
});
