// The lab in the place of the internet: its resolver, log and engine as configuration, its addresses as scope, its list as a file.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { forgetFeeds } from '../candidates/candidate.store.ts';
import type { LabSettings } from '../compose.ts';
import type { Config } from '../config.ts';
import type { FeedRun } from '../feeds/feed-run.store.ts';
import { createFileFeed } from '../feeds/file.feed.ts';
import { LAB_CENSYS_QUERY } from '../lab/engine-view.ts';
import { labGeo } from '../lab/geo.ts';
import type { Lab } from '../lab/process.ts';
import { LAB_ZONE } from '../lab/world.ts';
import type { Parts } from '../parts.ts';

/** The lab is ours and on loopback: nobody there needs to be spared. */
export const LAB_PACE = {
  rate: 20_000,
  inFlight: 400,
  'pace.networkSpacingMs': 0,
  'pace.networkInFlight': 200,
  'pace.addressSpacingMs': 0,
  'pace.vantageSpacingMs': 0,
};

export const LAB_SCOPE = ['lab:127.0.0.0/8'];
export const LAB_VANTAGE = 'lab';

/** The user's configuration with the lab as its internet. */
export function labAsInternet(config: Config, lab: Lab): { settings: LabSettings; config: Config } {
  const { ctLog, censys } = lab;
  const access = { baseUrl: censys.url, organizationId: censys.organizationId };
  const feeds = {
    'lab-ct': { type: 'static-ct', origin: ctLog.origin, monitoringUrl: ctLog.url, publicKey: ctLog.publicKeyDer },
    'lab-censys': { type: 'censys', ...access, query: LAB_CENSYS_QUERY },
    'lab-censys-counts': { type: 'censys-aggregate', ...access },
  };
  const secret = (variable: string): string | null => (variable === 'CENSYS_TOKEN' ? censys.token : null);
  return {
    settings: { nameSuffix: LAB_ZONE, geo: labGeo(lab.world) },
    config: {
      ...config,
      ...LAB_PACE,
      scope: LAB_SCOPE,
      'dns.servers': [lab.dnsServer],
      vantage: LAB_VANTAGE,
      feeds,
      secret,
    },
  };
}

/** The lab's list is a file, not a declared feed. */
const LIST_FEED = 'lab-list';

/** Every feed of the lab by name. */
export const labFeeds = (parts: Parts): string[] => [LIST_FEED, ...Object.keys(parts.config.feeds)];

/** Pulls the lab's list, log, engine and engine counts, one after the other; what an earlier lab said on this database is forgotten first. */
export async function pullLabFeeds(
  parts: Parts,
  lab: Lab,
  signal: AbortSignal,
  onRun: (run: FeedRun) => void,
): Promise<void> {
  await forgetFeeds(parts.db, labFeeds(parts));
  const directory = await mkdtemp(join(tmpdir(), 'kubecensus-lab-'));
  try {
    const path = join(directory, 'hosts.txt');
    await writeFile(path, lab.listFile.map((line) => `${line}\n`).join(''));
    const list = await createFileFeed({ path, name: LIST_FEED, format: 'list', observedAt: null, expandCidr: false });
    for (const feed of [list, ...Object.keys(parts.config.feeds).map((name) => parts.declaredFeed(name))])
      onRun(await parts.runFeed(feed, signal));
  } finally {
    await rm(directory, { recursive: true });
  }
}
