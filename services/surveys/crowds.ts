// Targets that crowd: one address with more ports than any host serves, and networks in which every address is named. Both are marks of middleboxes and decoys.
import { networkOf } from '../platform/net/address.ts';
import { PORTS } from './ports.ts';
import type { SurveyTarget } from './survey.ts';

/** Ports of one address outside the component table: a host with more is a middlebox that answers on all of them, and eight show it as well as 65,535. */
export const OTHER_PORTS = 8;
/** Addresses of a /24 (or /48): five sixths of 256. Ordinary hosting leaves more gaps. */
export const DENSE_ADDRESSES = 213;

export const FLAG_MANY_PORTS = 'many_ports';
export const FLAG_DENSE = 'dense_network';

const KNOWN_PORTS: ReadonlySet<number> = new Set(PORTS.map(({ port }) => port));

/**
 * Which targets are dialled, flagged, and which are left out. Ports of the component table always stay; of the others the lowest do, so that the
 * same candidates give the same plan. Targets without an address pass as they are.
 */
export function boundCrowds(targets: readonly SurveyTarget[]): { kept: SurveyTarget[]; left: SurveyTarget[] } {
  const left = new Set<SurveyTarget>();
  const flags = new Map<SurveyTarget, string>();
  const addressed = targets.filter(({ address }) => address !== null);
  for (const members of Map.groupBy(addressed, ({ address }) => address).values()) {
    const others = members.filter(({ port }) => !KNOWN_PORTS.has(port)).sort((a, b) => a.port - b.port);
    if (others.length <= OTHER_PORTS) continue;
    for (const target of others.slice(OTHER_PORTS)) left.add(target);
    for (const target of members) flags.set(target, FLAG_MANY_PORTS);
  }
  const kept = targets.filter((target) => !left.has(target)).map((target) => flagged(target, flags.get(target)));
  const networks = Map.groupBy(kept, ({ address }) => (address === null ? null : networkOf(address)));
  const dense = new Set(
    [...networks].flatMap(([network, members]) =>
      network !== null && new Set(members.map(({ address }) => address)).size >= DENSE_ADDRESSES ? [network] : [],
    ),
  );
  return {
    kept: kept.map((target) =>
      target.address !== null && dense.has(networkOf(target.address)) ? flagged(target, FLAG_DENSE) : target,
    ),
    left: [...left],
  };
}

const flagged = (target: SurveyTarget, flag: string | undefined): SurveyTarget =>
  flag === undefined ? target : { ...target, flags: [...target.flags, flag].sort() };
