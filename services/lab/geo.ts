// Where the lab's addresses are said to be: countries of the plan, networks with AS numbers reserved for documentation (RFC 5398).
import { createHash } from 'node:crypto';
import type { Geo } from '../platform/geo.ts';
import type { LabWorld } from './host.ts';

const FIRST_ASN = 64496;
const NETWORKS = [
  'Harbour Cloud',
  'Northlight Hosting',
  'Copper Line Telecom',
  'Meridian Campus Network',
  'Kestrel Managed Clusters',
  'Old Mill Internet',
] as const;

/** Looks addresses up in the plan. Every /24 belongs to one invented network. */
export function labGeo(world: LabWorld): Geo {
  const countries = new Map(world.hosts.map((host) => [host.address, host.country]));
  return {
    lookup: (address) => {
      const country = countries.get(address);
      if (country === undefined) return { country: null, asn: null, organisation: null };
      const network = address.split('.').slice(0, 3).join('.');
      const index = (createHash('sha256').update(`${world.seed} ${network}`).digest()[0] as number) % NETWORKS.length;
      return { country, asn: FIRST_ASN + index, organisation: NETWORKS[index] as string };
    },
    sources: (['country', 'asn'] as const).map((gives) => ({
      gives,
      name: 'the plan of the lab',
      version: world.now.toISOString().slice(0, 10),
      licence: null,
      attribution: null,
      caveat: 'Hosts, countries and networks of the lab are invented; nothing here says anything about the internet.',
    })),
  };
}
