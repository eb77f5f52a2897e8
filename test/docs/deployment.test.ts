// docker-compose.yml and the image use settings, roles and files that exist.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { SETTINGS } from '../../services/config.ts';
import { ROLES } from '../../services/roles.ts';
import { SECRETS } from '../../services/secrets.ts';
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

/** Groups of settings, and the services of docker-compose.yml that are handed all of them: without one it cannot be set there. */
const HANDED: Readonly<Record<string, readonly string[]>> = {
  smtp: ['scheduler'],
  mail: ['scheduler'],
  webhook: ['scheduler'],
  s3: ['scheduler'],
  reports: ['scheduler'],
  retention: ['scheduler'],
  api: ['api'],
};
/** Handed to others as well, and why not at all. */
const ALSO: Readonly<Record<string, readonly string[]>> = { 'api.publicUrl': ['api', 'scheduler'] };
const NOT_HANDED = ['api.listen'];
/** What leaves by deliveries, which the scheduler makes. */
const DELIVERY_SECRETS = ['smtpPassword', 'webhook', 's3Key', 's3Secret', 's3Session'] as const;

interface Compose {
  readonly services: Readonly<
    Record<string, { readonly environment?: Readonly<Record<string, unknown>>; readonly secrets?: readonly string[] }>
  >;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
}

test('docker-compose.yml hands what is set to whoever needs it, and secrets in files only', () => {
  const { services, secrets } = parse(compose, { merge: true }) as Compose;
  const handed = Object.entries(SETTINGS).flatMap(([key, { env }]) =>
    NOT_HANDED.includes(key)
      ? []
      : (ALSO[key] ?? HANDED[key.split('.')[0] ?? ''] ?? []).map((name) => [name, env] as const),
  );
  assert.ok(handed.length > 20);
  for (const [name, env] of handed)
    assert.equal(services[name]?.environment?.[env], `\${${env}:-}`, `${env} of ${name}: empty is unset`);
  for (const variable of DELIVERY_SECRETS.map((name) => SECRETS[name])) {
    const file = `${variable}_FILE`;
    const holders = Object.keys(services).filter((name) => services[name]?.environment?.[file] !== undefined);
    assert.deepEqual(holders, ['scheduler'], file);
    const [, secret = ''] = /^\/run\/secrets\/(.+)$/.exec(String(services['scheduler']?.environment?.[file])) ?? [];
    assert.ok(services['scheduler']?.secrets?.includes(secret), `${file} is mounted`);
    assert.equal(secrets[secret]?.file, `\${${file}:-./infra/no-secret}`);
    assert.ok(!Object.values(services).some(({ environment }) => environment?.[variable] !== undefined), variable);
  }
  assert.equal(textOf('infra/no-secret'), '');
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
