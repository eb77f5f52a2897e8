// What a report publishes of a census of the lab holds nothing that leads to one of its hosts: every file, every value that is stored as private.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Kysely } from 'kysely';
import { sql } from 'kysely';
import type { DB } from '../../services/platform/db/schema.ts';
import { makeReport } from '../../services/reports/report.job.ts';
import { startLabCensus } from '../support/lab-census.ts';

/** Names and addresses that every cluster has: they tell nothing of one, and reports speak of them. */
const EVERYBODYS =
  /^(?:(?:kubernetes|openshift)(?:\.default(?:\.svc(?:\.cluster(?:\.local)?)?)?)?|kube-apiserver|localhost|cluster\.local|CN=kubernetes|CN=kube-apiserver|127\.0\.0\.1|::1|0:0:0:0:0:0:0:1)$/i;

/** Every private value of the census, with the field that it stands in. */
async function privateValues(db: Kysely<DB>): Promise<ReadonlyMap<string, string>> {
  const { rows } = await sql<{ field: string; value: string | null }>`
    select 'candidate.key' as field, key as value from candidate
    union select 'candidate.host', host from candidate
    union select 'observation.host', host from observation
    union select 'observation.address', host(address) from observation
    union select 'observation.server_name', server_name from observation
    union select 'observation.evidence_digest', evidence_digest from observation
    union select 'observation.body_digest', body_digest from observation
    union select 'observation.verdict: cluster.keys', jsonb_array_elements_text(verdict->'cluster'->'keys') from observation
    union select 'certificate.sha256', sha256 from certificate
    union select 'certificate.spki_sha256', spki_sha256 from certificate
    union select 'certificate.subject', subject from certificate
    union select 'certificate.issuer', issuer from certificate
    union select 'certificate.dns_names', unnest(dns_names) from certificate
    union select 'certificate.ip_addresses', unnest(ip_addresses) from certificate
    union select 'sighting_evidence.body', (regexp_matches(body::text, '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}', 'g'))[1] from sighting_evidence
  `.execute(db);
  const kept = rows.filter(({ value }) => value !== null && value.length > 3 && !EVERYBODYS.test(value));
  return new Map(kept.map(({ field, value }) => [value ?? '', field]));
}

/** Cluster keys are hashed with the key of the installation, which is "test" in the census of tests. */
async function assertKeyedHashes(db: Kysely<DB>): Promise<void> {
  const { rows } = await sql<{ spki: string; keys: string[] }>`
    select c.spki_sha256 as spki, array(select jsonb_array_elements_text(verdict->'cluster'->'keys')) as keys
    from observation join certificate c on c.id = certificate_id
    where certificate_name and grade in ('confirmed', 'probable') and c.spki_sha256 is not null`.execute(db);
  assert.ok(rows.length > 5);
  for (const { spki, keys } of rows) {
    const expected = createHmac('sha256', 'test').update(`spki\n${spki}`).digest('hex').slice(0, 32);
    assert.ok(keys.includes(`spki-${expected}`), keys.join());
  }
}

const TOKEN = /[^\s"'<>()[\]{},;|`]+/g;
/** What ends a word: a value that has one is looked for anywhere. */
const BREAK = /[\s"'<>()[\]{},;|`]/;

/** Private values that a text holds as a whole word, or anywhere when they are several. */
function leaksOf(text: string, values: ReadonlyMap<string, string>): readonly string[] {
  const words = new Set<string>();
  for (const [word] of text.matchAll(TOKEN)) {
    words.add(word);
    words.add(word.replace(/^[^\w*]+|[^\w]+$/g, ''));
  }
  return [...values]
    .filter(([value]) => words.has(value) || (BREAK.test(value) && text.includes(value)))
    .map(([value, field]) => `${field} ${value}`);
}

async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

test('no file of a report of a lab census holds a private value, and cluster keys are keyed', async (t) => {
  const census = await startLabCensus(t, { hosts: 100, seed: 'privacy-test' });
  await census.pullFeeds();
  await census.survey('s', 'active');
  const { parts } = census;
  const values = await privateValues(parts.db);
  const fields = new Set(values.values());
  for (const field of [
    'observation.address',
    'candidate.host',
    'certificate.dns_names',
    'certificate.ip_addresses',
    'certificate.subject',
    'certificate.issuer',
    'observation.verdict: cluster.keys',
    'sighting_evidence.body',
  ])
    assert.ok(fields.has(field), `the lab has no ${field}`);
  assert.ok(values.size > 500, `${values.size} values`);

  const folder = await mkdtemp(join(tmpdir(), 'kubecensus-privacy-'));
  t.after(() => rm(folder, { recursive: true }));
  const { report } = await makeReport(
    {
      id: 'r',
      name: 'headline',
      surveyId: 's',
      compareId: null,
      owner: null,
      out: join(folder, 'r'),
      formats: ['html', 'markdown', 'json'],
    },
    { ...parts, dataDir: parts.config.dataDir },
  );
  assert.deepEqual(leaksOf(JSON.stringify(report), values), [], 'the report itself');
  assert.match(JSON.stringify(report), /Clusters \(estimate\)/);
  const files = await filesBelow(folder);
  assert.ok(files.length > 20, `${files.length} files`);
  for (const file of files)
    assert.deepEqual(leaksOf(await readFile(file, 'utf8'), values), [], file.slice(folder.length));
  // The search itself finds what is there.
  const [some = ''] = values.keys();
  assert.deepEqual(leaksOf(`<td>${some}</td>`, values).length, 1);
  await assertKeyedHashes(parts.db);
});
