// Links between documents lead somewhere: the file is there, and so is the heading.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { test } from 'node:test';
import { anchorsOf, linksOf, PAGES, ROOT, textOf } from './pages.ts';

/** Why a link of a page leads nowhere, or null. Links to the web are not followed. */
function faultOf(page: string, target: string): string | null {
  if (/^[a-z]+:/.test(target)) return null;
  const [path = '', anchor] = target.split('#');
  const file = path === '' ? page : normalize(join(dirname(page), path));
  if (!existsSync(join(ROOT, file))) return `${page}: ${target}: there is no ${file}`;
  if (anchor !== undefined && !anchorsOf(textOf(file)).includes(anchor))
    return `${page}: ${target}: no heading #${anchor}`;
  return null;
}

const links = PAGES.flatMap((page) => linksOf(textOf(page)).map((target) => ({ page, target })));

test('every link within the documents resolves', () => {
  assert.ok(links.length > 30, `only ${links.length} links were found`);
  assert.deepEqual(
    links.map(({ page, target }) => faultOf(page, target)).filter((fault) => fault !== null),
    [],
  );
});

test('every document can be reached from README.md', () => {
  const reached = new Set<string>();
  const open = ['README.md'];
  for (let page = open.pop(); page !== undefined; page = open.pop()) {
    if (reached.has(page)) continue;
    reached.add(page);
    const from = page;
    const targets = linksOf(textOf(page)).map((target) => normalize(join(dirname(from), target.split('#')[0] ?? '')));
    open.push(...targets.filter((target) => PAGES.includes(target)));
  }
  assert.deepEqual(
    PAGES.filter((page) => !reached.has(page)),
    [],
  );
});

test('a link to nowhere is found', () => {
  assert.match(faultOf('README.md', 'docs/nothing.md') ?? '', /there is no docs\/nothing\.md/);
  assert.match(faultOf('README.md', 'docs/method.md#no-such-heading') ?? '', /no heading/);
  assert.equal(faultOf('docs/errors.md', 'method.md#outcomes'), null);
});
