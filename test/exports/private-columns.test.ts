// Every private value that is stored comes out only in columns that are marked as private, and every marked column can hold one.
import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { sql } from 'kysely';
import type { Dataset } from '../../services/exports/column.ts';
import { DATASETS, type DatasetName } from '../../services/exports/columns.ts';
import { exportDataset } from '../../services/exports/export.store.ts';
import { patchLevel } from '../../services/fingerprints/patch-level.ts';
import { PRIVATE_FIELDS, type PrivateField } from '../../services/fingerprints/private-fields.ts';
import type { Database } from '../../services/platform/db/database.ts';
import { recompute } from '../../services/rollups/rollup.store.ts';
import { withDatabase } from '../support/database.ts';
import { leaf, NOW, observation, surveyOf } from '../support/observations.ts';

/** A value for each private field that can be found again. */
const SENTINELS: Readonly<Record<PrivateField, string>> = {
  'candidate.key': 'candidate.key.example',
  'candidate.host': 'candidate.host.example',
  'candidate.address': '8.8.1.1',
  'survey_target.host': 'target.host.example',
  'survey_target.address': '8.8.1.2',
  'survey_target.server_name': 'target.name.example',
  'observation.host': 'observation.host.example',
  'observation.address': '8.8.1.3',
  'observation.server_name': 'observation.name.example',
  'observation.detail': 'detail.example',
  'observation.evidence_digest': '0e'.repeat(32),
  'observation.body_digest': '0b'.repeat(32),
  'observation.verdict: cluster.keys': 'spki-0c0c0c',
  'endpoint_state.address': '8.8.1.4',
  'survey_suspect.address': '8.8.1.3',
  'certificate.sha256': '0a'.repeat(32),
  'certificate.spki_sha256': '0d'.repeat(32),
  'certificate.subject': 'CN=subject.example',
  'certificate.issuer': 'CN=issuer.example',
  'certificate.dns_names': 'san.example',
  'certificate.ip_addresses': '10.9.8.7',
  'sighting_evidence.body': 'evidence.example',
  'quarantine.excerpt': 'excerpt.example',
  'opt_out.value': 'opt-out.example',
  'opt_out.note': 'note.example',
  'idempotency_key.body': 'answer.example',
  'opt_out.verified_by': 'verified-by.example',
  'opt_out_request.value': 'request.example',
  'opt_out_request.note': 'request-note.example',
  'opt_out_request.token': 'request-token.example',
  'complaint.value': 'complaint.example',
  'complaint.contact': 'complaint-contact.example',
  'complaint.note': 'complaint-note.example',
  'complaint.outcome': 'complaint-outcome.example',
};

async function fill(database: Database): Promise<void> {
  const { db } = database;
  const of = SENTINELS;
  await surveyOf(database, 's', [
    observation({
      host: of['observation.host'],
      address: of['observation.address'],
      serverName: of['observation.server_name'],
      evidenceDigest: of['observation.evidence_digest'],
      bodyDigest: of['observation.body_digest'],
      wire: {
        phase: 'tls',
        alert: null,
        detail: of['observation.detail'],
        ms: { connect: 1, tls: 1, http: 1, total: 3 },
        bytesIn: 1,
      },
      verdict: { cluster: { keys: [of['observation.verdict: cluster.keys']] } },
      certificate: leaf({
        sha256: of['certificate.sha256'],
        spkiSha256: of['certificate.spki_sha256'],
        subject: of['certificate.subject'],
        issuer: of['certificate.issuer'],
        dnsNames: [of['certificate.dns_names']],
        ipAddresses: [of['certificate.ip_addresses']],
      }),
    }),
  ]);
  await sql`update endpoint_state set address = ${of['endpoint_state.address']}`.execute(db);
  await sql`insert into feed_run (feed, kind, query, code_version, started_at) values ('f', 'sightings', 'q', 'x', ${NOW})`.execute(
    db,
  );
  await sql`insert into candidate (key, kind, host, address, port, first_seen, last_seen)
    values (${of['candidate.key']}, 'address', ${of['candidate.host']}, ${of['candidate.address']}, 443, ${NOW}, ${NOW})`.execute(
    db,
  );
  await sql`insert into sighting (feed, candidate_id, first_seen, last_seen, first_run, last_run)
    select 'f', c.id, ${NOW}::timestamptz, ${NOW}::timestamptz, r.id, r.id from candidate c, feed_run r`.execute(db);
  await sql`insert into sighting_evidence (feed, candidate_id, observed_at, body)
    select 'f', id, ${NOW}::timestamptz, ${JSON.stringify({ id: of['sighting_evidence.body'] })}::jsonb from candidate`.execute(
    db,
  );
  await sql`insert into quarantine select id, '1', 'bad', ${of['quarantine.excerpt']} from feed_run`.execute(db);
  await sql`insert into opt_out (kind, value, note, added_at, verification, verified_by, verified_at)
    values ('dns-suffix', ${of['opt_out.value']}, ${of['opt_out.note']}, ${NOW}, 'dns-txt', ${of['opt_out.verified_by']}, ${NOW})`.execute(
    db,
  );
  await sql`insert into opt_out_request (kind, value, note, token, asked_at)
    values ('dns-suffix', ${of['opt_out_request.value']}, ${of['opt_out_request.note']}, ${of['opt_out_request.token']}, ${NOW})`.execute(
    db,
  );
  await sql`insert into complaint (kind, value, contact, note, outcome, stopped_by, received_at)
    values ('dns-suffix', ${of['complaint.value']}, ${of['complaint.contact']}, ${of['complaint.note']}, ${of['complaint.outcome']}, 'opt-out', ${NOW})`.execute(
    db,
  );
  await sql`with k as (insert into api_key (prefix, secret_sha256, name, scopes, networks, created_at) values ('p', 's', 'n', '{admin}', '{}', ${NOW}) returning id)
    insert into idempotency_key select id, 'k', 'd', 201, ${JSON.stringify({ value: of['idempotency_key.body'] })}::jsonb, ${NOW}::timestamptz from k`.execute(
    db,
  );
  await sql`insert into survey_target (survey_id, chunk, position, host, address, port, server_name, feeds)
    values ('s', 0, 0, ${of['survey_target.host']}, ${of['survey_target.address']}, 1, ${of['survey_target.server_name']}, '{}')`.execute(
    db,
  );
  await recompute(db, 's', NOW);
}

