// The lab in a process of its own, so that its TLS work does not sit in the event loop of the survey that is measured.
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { LabWorld } from './host.ts';
import type { LabCensysAddress, LabCtLogAddress } from './lab.ts';
import { listLines } from './list.ts';
import { planWorld } from './world.ts';

export interface LabOptions {
  readonly seed: string;
  readonly hosts: number;
  /** The moment the lab lives in: certificates and builds are dated relative to it. */
  readonly now: Date;
}

/** A lab that runs. Everything in it listens on loopback addresses only. */
export interface Lab {
  readonly world: LabWorld;
  /** As `dns.Resolver.setServers` takes it. */
  readonly dnsServer: string;
  readonly ctLog: LabCtLogAddress;
  readonly censys: LabCensysAddress;
  /** The file feed: one address or name per line. */
  readonly listFile: readonly string[];
  /** Connections accepted so far by the lab's hosts, by "address:port". */
  dials(): Promise<Readonly<Record<string, number>>>;
  /** Ends the lab; resolves when its process is gone. */
  close(): Promise<void>;
}

/** What the child says. */
export type FromLab =
  | {
      readonly type: 'ready';
      readonly dnsServer: string;
      readonly ctLog: LabCtLogAddress;
      readonly censys: LabCensysAddress;
    }
  | { readonly type: 'failed'; readonly message: string }
  | { readonly type: 'dials'; readonly counts: Readonly<Record<string, number>> };

/** What the child is told. */
export type ToLab = { readonly type: 'dials' } | { readonly type: 'close' };

/** A lab that has not started after this long never will: 2,000 hosts take about a second. */
const START_MS = 60_000;

/** Plans the world here and in the child from the same seed, and resolves when every listener is open. Rejects when one cannot be. */
export async function startLab(options: LabOptions): Promise<Lab> {
  const world = planWorld(options);
  const child = fork(fileURLToPath(new URL('./main.ts', import.meta.url)), [JSON.stringify(options)], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const ready = await new Promise<Extract<FromLab, { type: 'ready' }>>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('the lab did not start in time')), START_MS);
    child.once('exit', (code) => reject(new Error(`the lab ended with ${code} before it was ready`)));
    child.once('error', reject);
    child.once('message', (message: FromLab) => {
      clearTimeout(timer);
      if (message.type === 'ready') resolve(message);
      else reject(new Error(message.type === 'failed' ? message.message : 'the lab spoke out of turn'));
    });
  }).catch(async (error: unknown) => {
    child.kill('SIGKILL');
    await gone;
    throw error;
  });
  const tell = (message: ToLab) => child.send(message);
  return {
    world,
    dnsServer: ready.dnsServer,
    ctLog: ready.ctLog,
    censys: ready.censys,
    listFile: listLines(world),
    dials: () =>
      new Promise((resolve, reject) => {
        const onExit = () => reject(new Error('the lab is gone'));
        child.once('exit', onExit);
        child.once('message', (message: FromLab) => {
          child.removeListener('exit', onExit);
          if (message.type === 'dials') resolve(message.counts);
          else reject(new Error('the lab answered something else'));
        });
        tell({ type: 'dials' });
      }),
    close: async () => {
      if (child.exitCode === null && child.connected) tell({ type: 'close' });
      await gone;
    },
  };
}
