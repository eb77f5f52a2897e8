// What stands in the lab's certificate log: certificates of the hosts' names, of names that lead nowhere, and of everybody else.

import type { CertificatePlan } from './certificate-plan.ts';
import { PUBLIC_AUTHORITY, publicCertificate } from './certificate-site.ts';
import type { Certificates } from './certificates.ts';
import type { LabEntry } from './ct-log.ts';
import type { LabHost, LabWorld } from './host.ts';
import { seededRandom } from './random.ts';

/** Certificates that have nothing to do with Kubernetes, per one that has: far fewer than outside, enough to be passed over. */
const OTHERS_PER_NAME = 3;
/** Their zone: the lab's own begins with "kube", which a name feed takes for a hint. */
const OTHERS_ZONE = 'shops.test';

/** Entries in a seeded order, about half of them precertificates. The same world gives the same names in the same order. */
export function logEntries(world: LabWorld, certificates: Certificates): LabEntry[] {
  const random = seededRandom(`${world.seed}/log`);
  const wanted: CertificatePlan[] = [
    ...world.hosts
      .filter(({ feeds }) => feeds.includes('ct'))
      .map((host) => certificateOf(host, world.now, random.hex(16))),
    ...world.deadNames.map(({ name }) => publicCertificate([name], world.now, random.hex(16))),
  ];
  const others = Array.from({ length: wanted.length * OTHERS_PER_NAME }, (_, index) =>
    publicCertificate([`www.shop-${index}.${OTHERS_ZONE}`, `shop-${index}.${OTHERS_ZONE}`], world.now, random.hex(16)),
  );
  return random.shuffle([...wanted, ...others]).map((plan) => {
    const entry = certificates.logEntry(plan);
    return random.chance(0.5) ? entry.precertificate : entry.certificate;
  });
}

/** The public certificate that the host serves, or one that somebody had made for its names. */
function certificateOf(host: LabHost, now: Date, hex: string): CertificatePlan {
  const served = host.services
    .map(({ certificate }) => certificate)
    .find((plan) => plan?.authority === PUBLIC_AUTHORITY);
  return served ?? publicCertificate(host.names, now, hex);
}
