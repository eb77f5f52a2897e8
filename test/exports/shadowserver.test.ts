// Our observations as Shadowserver's report: its columns, its file name, and the same endpoints when it is imported again.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { parse } from 'csv-parse/sync';
import { exportFileName } from '../../services/exports/file-name.ts';
import { csvText } from '../../services/exports/formula-guard.ts';
import { SCAN_KUBERNETES_HEADER } from '../../services/exports/shadowserver.ts';
import { createFileFeed } from '../../services/feeds/file.feed.ts';
import { withDatabase } from '../support/database.ts';
import { leaf, NOW, observation, silence, surveyOf } from '../support/observations.ts';
import { exportBytes } from './export-bytes.ts';
import { NASTY } from './nasty.ts';

const HEADER = new URL('../fixtures/exports/scan_kubernetes-columns.txt', import.meta.url);

const rows = [
  observation({
    certificate: leaf({
      subject: 'O=acme\\, inc,OU=a,OU=b,CN=kube-apiserver',
      issuer: 'CN=\\=1\\+1',
      notAfter: '2026-11-01T00:00:00Z',
    }),
  }),
  observation({ host: '2001:db8::1', address: '2001:db8::1', port: 443, country: null, asn: null }),
  observation({ host: 'k.example.org', address: '8.0.0.9', serverName: 'k.example.org' }),
  observation({ port: 7, verdict: { indicators: { certificateName: true, versionEndpoint: false }, version: null } }),
  observation({ ...silence, port: 8 }),
];

it('has the columns of the report in its order, one row for each endpoint that discloses its version', async (t) => {
  assert.deepEqual(SCAN_KUBERNETES_HEADER, (await readFile(HEADER, 'utf8')).trim().split(','));
  assert.equal(SCAN_KUBERNETES_HEADER.length, 77);
  const { database } = await withDatabase(t);
  await surveyOf(database, 's', rows);
  const { bytes, result } = await exportBytes(database, { dataset: 'observations', format: 'shadowserver' });
  const read = parse(bytes, { columns: true }) as Record<string, string>[];
  assert.deepEqual([read.length, result.rows], [3, 3]);
  const named = (row: Record<string, string> | undefined) =>
    Object.fromEntries(Object.entries(row ?? {}).filter(([, value]) => value !== ''));
  assert.deepEqual(named(read[0]), {
    timestamp: '2026-11-24 12:00:00',
    ip: '8.0.0.1',
    protocol: 'tcp',
    port: '6443',
    tag: 'kubernetes',
    asn: '64512',
    geo: 'DE',
    naics: '0',
    http_code: '200',
    major: '1',
    minor: '30',
    git_version: 'v1.30.1',
    subject_common_name: 'kube-apiserver',
    issuer_common_name: "'=1+1",
    cert_issue_date: '2026-01-01 00:00:00',
    cert_expiration_date: '2026-11-01 00:00:00',
    subject_organization_name: 'acme, inc',
    subject_organization_unit_name: 'a, b',
    sha256_fingerprint: 'AB'.repeat(32).match(/../g)?.join(':'),
    cert_expired: 'Y',
  });
  assert.deepEqual(named(read[2]), {
    timestamp: '2026-11-24 12:00:00',
    ip: '2001:db8::1',
    protocol: 'tcp',
    port: '443',
    tag: 'kubernetes',
    asn: '0',
    naics: '0',
    http_code: '200',
    major: '1',
    minor: '30',
    git_version: 'v1.30.1',
  });
});

it('keeps each endpoint on one record, whatever its certificate says', async (t) => {
  const { database } = await withDatabase(t);
  const names = NASTY.filter((text) => text !== '' && !text.includes('\n') && text.trim() === text);
  await surveyOf(
    database,
    's',
    names.map((text, i) => {
      const subject = `CN=${text.replace(/[,+"\\<>;=# /]/g, '\\$&')}`;
      return observation({ port: i + 1, certificate: leaf({ sha256: i.toString(16).padStart(64, '0'), subject }) });
    }),
  );
  const { bytes } = await exportBytes(database, { dataset: 'observations', format: 'shadowserver' });
  // As Python's reader does: any line end outside of quotes ends a record.
  const read = parse(bytes, { columns: true, record_delimiter: ['\r\n', '\n', '\r'] }) as Record<string, string>[];
  assert.deepEqual(
    read.map((row) => [row['port'], row['subject_common_name']]),
    names.map((text, i) => [String(i + 1), csvText(text, 'text')]),
  );
});

it('is recognised by our own importer, which reads the same endpoints', async (t) => {
  const { database } = await withDatabase(t);
  await surveyOf(database, 's', rows);
  const { bytes } = await exportBytes(database, { dataset: 'observations', format: 'shadowserver' });
  const home = await mkdtemp(join(tmpdir(), 'kubecensus-export-'));
  t.after(() => rm(home, { recursive: true }));
  const name = exportFileName({ dataset: 'observations', format: 'shadowserver', surveyId: "s'1 ü", since: null }, NOW);
  assert.equal(name, '2026-11-24-scan_kubernetes-s_1_.csv');
  const path = join(home, name);
  await writeFile(path, bytes);
  const feed = await createFileFeed({
    path,
    name: null,
    format: 'auto',
    observedAt: null,
    expandCidr: false,
    clock: () => NOW,
  });
  assert.match(feed.decision, /shadowserver/);
  const seen: unknown[] = [];
  for await (const item of feed.pull(null, new AbortController().signal)) {
    assert.notEqual(item.type, 'rejection', JSON.stringify(item));
    if (item.type === 'sighting') seen.push([item.host, Number(item.port), item.evidence?.requests?.[0]?.path]);
  }
  assert.deepEqual(seen, [
    ['8.0.0.1', 6443, '/version'],
    ['8.0.0.9', 6443, '/version'],
    ['2001:db8::1', 443, '/version'],
  ]);
});
