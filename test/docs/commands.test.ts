// Commands that documents show exist: every command and option stands in --help, every npm script and file is there.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, globSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { commandsOf, PAGES, ROOT, type ShownCommand, textOf } from './pages.ts';

const run = promisify(execFile);

const helps = new Map<string, Promise<string>>();

/** What `kubecensus … --help` prints. */
function helpOf(words: readonly string[]): Promise<string> {
  const key = words.join(' ');
  const known = helps.get(key);
  if (known !== undefined) return known;
  const asked = run(process.execPath, [join(ROOT, 'services/cli.ts'), ...words, '--help'], { cwd: ROOT }).then(
    ({ stdout }) => stdout,
  );
  helps.set(key, asked);
  return asked;
}

/** The names in the list of commands of a help page. */
function listedIn(help: string): string[] {
  const list = help.split('\nCommands:\n')[1] ?? '';
  return [...list.matchAll(/^ {2}([a-z][a-z-]*)/gm)].map(([, name]) => name as string);
}

/** Why a shown command does not exist, or null. */
async function faultOf({ page, words }: ShownCommand): Promise<string | null> {
  const path: string[] = [];
  let help = await helpOf(path);
  let rest = [...words];
  for (let names = listedIn(help); names.length > 0 && rest[0] !== undefined; names = listedIn(help)) {
    // `kubecensus feeds` alone, or with a placeholder, is a mention of the group.
    if (rest[0].startsWith('-') || rest[0] === '…') break;
    if (!names.includes(rest[0])) return `${page}: kubecensus ${words.join(' ')}: there is no ${rest[0]}`;
    path.push(rest[0]);
    rest = rest.slice(1);
    help = await helpOf(path);
  }
  const options = rest.filter((word) => word.startsWith('--')).map((word) => word.split('=')[0] as string);
  const unknown = options.filter((option) => !new RegExp(`(?:^|[ ,])${option}(?![\\w-])`, 'm').test(help));
  return unknown.length === 0 ? null : `${page}: kubecensus ${words.join(' ')}: no option ${unknown.join(', ')}`;
}

const shown = PAGES.flatMap((page) => commandsOf(page, 'kubecensus'));

test('every kubecensus command of the documents exists, with its options', async () => {
  assert.ok(shown.length > 60, `only ${shown.length} commands were found in the documents`);
  const faults: (string | null)[] = [];
  // One after the other: each help page is one process, and the machine is shared.
  for (const command of shown) faults.push(await faultOf(command));
  assert.deepEqual(
    faults.filter((fault) => fault !== null),
    [],
  );
});

test('README.md shows every command', async () => {
  const inReadme = commandsOf('README.md', 'kubecensus').map(({ words }) => words.join(' '));
  const missing: string[] = [];
  for (const name of listedIn(await helpOf([])).filter((one) => one !== 'help')) {
    const inner = listedIn(await helpOf([name])).filter((one) => one !== 'help');
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

test('a command, option or script that does not exist is found', async () => {
  const fault = (words: string) => faultOf({ page: 'x.md', words: words.split(' ') });
  assert.match((await fault('survay')) ?? '', /there is no survay/);
  assert.match((await fault('opt-out forget 192.0.2.1')) ?? '', /there is no forget/);
  assert.match((await fault('survey --scop 192.0.2.0/24')) ?? '', /no option --scop$/);
  assert.equal(await fault('survey --scope 192.0.2.0/24'), null);
});
