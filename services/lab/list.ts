// The lab's file feed: plain lines, one host each, as people keep such lists.
import type { LabWorld } from './host.ts';

/** Lines of the 'list' feed in the world's order: bare addresses, so that the survey's ports apply; some hosts stand there twice. */
export function listLines(world: LabWorld): readonly string[] {
  return world.hosts
    .filter((host) => host.feeds.includes('list'))
    .flatMap(({ address }, index) => (index % 50 === 0 ? [address, address] : [address]));
}
