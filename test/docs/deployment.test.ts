// docker-compose.yml and the image use settings, roles and files that exist.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { SECRETS, SETTINGS } from '../../services/config.ts';
import { ROLES } from '../../services/roles.ts';
import { ROOT, textOf } from './pages.ts';

const compose = textOf('docker-compose.yml');
const image = textOf('infra/Dockerfile');
const variables: readonly string[] = [
  ...Object.values(SETTINGS).map((setting) => setting.env),
  ...Object.values(SECRETS),
];

const named = (text: string): string[] => [
  ...new Set([...text.matchAll(/\b(KUBECENSUS_[A-Z_]+|DATABASE_URL|REDIS_URL)\b/g)].map(([name]) => name)),
];

test('variables of docker-compose.yml, the image and the documents are settings', () => {
  const used = [compose, image, textOf('README.md'), textOf('docs/running.md')].map(named);
  assert.ok((used[0]?.length ?? 0) > 5);
  // The path of the configuration file itself is read before there are settings.
  assert.deepEqual(
    used.flat().filter((name) => name !== 'KUBECENSUS_CONFIG' && !variables.includes(name.replace(/_FILE$/, ''))),
    [],
  );
});

test('roles of docker-compose.yml exist, and all parts run', () => {
  const roles = [...compose.matchAll(/"--role", "([a-z,]+)"/g)].map(([, role]) => role as string);
  assert.deepEqual(
    roles.filter((role) => ROLES[role] === undefined),
    [],
  );
  const parts = new Set(roles.flatMap((role) => ROLES[role] ?? []));
  assert.deepEqual([...parts].sort(), [...(ROLES['all'] ?? [])].sort());
});

test('the image copies what is there, and nothing that its ignore file hides', () => {
  const copied = [...image.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, sources = '']) => sources.split(' '));
  assert.ok(copied.length >= 6);
  assert.deepEqual(
    copied.filter((path) => !existsSync(join(ROOT, path))),
    [],
  );
  const shown = textOf('infra/Dockerfile.dockerignore')
    .split('\n')
    .filter((line) => line.startsWith('!'))
    .map((line) => line.slice(1));
  assert.deepEqual([...new Set(copied)].sort(), shown.sort());
  assert.match(image, /^USER node$/m);
});
