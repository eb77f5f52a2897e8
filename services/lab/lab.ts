// The whole lab in one process: hosts, and every service beside them. process.ts puts it in a process of its own.
import type { LabAddresses } from './addresses.ts';
import { startHosts } from './hosts.ts';
import { claimPlace } from './place.ts';
import { type Opened, startServices } from './services.ts';
import { planWorld, type WorldOptions } from './world.ts';

export interface RunningLab {
  /** The options with the place and the ports that were found: another process plans the same world from them. */
  readonly options: WorldOptions;
  readonly addresses: LabAddresses;
  dials(): Readonly<Record<string, number>>;
  close(): Promise<void>;
}

/** Finds a free place, plans the world and starts every part of it. What was opened is closed again when a later part fails. */
export async function runLab(asked: WorldOptions): Promise<RunningLab> {
  const closers: (() => Promise<void>)[] = [];
  const opened: Opened = async (starting) => {
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
    const addresses = await startServices(world, hosts.certificates, opened);
    return { options, addresses, dials: hosts.dials, close };
  } catch (error) {
    await close();
    throw error;
  }
}
