// Whoever opted out is in no file: by every kind of opt-out, in every dataset of rows about hosts, in every format.
import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import { sql } from 'kysely';
import { addOptOut, withdrawOptOut } from '../../services/candidates/opt-out.store.ts';
import type { OptOutRow } from '../../services/candidates/opt-out.ts';
import { DATASETS, type DatasetName } from '../../services/exports/columns.ts';
import { EXPORT_FORMATS, FORMAT_SPECS, type FormatSpec } from '../../services/exports/export-format.ts';
import type { Database } from '../../services/platform/db/database.ts';
import { recompute } from '../../services/rollups/rollup.store.ts';
import { withDatabase } from '../support/database.ts';
import { leaf, NOW, observation, surveyOf } from '../support/observations.ts';
import { exportBytes, parquetRows } from './export-bytes.ts';

const KEY = 'e1'.repeat(32);
/** Each with the address by which its rows are found. */
const OPT_OUTS: readonly (OptOutRow & { readonly of: string })[] = [
  { kind: 'address', value: '8.0.1.1', of: '8.0.1.1' },
  { kind: 'prefix', value: '8.0.2.0/24', of: '8.0.2.2' },
  { kind: 'asn', value: '64503', of: '8.0.3.3' },
  { kind: 'dns-suffix', value: 'left.example', of: '8.0.4.4' },
  { kind: 'certificate-key', value: KEY, of: '8.0.5.5' },
];
const STAYS = '8.0.9.9';

/** One host for each opt-out and one for none, each observed, a candidate and with a certificate of its own. */
async function surveyed(t: TestContext): Promise<Database> {
  const { database } = await withDatabase(t);
  const hosts = [...OPT_OUTS.map(({ of }) => of), STAYS];
  await surveyOf(
    database,
    's',
    hosts.map((address) => {
      const at = Number(address.at(-1));
      const spkiSha256 = address === '8.0.5.5' ? KEY : `f${at}`.repeat(32);
      const certificate = leaf({ sha256: `0${at}`.repeat(32), spkiSha256, subject: `CN=of-${address}` });
      return observation({
        host: address,
        address,
        asn: 64500 + at,
        serverName: at === 4 ? 'a.left.example' : 'a.stays.example',
        certificate,
      });
    }),
  );
  await recompute(database.db, 's', NOW);
  await sql`insert into feed_run (feed, kind, query, state, code_version, started_at, finished_at)
    values ('f', 'sightings', 'q', 'complete', 'x', ${NOW}, ${NOW})`.execute(database.db);
  for (const host of hosts)
    await sql`with c as (
      insert into candidate (key, kind, host, address, port, first_seen, last_seen)
      values (${`${host}:6443`}, 'address', ${host}, ${host}, 6443, ${NOW}, ${NOW}) returning id
    ) insert into sighting (feed, candidate_id, first_seen, last_seen, first_run, last_run)
      select 'f', c.id, ${NOW}::timestamptz, ${NOW}::timestamptz, r.id, r.id from c, feed_run r`.execute(database.db);
  return database;
}

/** Which of the hosts a file names, by address or by the subject of their certificate. */
async function named(database: Database, dataset: DatasetName, format: (typeof EXPORT_FORMATS)[number]) {
  const { bytes } = await exportBytes(database, { dataset, format });
  const asText = (value: unknown): unknown => (typeof value === 'bigint' ? Number(value) : value);
  const text =
    format === 'parquet'
      ? JSON.stringify(await parquetRows(bytes), (_, value: unknown) => asText(value))
      : bytes.toString();
  return [...OPT_OUTS.map(({ of }) => of), STAYS].filter((host) => text.includes(host));
}

it('is left out by whatever it is known, and comes back when the opt-out is withdrawn', async (t) => {
  const database = await surveyed(t);
  const files = (Object.keys(DATASETS) as DatasetName[]).flatMap((dataset) =>
    EXPORT_FORMATS.filter((format) => (FORMAT_SPECS[format] as FormatSpec).of(dataset)?.leavesOut !== undefined).map(
      (format) => [dataset, format] as const,
    ),
  );
  assert.deepEqual(
    [...new Set(files.map(([dataset]) => dataset))],
    ['candidates', 'observations', 'endpoints', 'certificates', 'sightings'],
  );
  const all = [...OPT_OUTS.map(({ of }) => of), STAYS];
  for (const [dataset, format] of files)
    assert.deepEqual(await named(database, dataset, format), all, `${dataset} as ${format} before`);
  for (const [at, { kind, value, of }] of OPT_OUTS.entries()) {
    await addOptOut(database.db, { kind, value }, '', NOW);
    for (const [dataset] of files)
      assert.deepEqual(await named(database, dataset, 'ndjson'), all.slice(at + 1), `${dataset} without ${kind} ${of}`);
  }
  for (const [dataset, format] of files)
    assert.deepEqual(await named(database, dataset, format), [STAYS], `${dataset} as ${format} after`);
  await withdrawOptOut(database.db, { kind: 'asn', value: '64503' }, NOW);
  assert.deepEqual(await named(database, 'observations', 'csv'), ['8.0.3.3', STAYS]);
});

it('is still in the counts, which name nobody', async (t) => {
  const database = await surveyed(t);
  const rows = async (dataset: DatasetName) => (await exportBytes(database, { dataset, format: 'csv' })).bytes;
  const before = await Promise.all((['rollups', 'versions', 'components'] as const).map(rows));
  for (const { kind, value } of OPT_OUTS) await addOptOut(database.db, { kind, value }, '', NOW);
  assert.deepEqual(await Promise.all((['rollups', 'versions', 'components'] as const).map(rows)), before);
});
