// doctor says what is wrong and what to do, changes nothing, and leaves loopback only when it is asked to.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { sql } from 'kysely';
import { checkContact, checkNeverProbe, checkSecrets, geoFinding } from '../../services/cli/doctor/conduct.ts';
import { clockFinding } from '../../services/cli/doctor/database.ts';
import { checkDataDirectory, checkOpenFiles, spaceFinding } from '../../services/cli/doctor/machine.ts';
import { checkOwnAddresses, checkResolvers } from '../../services/cli/doctor/vantage.ts';
import { type Config, loadConfig } from '../../services/config.ts';
import { makePartitions } from '../../services/observations/partition.store.ts';
import { pendingMigrations } from '../../services/platform/db/migrate.ts';
import { createClient } from '../../services/platform/net/client.ts';
import { checkProbingFile, readProbingFile } from '../../services/surveys/attribution.probe.ts';
import { probingFiles } from '../../services/surveys/probing-files.ts';
import { runCommand } from '../support/command.ts';
import { withDatabase } from '../support/database.ts';
import { startDnsServer } from '../support/dns-server.ts';

const NOW = new Date('2026-11-25T00:00:00Z');
const CONTACT = { 'contact.url': 'https://survey.example.org/', 'contact.email': 'optout@example.org' };

async function inDirectory<T>(run: (directory: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'kubecensus-doctor-'));
  try {
    return await run(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function doctor(environment: Readonly<Record<string, string>>, args: readonly string[] = []) {
  return inDirectory(async (directory) => {
    const { code, rows, stderr } = await runCommand(['doctor', '--format', 'ndjson', ...args], {
      KUBECENSUS_DATA_DIR: directory,
      KUBECENSUS_CLUSTER_KEY: 'k',
      ...environment,
    });
    return { code, stderr, of: new Map(rows.map((row) => [row['check'], row])) };
  });
}

describe('kubecensus doctor', () => {
  it('finds a sound installation fit, and asks the network nothing', async (t) => {
    const { database, url } = await withDatabase(t);
    await makePartitions(database.db, new Date());
    const { code, of } = await doctor({
      DATABASE_URL: url,
      KUBECENSUS_SCOPE: '8.8.8.0/24',
      KUBECENSUS_CONTACT_URL: CONTACT['contact.url'],
      KUBECENSUS_CONTACT_EMAIL: CONTACT['contact.email'],
      KUBECENSUS_IN_FLIGHT: '10',
    });
    const failed = [...of.values()].filter(({ status }) => status === 'fail');
    assert.deepEqual(failed, []);
    assert.equal(code, 0);
    for (const check of [
      'database',
      'clock',
      'schema',
      'partitions',
      'queue',
      'workers',
      'opt-outs',
      'contact',
      'scope',
      'secrets',
    ])
      assert.equal(of.get(check)?.['status'], 'ok', check);
    for (const check of ['resolvers', 'probing.txt', 'reverse names'])
      assert.equal(of.get(check)?.['status'], 'not checked', check);
    assert.match(String(of.get('database')?.['found']), /^PostgreSQL 1[5-8]\.\d+ answers$/);
  });

  it('looks at a database that is not migrated and leaves it so', async (t) => {
    const { database, url } = await withDatabase(t, { migrated: false });
    const pending = await pendingMigrations(database.db);
    const { code, of } = await doctor({ DATABASE_URL: url });
    assert.equal(of.get('schema')?.['status'], 'warn');
    assert.match(String(of.get('schema')?.['todo']), /kubecensus migrate/);
    assert.equal(of.get('partitions')?.['status'], 'not checked');
    assert.deepEqual(await pendingMigrations(database.db), pending);
    assert.equal(code, 0);
  });

  it('fails without partitions, on a schema from the future, and when the database is away', async (t) => {
    const { database, url } = await withDatabase(t);
    const bare = await doctor({ DATABASE_URL: url });
    assert.deepEqual([bare.code, bare.of.get('partitions')?.['status']], [1, 'fail']);
    await makePartitions(database.db, new Date());
    await sql`insert into kysely_migration (name, timestamp) values ('9999-later', '')`.execute(database.db);
    const served = await doctor({ DATABASE_URL: url });
    assert.equal(served.of.get('schema')?.['status'], 'ok', 'what only adds disturbs nobody');
    await sql`update schema_compatibility set oldest_known = '9999-later'`.execute(database.db);
    const newer = await doctor({ DATABASE_URL: url });
    assert.deepEqual([newer.code, newer.of.get('schema')?.['status']], [1, 'fail']);
    assert.match(String(newer.of.get('schema')?.['found']), /9999-later/);
    const away = await doctor({ DATABASE_URL: new URL('/no_such_database', url).href });
    assert.deepEqual(
      [away.code, away.of.get('database')?.['status'], away.of.get('queue')?.['status']],
      [1, 'fail', 'not checked'],
    );
    assert.equal(away.of.get('data directory')?.['status'] === 'not checked', false);
    assert.ok(!JSON.stringify([...away.of.values()]).includes(new URL(url).password || '\0'), 'no password is shown');
  });
});

describe('checks of the machine', () => {
  it('hold the limit of open files against the probes in flight', () => {
    const limits = (soft: string) =>
      `Limit  Soft Limit  Hard Limit  Units\nMax open files            ${soft}                 524288               files\n`;
    assert.equal(checkOpenFiles(limits('756'), 500).status, 'ok');
    assert.equal(checkOpenFiles(limits('755'), 500).status, 'fail');
    assert.match(checkOpenFiles(limits('755'), 500).todo ?? '', /ulimit -n 756/);
    assert.equal(checkOpenFiles(limits('unlimited'), 20_000).status, 'ok');
    assert.equal(checkOpenFiles(null, 500).status, 'not checked');
  });

  it('write to the data directory and leave nothing there', async () => {
    await inDirectory(async (directory) => {
      assert.notEqual((await checkDataDirectory(join(directory, 'new'))).status, 'not checked');
      await writeFile(join(directory, 'file'), '');
      assert.equal((await checkDataDirectory(join(directory, 'file'))).status, 'fail');
    });
    assert.deepEqual(
      [0.5, 5, 50].map((gib) => spaceFinding('/d', gib * 2 ** 30).status),
      ['fail', 'warn', 'ok'],
    );
  });

  it('hold our clock against the database’s', () => {
    assert.deepEqual(
      [0, -999, 1000, -59_999, 60_000].map((ms) => clockFinding(ms).status),
      ['ok', 'ok', 'warn', 'warn', 'fail'],
    );
  });
});

describe('checks of conduct', () => {
  it('want a contact as soon as there is a scope of the internet', () => {
    const of = (environment: Record<string, string>) => checkContact(loadConfig(environment, null)).status;
    assert.equal(of({}), 'warn');
    assert.equal(of({ KUBECENSUS_SCOPE: '8.8.8.0/24' }), 'fail');
    assert.equal(of({ KUBECENSUS_SCOPE: 'lab:127.0.0.0/8' }), 'ok');
    assert.equal(of({ KUBECENSUS_SCOPE: '8.8.8.0/24', KUBECENSUS_CONTACT_URL: 'https://x.example/' }), 'fail');
  });

  it('know when tables are old', () => {
    assert.equal(checkNeverProbe(new Date('2026-08-01')).status, 'ok');
    assert.equal(checkNeverProbe(new Date('2027-06-01')).status, 'warn');
    const source = { gives: 'asn', name: 'own', licence: null, attribution: null, caveat: null } as const;
    assert.equal(geoFinding({ ...source, version: '2026-11-01' }, NOW).status, 'ok');
    assert.equal(geoFinding({ ...source, version: '2026-06-01' }, NOW).status, 'warn');
    assert.equal(geoFinding({ ...source, version: '2.3.2026112417', caveat: 'wrong in places' }, NOW).status, 'warn');
    assert.match(geoFinding({ ...source, version: '2.3.2026112417' }, NOW).found, /1 days old/);
    assert.equal(geoFinding({ ...source, version: '7' }, NOW).status, 'warn');
  });

  it('name secrets that cannot be read, and feeds without theirs', async () => {
    await inDirectory(async (directory) => {
      const file = join(directory, 'config.json');
      await writeFile(
        file,
        JSON.stringify({
          feeds: {
            engine: { type: 'censys', organizationId: '11111111-2222-4333-8444-555555555555', tokenEnv: 'MY_KEY' },
          },
        }),
      );
      const without = checkSecrets(loadConfig({}, file));
      assert.equal(without.status, 'fail');
      assert.match(without.todo ?? '', /engine: set MY_KEY/);
      assert.equal(checkSecrets(loadConfig({ MY_KEY: 'x' }, file)).status, 'ok');
      const unreadable = loadConfig({ MY_KEY: 'x', KUBECENSUS_SMTP_PASSWORD_FILE: join(directory, 'none') }, file);
      assert.equal(checkSecrets(unreadable).status, 'fail');
    });
  });
});

describe('checks of the vantage', () => {
  const file = (changes: Record<string, string | null> = {}): string =>
    Object.entries({
      Contact: 'mailto:optout@example.org',
      Expires: '2027-06-01T00:00:00Z',
      Description: 'a survey',
      ...changes,
    })
      .flatMap(([name, value]) => (value === null ? [] : [`${name}: ${value}`]))
      .join('\r\n');
  const read = (text: string) => readProbingFile('https://x/', text, CONTACT, NOW).status;

  it('read a probe description file as its readers do', () => {
    assert.equal(read(`# who\n${file()}`), 'ok');
    assert.equal(read(file({ Contact: 'https://survey.example.org/' })), 'ok');
    assert.equal(read(file({ Contact: 'mailto:someone@example.org' })), 'fail');
    assert.equal(read(file({ Expires: '2026-11-24T00:00:00Z' })), 'fail');
    assert.equal(read(file({ Expires: null })), 'fail');
    assert.equal(read(file({ Expires: 'soon' })), 'fail');
    assert.equal(read(file({ Description: null })), 'warn');
    assert.equal(read('<html>not found</html>'), 'fail');
  });

  it('accept what kubecensus probing writes', () => {
    const facts = { url: CONTACT['contact.url'], email: CONTACT['contact.email'], description: 'a survey' };
    const written = probingFiles({ ...facts, expires: new Date(NOW.getTime() + 1000) });
    assert.equal(read(written.get('probing.txt') ?? ''), 'ok');
    const expired = probingFiles({ ...facts, expires: new Date(NOW.getTime() - 1000) });
    assert.equal(read(expired.get('probing.txt') ?? ''), 'fail');
  });

  it('fetch it from the site of the contact', async () => {
    let status = 200;
    const server = createServer((request, response) => {
      response.writeHead(request.url === '/.well-known/probing.txt' ? status : 404).end(file());
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const client = createClient({ userAgent: 'test' });
    const contact = `http://127.0.0.1:${(server.address() as AddressInfo).port}/about/us`;
    const config = { ...CONTACT, 'contact.url': contact } as unknown as Config;
    try {
      const check = async () => (await checkProbingFile(config, { http: client.request, servers: [] }, NOW)).status;
      assert.equal(await check(), 'ok');
      status = 500;
      assert.equal(await check(), 'fail');
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      assert.equal(await check(), 'fail');
    } finally {
      server.close();
      await client.close();
    }
  });

  it('ask the configured resolvers, and follow reverse names back', async () => {
    const dns = await startDnsServer(({ name, type }) => {
      if (type === 'PTR' && name === '1.0.0.127.in-addr.arpa')
        return { answers: [{ type: 'PTR', name, data: 'localhost' }] };
      if (type === 'PTR' && name === '2.0.0.127.in-addr.arpa')
        return { answers: [{ type: 'PTR', name, data: 'localhost' }] };
      if (type === 'PTR' && name.endsWith('.ip6.arpa'))
        return { answers: [{ type: 'PTR', name, data: name.length === 72 ? 'six.example' : 'wrong.example' }] };
      if (type === 'A' && name === 'localhost') return { answers: [{ type: 'A', name, data: '127.0.0.1' }] };
      return { rcode: 'NXDOMAIN' };
    });
    const refusing = await startDnsServer(() => ({ rcode: 'REFUSED' }));
    const client = createClient({ userAgent: 'test' });
    try {
      assert.equal((await checkResolvers([dns.address])).status, 'ok');
      const two = await checkResolvers([dns.address, refusing.address]);
      assert.equal(two.status, 'fail');
      assert.ok(
        two.found.includes(`${refusing.address} does not answer`) && two.found.includes(`${dns.address} answers`),
      );
      assert.equal((await checkResolvers([])).status, 'not checked');
      const network = { http: client.request, servers: [dns.address] };
      const reverse = (...own: string[]) =>
        checkOwnAddresses({ ...CONTACT, ownAddresses: own } as unknown as Config, network, NOW);
      assert.match((await reverse('127.0.0.3')).found, /has no reverse name/);
      assert.match((await reverse('127.0.0.2')).found, /is called localhost, which does not lead back/);
      // The name leads back; there is no page on its port 443.
      assert.match(
        (await reverse('127.0.0.1')).found,
        /^127\.0\.0\.1 is called localhost; https:\/\/localhost\/\.well-known/,
      );
      assert.match((await reverse('2001:db8::1')).found, /is called six\.example, which does not lead back/);
      assert.equal((await reverse('198.51.100.0/24')).status, 'warn');
    } finally {
      await client.close();
      await dns.close();
      await refusing.close();
    }
  });
});
