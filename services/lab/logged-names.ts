// Names as certificates carry them, for those who tell of logs: crt.sh, SSLMate and certstream. They know what the lab's logs hold.
import type { LabWorld } from './host.ts';

/** One list of names per certificate, in the world's order. */
export function loggedNames(world: LabWorld): string[][] {
  return [
    ...world.hosts.filter(({ feeds }) => feeds.includes('ct')).map(({ names }) => [...names]),
    ...world.deadNames.map(({ name }) => [name]),
  ];
}
