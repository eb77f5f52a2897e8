// The two counts of the article from an account: exactly the commands of docs/feeds.md, against the lab's Censys and Shodan, and the lab's truth.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { asEngineSaw } from '../../services/lab/engine-view.ts';
import { startLab } from '../../services/lab/process.ts';
import { expectedEndpoints } from '../../services/lab/truth.ts';
import { withDatabase } from '../support/database.ts';

const CLI = fileURLToPath(new URL('../../services/cli.ts', import.meta.url));
const HEADING = '\n## The two counts of 2023 from an account, without a packet\n';

/** The configuration and the groups of commands of the section. */
async function documented(): Promise<{
  configuration: { feeds: Record<string, { type: string }> };
  groups: string[][];
}> {
  const [, rest = ''] = (await readFile('docs/feeds.md', 'utf8')).split(HEADING);
  const [section = ''] = rest.split('\n## ');
  const blocks = (language: string) =>
    [...section.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map(([, text = '']) => text);
  const groups = blocks('sh').map((text) => text.trim().split('\n'));
  return { configuration: JSON.parse(blocks('json')[0] ?? ''), groups };
}

type Row = Readonly<Record<string, unknown>>;
type Truths = readonly {
  address: string;
  truth: { certificateName: boolean | null; versionEndpoint: boolean | null };
}[];

function counts(truths: Truths): Record<string, number> {
  const both = truths.filter(({ truth }) => truth.certificateName === true && truth.versionEndpoint === true).length;
  const certificateName = truths.filter(({ truth }) => truth.certificateName === true).length;
  const versionEndpoint = truths.filter(({ truth }) => truth.versionEndpoint === true).length;
  return { certificateName, versionEndpoint, both };
}

test('the documented commands give the two counts of the lab, with their ages, from Censys and from Shodan', async (t) => {
  const { url, onEnd } = await withDatabase(t);
  const home = await mkdtemp(join(tmpdir(), 'kubecensus-passive-'));
  onEnd(() => rm(home, { recursive: true }));
  const lab = await startLab({ seed: 'passive', hosts: 150, now: new Date() });
  onEnd(() => lab.close());
  const { configuration, groups } = await documented();
  // What is not as documented: the engines are the lab's, and so are the addresses.
  const places: Readonly<Record<string, object>> = {
    censys: { baseUrl: lab.censys.url, organizationId: lab.censys.organizationId },
    shodan: { baseUrl: lab.engines['shodan']?.url },
  };
  const feeds = Object.entries(configuration.feeds).map(([name, feed]) => [name, { ...feed, ...places[feed.type] }]);
  const settings = { scope: ['lab:127.0.0.0/8'], feeds: Object.fromEntries(feeds) };
  await writeFile(join(home, 'kubecensus.json'), JSON.stringify(settings));
  const key = lab.engines['shodan']?.key ?? '';
  const run = async (command: string): Promise<Row[]> => {
    const [program, ...args] = command.split(' ');
    assert.equal(program, 'kubecensus');
    const environment = {
      PATH: process.env['PATH'],
      DATABASE_URL: url,
      KUBECENSUS_DATA_DIR: join(home, 'data'),
      CENSYS_TOKEN: lab.censys.token,
      SHODAN_API_KEY: key,
    };
    const child = spawn(process.execPath, [CLI, ...args], {
      cwd: home,
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    await once(child, 'close');
    assert.equal(child.exitCode, 0, `${command}\n${stderr}`);
    return stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Row);
  };
  const rowsOf = async (commands: readonly string[]): Promise<Row[]> => {
    const rows: Row[] = [];
    for (const command of commands) rows.push(...(await run(command)));
    return rows;
  };
  const [ofCensys = [], ofShodan = [], ofHosts = []] = groups;
  assert.deepEqual([ofCensys.length, ofShodan.length, ofHosts.length, groups.length], [2, 3, 1, 3]);
  const shownCounts = ({ certificateName, versionEndpoint, both }: Row) => ({ certificateName, versionEndpoint, both });

  const censys = expectedEndpoints(lab.world, { ports: [], method: 'passive' }).map(({ address, truth }) => ({
    address: address ?? '',
    truth,
  }));
  const headline = (await rowsOf(ofCensys)).at(-1) ?? {};
  const expected = counts(censys);
  assert.ok(
    Object.values(expected).every((count) => count > 5),
    'a lab with both indicators',
  );
  assert.deepEqual(shownCounts(headline), expected);
  // The lab's engine scanned nine hours ago, and forty days ago what it calls stale.
  const daysAgo = (name: string) => (lab.world.now.getTime() - Date.parse(String(headline[name]))) / 86_400_000;
  assert.deepEqual(['evidenceOldest', 'evidenceMedian', 'evidenceNewest'].map(daysAgo).map(Math.round), [40, 0, 0]);

  const hosts = new Map<string, string>();
  for (const row of await rowsOf(ofHosts)) hosts.set(String(row['indicator']), String(row['host']));
  const named = new Set(censys.filter(({ truth }) => truth.certificateName === true).map(({ address }) => address));
  const disclosing = new Set(
    censys.filter(({ truth }) => truth.versionEndpoint === true).map(({ address }) => address),
  );
  assert.deepEqual(
    [named.size, disclosing.size],
    [
      Number(hosts.get('both') ?? 0) + Number(hosts.get('certificate-name') ?? 0),
      Number(hosts.get('both') ?? 0) + Number(hosts.get('version-endpoint') ?? 0),
    ],
  );

  const known = new Set<string>();
  for (const feed of ['shodan-names', 'shodan-versions']) {
    const { query } = settings.feeds[feed] as { query: string };
    const search = new URLSearchParams({ key, query, page: '1' });
    const reply = await fetch(`${lab.engines['shodan']?.url}/shodan/host/search?${search}`);
    const { matches } = (await reply.json()) as { matches: { ip_str: string; port: number }[] };
    for (const { ip_str, port } of matches) known.add(`${ip_str}:${port}`);
  }
  const shodan = lab.world.hosts.flatMap((host) =>
    host.services
      .filter(({ port }) => known.has(`${host.address}:${port}`))
      .map((service) => ({ address: host.address, truth: asEngineSaw(host, service).truth })),
  );
  assert.equal(shodan.length, known.size);
  assert.deepEqual(shownCounts((await rowsOf(ofShodan)).at(-1) ?? {}), counts(shodan));
});
