// Commands that documents show exist: every command and option stands in --help, every npm script and file is there.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, globSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { commandsOf, listedIn, PAGES, ROOT, type ShownCommand, textOf } from './pages.ts';

const run = promisify(execFile);

const { stdout } = await run(process.execPath, [join(ROOT, 'test/docs/help-pages.ts')], {
  maxBuffer: 16 * 1024 * 1024,
});
const helps = JSON.parse(stdout) as Readonly<Record<string, string>>;
const helpOf = (words: readonly string[]): string => helps[words.join(' ')] ?? '';

/** Why a shown command does not exist, or null. */
function faultOf({ page, words }: ShownCommand): string | null {
  const path: string[] = [];
  let help = helpOf(path);
  let rest = [...words];
  for (let names = listedIn(help); names.length > 0 && rest[0] !== undefined; names = listedIn(help)) {
    // `kubecensus feeds` alone, or with a placeholder, is a mention of the group.
    if (rest[0].startsWith('-') || rest[0] === '…') break;
    if (!names.includes(rest[0])) return `${page}: kubecensus ${words.join(' ')}: there is no ${rest[0]}`;
    path.push(rest[0]);
    rest = rest.slice(1);
    help = helpOf(path);
  }
  const options = rest.filter((word) => word.startsWith('--')).map((word) => word.split('=')[0] as string);
  const unknown = options.filter((option) => !new RegExp(`(?:^|[ ,])${option}(?![\\w-])`, 'm').test(help));
  return unknown.length === 0 ? null : `${page}: kubecensus ${words.join(' ')}: no option ${unknown.join(', ')}`;
}

const shown = PAGES.flatMap((page) => commandsOf(page, 'kubecensus'));

test('every kubecensus command of the documents exists, with its options', () => {
  assert.ok(shown.length > 60, `only ${shown.length} commands were found in the documents`);
  assert.deepEqual(
    shown.map(faultOf).filter((fault) => fault !== null),
    [],
  );
});

test('README.md shows every command', () => {
  const inReadme = commandsOf('README.md', 'kubecensus').map(({ words }) => words.join(' '));
  const missing: string[] = [];
  for (const name of listedIn(helpOf([]))) {
    const inner = listedIn(helpOf([name]));
    for (const path of inner.length === 0 ? [name] : inner.map((one) => `${name} ${one}`))
      if (!inReadme.some((words) => `${words} `.startsWith(`${path} `))) missing.push(path);
  }
  assert.deepEqual(missing, []);
});

test('npm scripts, node scripts and files that documents name exist', () => {
  const { scripts } = JSON.parse(textOf('package.json')) as { scripts: Record<string, string> };
  const npm = PAGES.flatMap((page) => commandsOf(page, 'npm run')).map(({ words }) => words[0] as string);
  assert.ok(npm.length > 3);
  assert.deepEqual(
    npm.filter((name) => !Object.hasOwn(scripts, name)),
    [],
  );
  const tests = PAGES.flatMap((page) => commandsOf(page, 'node')).map(({ words }) => words[0] as string);
  assert.deepEqual(
    tests.filter((file) => file?.endsWith('.ts') && !existsSync(join(ROOT, file))),
    [],
  );
  // Paths of the tree in prose; capitals are placeholders.
  const paths = PAGES.flatMap((page) =>
    [...textOf(page).matchAll(/(?<![\w./-])((?:services|scripts|test|infra|migrations)\/[\w./*-]*\w\/?)/g)].map(
      ([, path]) => `${page}: ${path}`,
    ),
  ).filter((found) => !/[A-Z]{4}/.test(found.split(': ')[1] as string));
  assert.ok(paths.length > 20);
  assert.deepEqual(
    paths.filter((found) => globSync((found.split(': ')[1] as string).replace(/\/$/, ''), { cwd: ROOT }).length === 0),
    [],
  );
});

test('a command, option or script that does not exist is found', () => {
  const fault = (words: string) => faultOf({ page: 'x.md', words: words.split(' ') });
  assert.match(fault('survay') ?? '', /there is no survay/);
  assert.match(fault('opt-out forget 192.0.2.1') ?? '', /there is no forget/);
  assert.match(fault('survey --scop 192.0.2.0/24') ?? '', /no option --scop$/);
  assert.equal(fault('survey --scope 192.0.2.0/24'), null);
});
