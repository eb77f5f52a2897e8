// Every service of the lab beside its hosts: name server, two certificate logs, those who tell of logs, and all search engines.

import type { LabAddresses, LabCtLogAddress } from './addresses.ts';
import { startAnnouncements } from './announcements.ts';
import { startCensys } from './censys.ts';
import type { Certificates } from './certificates.ts';
import { startCrtsh } from './crtsh.ts';
import { type CtLog, startCtLog } from './ct-log.ts';
import { startDns } from './dns.ts';
import { engineHosts, LAB_CENSYS_QUERY } from './engine-view.ts';
import { LAB_ENGINES } from './engines/index.ts';
import { startEngine } from './engines/server.ts';
import { countByField, engineAnswers } from './engines/world-rows.ts';
import type { LabWorld } from './host.ts';
import { logEntries } from './log-entries.ts';
import { loggedNames } from './logged-names.ts';
import { startSslmate } from './sslmate.ts';

const LOOPBACK = '127.0.0.1';
/** The organisation that pays for Censys' credits. */
const ORGANIZATION = '11111111-2222-4333-8444-555555555555';
const SSLMATE_TOKEN = 'lab-sslmate-token';
/** What SSLMate gives of one answer is not known; this makes several pages of a small lab. */
const SSLMATE_PAGE = 100;

/** Keeps what was opened, so that it is closed when a later part fails. */
export type Opened = <T extends { close(): Promise<void> }>(starting: Promise<T>) => Promise<T>;

/** Starts them one after the other, each on a free port of loopback. */
export async function startServices(
  world: LabWorld,
  certificates: Certificates,
  opened: Opened,
): Promise<LabAddresses> {
  const dns = await opened(startDns(world));
  const entries = logEntries(world, certificates);
  const log = (name: string, seed: string) =>
    opened(
      startCtLog({
        address: LOOPBACK,
        port: 0,
        entries,
        seed,
        now: () => new Date(),
        origin: `log.${world.zone}/${name}`,
      }),
    );
  const tiled = await log('lab', world.seed);
  const plain = await log('rfc6962', `${world.seed}/rfc6962`);
  plain.faults.noTiles = true;
  const token = 'lab-token';
  const hosts = engineHosts(world, certificates);
  const censys = await opened(startCensys({ address: LOOPBACK, hosts, token, organizationId: ORGANIZATION }));
  const engines: Record<string, { url: string; key: string }> = {};
  const answersOf = engineAnswers(world, certificates);
  for (const form of LAB_ENGINES) {
    const key = `lab-${form.type}-key`;
    const { url } = await opened(
      startEngine({ address: LOOPBACK, form, key, answers: answersOf(form.type), countBy: countByField }),
    );
    engines[form.type] = { url, key };
  }
  const names = loggedNames(world);
  const stamp = world.now.toISOString().slice(0, 19);
  const crtsh = await opened(
    startCrtsh(
      LOOPBACK,
      names.map((row) => ({ names: row, entryTimestamp: stamp })),
    ),
  );
  const issuances = names.map((dnsNames) => ({ dnsNames, notBefore: `${stamp}Z` }));
  const sslmate = await opened(
    startSslmate({ address: LOOPBACK, token: SSLMATE_TOKEN, issuances, pageSize: SSLMATE_PAGE }),
  );
  const certstream = await opened(startAnnouncements(LOOPBACK, names));
  return {
    dnsServer: dns.server,
    ctLog: addressOf(tiled),
    rfc6962Log: addressOf(plain),
    censys: { url: censys.url, token, organizationId: ORGANIZATION, query: LAB_CENSYS_QUERY },
    engines,
    crtsh: { url: crtsh.url },
    sslmate: { url: sslmate.url, token: SSLMATE_TOKEN },
    certstream: { url: certstream.url },
  };
}

const addressOf = ({ url, origin, publicKeyDer }: CtLog): LabCtLogAddress => ({
  url,
  origin,
  publicKeyDer: Buffer.from(publicKeyDer).toString('base64'),
});