async function rowsOf(database: Database, dataset: DatasetName): Promise<Record<string, unknown>[]> {
  const out = new PassThrough();
  const read = text(out);
  await exportDataset(
    { dataset, surveyId: DATASETS[dataset].perSurvey ? 's' : null, format: 'ndjson', out, codeVersion: 'x', at: NOW },
    database,
    new AbortController().signal,
  );
  return (await read)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

test('private values come out in marked columns only, and in every one of them', async (t) => {
  const { database } = await withDatabase(t);
  await fill(database);
  for (const [name, { columns }] of Object.entries(DATASETS) as [DatasetName, Dataset][]) {
    const rows = await rowsOf(database, name);
    for (const { name: column, private: field } of columns) {
      const cells = JSON.stringify(rows.map((row) => row[column]));
      const leaks = Object.entries(SENTINELS).filter(([, value]) => cells.includes(value));
      if (field === undefined) assert.deepEqual(leaks, [], `${name}.${column} shows what is private`);
      else assert.ok(cells.includes(SENTINELS[field]), `${name}.${column} is marked as ${field} and does not show it`);
    }
  }
});

test('rollups hold no private value', async (t) => {
  const { database } = await withDatabase(t);
  await fill(database);
  const { rows } = await sql`select * from rollup`.execute(database.db);
  const all = JSON.stringify(rows);
  assert.ok(rows.length > 30);
  for (const [field, value] of Object.entries(SENTINELS)) assert.ok(!all.includes(value), field);
});

test('every listed field is a column that there is', async (t) => {
  const { database } = await withDatabase(t);
  const { rows } = await sql<{
    name: string;
  }>`select table_name || '.' || column_name as name from information_schema.columns`.execute(database.db);
  const names = new Set(rows.map(({ name }) => name));
  for (const field of Object.keys(PRIVATE_FIELDS)) assert.ok(names.has(field.replace(/:.*/, '')), field);
});

test('the export of versions says how old a patch level was, as the table of patch releases has it', async (t) => {
  const { database } = await withDatabase(t);
  const versions = [
    'v1.30.1',
    'v1.30.1-eks-1a2b3c',
    '1.29.3+k3s1',
    'v1.30.99',
    'v1.99.0',
    'v2.0.0',
    'v1.30.10garbage',
    'v1.30',
    'v1.7.6',
    'v1.36.3',
  ];
  const at = (n: number): Date => new Date(Date.parse('2024-06-01T23:59:59Z') + n * 86_400_000 * 40);
  await surveyOf(
    database,
    's',
    versions.map((gitVersion, n) => {
      const version = {
        gitVersion,
        major: 1,
        minor: 30,
        patch: n,
        source: 'version-endpoint',
        atLeast: null,
        below: null,
      } as const;
      return observation({ port: n + 1, observedAt: at(n), verdict: { version } });
    }),
  );
  const rows = await rowsOf(database, 'versions');
  const told = Object.fromEntries(
    rows.map((row) => [row['git_version'], [row['patch_age_days'], row['latest_patch']]]),
  );
  const expected = versions.map((version, n) => {
    const { ageDays, latest } = patchLevel(version, at(n).toISOString());
    return [version, [ageDays, latest]];
  });
  assert.deepEqual(told, Object.fromEntries(expected));
  assert.deepEqual(told['v1.30.1'], [18, '1.30.1']);
  assert.deepEqual(told['v1.30.99'], [null, '1.30.5'], 'a patch that nobody released');
});
