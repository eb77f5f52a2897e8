// The lab in a process of its own, so that its TLS work does not sit in the event loop of the survey that is measured.
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { KubecensusError } from '../platform/errors.ts';
import type { LabAddresses } from './addresses.ts';
import type { LabWorld } from './host.ts';
import { listLines } from './list.ts';
import { planWorld, type WorldOptions } from './world.ts';

/** The world to run. `place` is where the search for free addresses begins; `now` is the moment that certificates and builds are dated by. */
export type LabOptions = WorldOptions;

/** A lab that runs. Everything in it listens on loopback addresses only. */
export interface Lab extends LabAddresses {
  readonly world: LabWorld;
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
      readonly place: number;
      readonly lowPorts: boolean;
      readonly addresses: LabAddresses;
    }
  | { readonly type: 'failed'; readonly message: string }
  | { readonly type: 'dials'; readonly counts: Readonly<Record<string, number>> };

/** What the child is told. */
export type ToLab = { readonly type: 'dials' } | { readonly type: 'close' };

/** A lab that has not started after this long never will: 2,000 hosts take about a second. */
const START_MS = 60_000;

/**
 * Starts the child, which finds free addresses and opens every listener, and plans the same world here from the same options.
 * Throws KC_LAB when the lab cannot start.
 */
export async function startLab(options: LabOptions): Promise<Lab> {
  const child = fork(fileURLToPath(new URL('./main.ts', import.meta.url)), [JSON.stringify(options)], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  let timer: NodeJS.Timeout | undefined;
  const ready = await new Promise<Extract<FromLab, { type: 'ready' }>>((resolve, reject) => {
    const late = new KubecensusError('KC_LAB', `The lab was not ready after ${START_MS / 1000} s.`);
    timer = setTimeout(() => reject(late), START_MS);
    child.once('exit', (code) =>
      reject(new KubecensusError('KC_LAB', `The lab ended with ${code} before it was ready.`)),
    );
    child.once('error', reject);
    child.once('message', (message: FromLab) => {
      if (message.type === 'ready') resolve(message);
      else
        reject(
          new KubecensusError('KC_LAB', message.type === 'failed' ? message.message : 'The lab spoke out of turn.'),
        );
    });
  })
    .catch(async (error: unknown) => {
      child.kill('SIGKILL');
      await gone;
      throw error;
    })
    .finally(() => clearTimeout(timer));
  const world = planWorld({ ...options, place: ready.place, lowPorts: ready.lowPorts });
  const tell = (message: ToLab) => child.send(message);
  return {
    world,
    ...ready.addresses,
    listFile: listLines(world),
    dials: async () => {
      if (!child.connected) throw new KubecensusError('KC_LAB', 'The lab is gone.');
      return new Promise((resolve, reject) => {
        const onExit = () => reject(new KubecensusError('KC_LAB', 'The lab is gone.'));
        child.once('exit', onExit);
        child.once('message', (message: FromLab) => {
          child.removeListener('exit', onExit);
          if (message.type === 'dials') resolve(message.counts);
          else reject(new KubecensusError('KC_LAB', 'The lab answered something else.'));
        });
        tell({ type: 'dials' });
      });
    },
    close: async () => {
      if (child.exitCode === null && child.connected) tell({ type: 'close' });
      await gone;
    },
  };
}
