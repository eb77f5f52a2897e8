// docs/api.md says what the server says: its table of routes is the OpenAPI document's, its flags are those of the code, its curl examples run.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { SCOPE_NAMES } from '../../services/api/keys/api-key.ts';
import { SURVEY_FLAGS } from '../../services/rollups/counted-survey.ts';
import { blocksOf, textOf } from '../docs/pages.ts';
import { countedSurvey, startApi } from '../support/api.ts';
import { observation } from '../support/observations.ts';
import type { Document } from '../support/openapi.ts';

const run = promisify(execFile);
const page = textOf('docs/api.md');

test('the table of routes is that of the OpenAPI document', async (t) => {
  const api = await startApi(t);
  const { paths } = (await (await api.get('/v1/openapi.json')).json()) as Document;
  const rows = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => {
      const needs = operation['x-scope'] === undefined ? 'open' : `\`${operation['x-scope']}\``;
      const isPublic = operation.security?.length === 2 ? ', or none where aggregates are public' : '';
      return `| \`${method.toUpperCase()} ${path}\` | ${operation.summary} | ${needs}${isPublic} |`;
    }),
  );
  const table = ['| route | is | scope |', '|---|---|---|', ...rows].join('\n');
  const shown = /<!-- table routes -->\n\n([\s\S]*?)\n\n<!-- end -->/.exec(page)?.[1];
  assert.equal(shown, table, `docs/api.md should hold:\n${table}`);
});

test('flags and scopes are those of the code', () => {
  for (const [flag, means] of Object.entries(SURVEY_FLAGS))
    assert.ok(page.includes(`| \`${flag}\` | ${means} |`), flag);
  for (const scope of SCOPE_NAMES) assert.match(page, new RegExp(`^\\| \`${scope}\` \\|`, 'm'));
});

test('the curl examples run', async (t) => {
  const api = await startApi(t);
  await countedSurvey(api, 'S1', [observation()]);
  const directory = await mkdtemp(join(tmpdir(), 'kubecensus-api-docs-'));
  t.after(() => rm(directory, { recursive: true }));
  const key = await api.key(['aggregate:read', 'admin']);
  const blocks = blocksOf(page).filter(({ language, code }) => language === 'sh' && code.includes('curl'));
  assert.equal(blocks.length, 5);
  for (const { code } of blocks) {
    const env = { PATH: process.env['PATH'], API: api.url, KEY: key };
    const ended = await run('sh', ['-euc', code], { cwd: directory, env }).catch((error: { message: string }) =>
      assert.fail(`${error.message}\n${code}`),
    );
    assert.equal(ended.stderr, '');
  }
  const { stdout } = await run('wc', ['-c', 'versions.csv', 'rest.csv'], { cwd: directory });
  const [whole, rest] = stdout.split('\n').map((line) => Number.parseInt(line, 10));
  assert.equal(rest, Number(whole) - 100, 'the range goes on where it should');
});
