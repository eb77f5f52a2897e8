// The house rules: every import of the tree against the rules, and every rule against a tree that breaks it.
import assert from 'node:assert/strict';
import { globSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { FOLDERS, readTree } from './architecture/cruise.ts';
import { HARMLESS, PLANTED, UNPLANTED } from './architecture/planted.ts';
import {
  AMBIENT,
  HOMES,
  IO_WITHOUT_SUFFIX,
  isPure,
  LISTS_OF_IO,
  OTHER_ROOMS,
  ROOT_FILES,
  RULES,
  STAGES,
} from './architecture/rules.ts';

const ROOT = fileURLToPath(new URL('../', import.meta.url));

/** Below this the listing itself would have missed the services: there were 300 of their files when this was written. */
const FEWEST_MODULES = 250;

const filesOf = (folder: string): string[] => globSync(`${folder}/**/*.ts`, { cwd: ROOT }).sort();
const textOf = (file: string): string => readFileSync(join(ROOT, file), 'utf8');
/** Source without comments; strings stay. Good enough to look for calls: no string of the tree holds a comment's beginning and a call. */
const codeOf = (file: string): string => textOf(file).replace(/\/\*[\s\S]*?\*\/|(?<=^|[\s;{}(),])\/\/.*$/gm, '');

const listed = FOLDERS.flatMap(filesOf);
const seen = await readTree(ROOT, FOLDERS, RULES);

test('every module of the tree was read', () => {
  const read = new Set(seen.modules.map((module) => module.source));
  assert.deepEqual(
    listed.filter((file) => !read.has(file)),
    [],
  );
  const services = listed.filter((file) => file.startsWith('services/'));
  assert.ok(services.length >= FEWEST_MODULES, `only ${services.length} files below services`);
  const unresolved = seen.modules.flatMap((module) =>
    module.dependencies.filter((one) => one.couldNotResolve).map((one) => `${module.source} -> ${one.module}`),
  );
  assert.deepEqual(unresolved, []);
});

test('the tree keeps the import rules', () => {
  assert.deepEqual(
    seen.violations.map(({ rule, from, to }) => `${rule}: ${from} -> ${to}`),
    [],
  );
});

test('services holds the rooms of the plan and no others', () => {
  const entries = readdirSync(join(ROOT, 'services'), { withFileTypes: true });
  const rooms = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  const known: readonly string[] = [...STAGES, ...OTHER_ROOMS];
  assert.deepEqual(
    rooms.filter((room) => !known.includes(room)),
    [],
  );
  const files = entries.filter((entry) => entry.isFile() && entry.name.endsWith('.ts')).map((entry) => entry.name);
  assert.deepEqual(files.sort(), [...ROOT_FILES].sort());
  assert.deepEqual(filesOf('infra'), []);
});

test('every dependency has a home, and nothing else has one', () => {
  const { dependencies, optionalDependencies } = JSON.parse(textOf('package.json')) as Record<string, object>;
  assert.deepEqual(Object.keys(HOMES).sort(), Object.keys({ ...dependencies, ...optionalDependencies }).sort());
});

test('every package lives at home', () => {
  for (const [name, home] of Object.entries(HOMES)) {
    const users = listed.filter((file) => /^(services|migrations)\//.test(file) && namesPackage(textOf(file), name));
    assert.notDeepEqual(users, [], `${name} is not used`);
    assert.deepEqual(
      users.filter((file) => !new RegExp(home.path).test(file)),
      [],
      `${name} outside its home`,
    );
    const imported = seen.modules.some((module) =>
      module.dependencies.some((one) => one.resolved.startsWith(`node_modules/${name}/`)),
    );
    assert.equal(imported, home.byName !== true, `${name} is imported or looked up by name, as its home says`);
  }
});

test('pure files take time, randomness and configuration as arguments', () => {
  const found = listed
    .filter(isPure)
    .flatMap((file) =>
      Object.entries(AMBIENT).flatMap(([what, pattern]) =>
        pattern.test(codeOf(file)) ? [`${file} takes ${what}`] : [],
      ),
    );
  assert.deepEqual(found, []);
  assert.ok(listed.filter(isPure).length > FEWEST_MODULES / 3, 'hardly a file is held to be pure');
});

test('exceptions are still needed', async () => {
  const without = RULES.map((rule) => ({
    ...rule,
    from: { ...rule.from, pathNot: '\\.(feed|probe|store|job|routes)\\.ts$' },
  })).filter((rule) => rule.name?.startsWith('pure-files'));
  const excused = (await readTree(ROOT, ['services'], without)).violations.map((violation) => violation.from);
  assert.deepEqual([...new Set(excused)].sort(), Object.keys({ ...IO_WITHOUT_SUFFIX, ...LISTS_OF_IO }).sort());
});

test('each rule reports the tree that breaks it, and nothing else does', async (t) => {
  assert.deepEqual(UNPLANTED, []);
  const home = await mkdtemp(join(tmpdir(), 'kubecensus-architecture-'));
  t.after(() => rm(home, { recursive: true, force: true }));
  // Packages are there as in the tree: whether an import is one of types only is known of resolved packages alone.
  await symlink(join(ROOT, 'node_modules'), join(home, 'node_modules'));
  for (const [index, planted] of PLANTED.entries()) {
    const reported = await violationsOf(join(home, String(index)), planted.files);
    assert.deepEqual(reported, [planted.rule], `${planted.rule} in ${Object.keys(planted.files).join(', ')}`);
  }
  assert.deepEqual(await violationsOf(join(home, 'harmless'), HARMLESS), []);
});

test('a pure file that looks at the clock is found', () => {
  assert.equal(isPure('services/fingerprints/match.ts'), true);
  assert.equal(isPure('services/probes/tls.probe.ts'), false);
  assert.equal(isPure('services/platform/cron.ts'), false);
  for (const [what, pattern] of Object.entries(AMBIENT)) {
    assert.equal(pattern.test(CALLS[what as keyof typeof CALLS]), true, what);
    assert.equal(pattern.test('const now = clock(); const date = new Date(text);'), false, what);
  }
});

const CALLS = {
  'the clock': 'const t = Date.now();',
  randomness: 'return Math.random() < 0.5;',
  'the environment': "process.env['HOME']",
  timers: 'setTimeout(() => {}, 1);',
  'the network': 'await fetch(url)',
  'the terminal': "console.log('x')",
};

/** Whether source text names the package as a whole specifier or as the beginning of one. */
function namesPackage(text: string, name: string): boolean {
  return [`'${name}'`, `"${name}"`, `'${name}/`, `"${name}/`].some((specifier) => text.includes(specifier));
}

/** Names of the rules that a small tree breaks. */
async function violationsOf(root: string, files: Readonly<Record<string, string>>): Promise<string[]> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(join(root, dirname(path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  const folders = [...new Set(Object.keys(files).map((path) => path.split('/')[0] as string))];
  const { violations } = await readTree(root, folders, RULES);
  return [...new Set(violations.map((violation) => violation.rule))].sort();
}
