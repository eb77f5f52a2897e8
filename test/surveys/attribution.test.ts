// A survey of the internet begins only when those whom it asks can look up who asks, or when somebody says why not; what was found is on record.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { compose } from '../../services/compose.ts';
import { type Config, loadConfig } from '../../services/config.ts';
import type { Parts } from '../../services/parts.ts';
import { parseAddress } from '../../services/platform/net/address.ts';
import { createClient } from '../../services/platform/net/client.ts';
import { beginSurvey, surveyDefaults } from '../../services/survey-request.ts';
import { type Attribution, attributionOf } from '../../services/surveys/attribution.probe.ts';
import { probingFiles } from '../../services/surveys/probing-files.ts';
import { listSurveys } from '../../services/surveys/survey.store.ts';
import { runCommand } from '../support/command.ts';
import { silentLog, withDatabase } from '../support/database.ts';
import { startDnsServer } from '../support/dns-server.ts';
import { NOW } from '../support/observations.ts';

const EMAIL = 'optout@example.org';
const PUBLIC = ['8.8.8.0/24'];

/** A site that serves what the test puts there. */
async function startSite(t: TestContext): Promise<{ url: string; files: Map<string, string> }> {
  const files = new Map<string, string>();
  const server = createServer((request, response) => {
    const file = files.get(request.url ?? '');
    response.writeHead(file === undefined ? 404 : 200).end(file);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, files };
}

const probingText = (url: string, email = EMAIL): string =>
  probingFiles({ url, email, description: 'a survey', expires: new Date(NOW.getTime() + 1000) }).get('probing.txt') ??
  '';

test('without a file it is refused, with one or with a reason it begins, and the manifest says how', async (t) => {
  const site = await startSite(t);
  const { url: databaseUrl, onEnd } = await withDatabase(t);
  const dataDir = await mkdtemp(join(tmpdir(), 'kubecensus-attribution-'));
  onEnd(() => rm(dataDir, { recursive: true }));
  const read = loadConfig(
    { DATABASE_URL: databaseUrl, KUBECENSUS_DATA_DIR: dataDir, KUBECENSUS_CONTACT_EMAIL: EMAIL },
    null,
  );
  // The setting takes https alone; a certificate would prove nothing here.
  const config: Config = { ...read, 'contact.url': site.url };
  const parts = await compose(config, silentLog, { now: () => NOW });
  onEnd(() => parts.close());
  const begin = (id: string, scope: readonly string[], reason: string | null = null): Promise<void> =>
    beginSurvey({ ...surveyDefaults(config), id, feeds: [], scope }, parts, { withoutProbingFile: reason });
  const recorded = async (id: string) =>
    (await listSurveys(parts.db, id))[0]?.manifest['attribution'] as
      | (Attribution & { withoutProbingFile: string | null })
      | null;

  const refused = { code: 'KC_NO_PROBING_FILE' };
  await assert.rejects(begin('s1', PUBLIC), { ...refused, message: /probing\.txt answers with 404\.$/ });
  site.files.set(
    '/.well-known/probing.txt',
    probingText(site.url, 'somebody@else.example').replaceAll(site.url, 'https://else.example/'),
  );
  await assert.rejects(begin('s1', PUBLIC), { ...refused, message: /does not name our contact/ });
  assert.deepEqual(await listSurveys(parts.db), [], 'nothing is recorded of what was refused');

  await begin('reasoned', PUBLIC, 'the page is being moved');
  const reasoned = await recorded('reasoned');
  assert.deepEqual([reasoned?.probingFile.status, reasoned?.withoutProbingFile], ['fail', 'the page is being moved']);

  site.files.set('/.well-known/probing.txt', probingText(site.url));
  await begin('served', PUBLIC, 'not needed');
  const served = await recorded('served');
  assert.deepEqual(
    [served?.probingFile.status, served?.withoutProbingFile],
    ['ok', null],
    'a reason that was not needed is none',
  );
  assert.equal(served?.reverseNames.status, 'warn', 'no address is known to be ours');

  site.files.clear();
  await begin('lab', ['lab:127.0.0.0/8']);
  assert.equal(await recorded('lab'), null);
  await beginSurvey(
    { ...surveyDefaults(config), id: 'passive', method: 'passive', feeds: [], scope: PUBLIC },
    parts as Parts,
  );
  assert.equal(await recorded('passive'), null);
});

test('the addresses that probe may serve the file in the place of the site, each under its own name', async (t) => {
  const site = await startSite(t);
  const dns = await startDnsServer(({ name, type }) => {
    if (type === 'PTR' && name === '1.1.1.9.in-addr.arpa')
      return { answers: [{ type: 'PTR', name, data: 'one.example.net' }] };
    if (type === 'A' && name === 'one.example.net') return { answers: [{ type: 'A', name, data: '9.1.1.1' }] };
    return { rcode: 'NXDOMAIN' };
  });
  t.after(() => dns.close());
  const client = createClient({ userAgent: 'test' });
  t.after(() => client.close());
  const asked: string[] = [];
  // What would be fetched from the internet is fetched from the site, below the host's name.
  const http: typeof client.request = (request) => {
    asked.push(request.url);
    const { host, pathname } = new URL(request.url);
    return client.request({ ...request, url: new URL(`/${host}${pathname}`, site.url).href });
  };
  const contact = { 'contact.url': 'https://survey.example.org/', 'contact.email': EMAIL };
  const network = { http, servers: [dns.address] };
  const addresses = ['9.1.1.1', '2600::1'].flatMap((text) => parseAddress(text) ?? []);
  const look = async () => {
    const { probingFile, reverseNames } = await attributionOf(contact, addresses, network, NOW);
    return [probingFile.status, reverseNames.status];
  };
  const file = probingText(contact['contact.url']);
  assert.deepEqual(await look(), ['fail', 'fail']);
  assert.ok(asked.includes('https://one.example.net/.well-known/probing.txt'), asked.join());
  assert.ok(asked.includes('https://[2600::1]/.well-known/probing.txt'), 'an address without a name is asked itself');
  site.files.set('/one.example.net/.well-known/probing.txt', file);
  assert.deepEqual(await look(), ['fail', 'fail'], 'one address of two');
  site.files.set('/[2600::1]/.well-known/probing.txt', file);
  assert.deepEqual(await look(), ['ok', 'fail'], 'both; the second has no reverse name');
  site.files.clear();
  site.files.set('/survey.example.org/.well-known/probing.txt', file);
  assert.deepEqual(await look(), ['ok', 'fail'], 'the site is enough');
});

test('kubecensus survey refuses, and takes a reason', async (t) => {
  const { url } = await withDatabase(t);
  const dataDir = await mkdtemp(join(tmpdir(), 'kubecensus-attribution-'));
  t.after(() => rm(dataDir, { recursive: true }));
  const environment = {
    DATABASE_URL: url,
    KUBECENSUS_DATA_DIR: dataDir,
    // Nothing listens there.
    KUBECENSUS_CONTACT_URL: 'https://127.0.0.1:9/',
    KUBECENSUS_CONTACT_EMAIL: EMAIL,
  };
  const survey = ['survey', '--scope', '8.8.8.0/24', '--detach', '--format', 'ndjson'];
  const refused = await runCommand(survey, environment);
  assert.deepEqual([refused.code, refused.stdout], [2, '']);
  assert.match(refused.stderr, /^KC_NO_PROBING_FILE: https:\/\/127\.0\.0\.1:9\/\.well-known\/probing\.txt/m);
  assert.match(refused.stderr, /--without-probing-file REASON/);
  const begun = await runCommand([...survey, '--without-probing-file', 'a trial'], environment);
  assert.equal(begun.code, 0, begun.stderr);
  assert.match(String(begun.rows[0]?.['survey']), /^s-/);
});
