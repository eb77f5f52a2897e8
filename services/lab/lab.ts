// The whole lab in one process: hosts, name server, certificate log, search engine. process.ts puts it in a process of its own.
import { startCensys } from './censys.ts';
import { startCtLog } from './ct-log.ts';
import { startDns } from './dns.ts';
import { engineHosts, LAB_CENSYS_QUERY } from './engine-view.ts';
import { startHosts } from './hosts.ts';
import { logEntries } from './log-entries.ts';
import { claimPlace } from './place.ts';
import { planWorld, type WorldOptions } from './world.ts';

const LOOPBACK = '127.0.0.1';

/** The only credentials that the lab's engine takes. They open nothing else. */
const ENGINE_TOKEN = 'lab-token';
const ENGINE_ORGANIZATION = '11111111-2222-4333-8444-555555555555';

export interface LabCtLogAddress {
  /** Monitoring prefix with a trailing slash. */
  readonly url: string;
  readonly origin: string;
  /** Base64 of the SubjectPublicKeyInfo. */
  readonly publicKeyDer: string;
}

export interface LabCensysAddress {
  readonly url: string;
  readonly token: string;
  readonly organizationId: string;
  /** Finds what the truth says that the engine finds: by certificate name or by version. */
  readonly query: string;
}

export interface RunningLab {
  /** The options with the place and the ports that were found: another process plans the same world from them. */
  readonly options: WorldOptions;
  readonly dnsServer: string;
  readonly ctLog: LabCtLogAddress;
  readonly censys: LabCensysAddress;
  dials(): Readonly<Record<string, number>>;
  close(): Promise<void>;
}

/** Finds a free place, plans the world and starts every part of it. What was opened is closed again when a later part fails. */
export async function runLab(asked: WorldOptions): Promise<RunningLab> {
  const closers: (() => Promise<void>)[] = [];
  const opened = async <T extends { close(): Promise<void> }>(starting: Promise<T>): Promise<T> => {
    const part = await starting;
    closers.unshift(() => part.close());
    return part;
  };
  const close = async () => {
    for (const closer of closers.splice(0)) await closer();
  };
  try {
    const { place, lowPorts, release } = await claimPlace(asked.place);
    closers.push(release);
    const options = { ...asked, place, lowPorts: lowPorts && asked.lowPorts !== false };
    const world = planWorld(options);
    const hosts = await opened(startHosts(world));
    const dns = await opened(startDns(world));
    const log = await opened(
      startCtLog({
        address: LOOPBACK,
        port: 0,
        entries: logEntries(world, hosts.certificates),
        seed: world.seed,
        now: () => new Date(),
        origin: `log.${world.zone}/lab`,
      }),
    );
    const engine = await opened(
      startCensys({
        address: LOOPBACK,
        hosts: engineHosts(world, hosts.certificates),
        token: ENGINE_TOKEN,
        organizationId: ENGINE_ORGANIZATION,
      }),
    );
    return {
      options,
      dnsServer: dns.server,
      ctLog: { url: log.url, origin: log.origin, publicKeyDer: Buffer.from(log.publicKeyDer).toString('base64') },
      censys: { url: engine.url, token: ENGINE_TOKEN, organizationId: ENGINE_ORGANIZATION, query: LAB_CENSYS_QUERY },
      dials: hosts.dials,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
