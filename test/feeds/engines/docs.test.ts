// docs/feeds.md tells of each engine what its declaration says.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { COUNTS_ENGINES, SEARCH_ENGINES } from '../../../services/feeds/engines/index.ts';

const [, SECTION = ''] = readFileSync('docs/feeds.md', 'utf8').split('\n## Search engines\n');
/** As a cell of a table writes it. */
const cell = (text: string): string => text.replaceAll('|', '\\|');

test('every engine has a section with its queries, cost, terms and what is not verified', () => {
  const sections = SECTION.split(/^### /m);
  for (const engine of SEARCH_ENGINES) {
    const section = sections.find((one) => one.includes(`| type | \`${engine.type}\``)) ?? '';
    assert.notEqual(section, '', engine.type);
    const { keyEnv, baseUrl, cost, terms, unverified, language } = engine;
    for (const text of [keyEnv, baseUrl, cost, terms, unverified, language, ...Object.values(engine.queries)])
      assert.ok(section.includes(cell(text)), `${engine.type}: ${text}`);
    if (engine.paging.maxRows !== null)
      assert.ok(section.includes(`${engine.paging.maxRows.toLocaleString('en-US')} rows`), engine.type);
  }
});

test('every call that counts is a row', () => {
  for (const { type, query, field, unit, cost, unverified } of COUNTS_ENGINES)
    assert.ok(
      SECTION.includes(`| ${type} | \`${cell(query)}\` by \`${field}\` | ${unit} | ${cost} | ${unverified} |`),
      type,
    );
});
