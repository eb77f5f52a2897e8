// What all certificates of the lab share: the site they are for, the common shape of a leaf, and the stand-in for a public CA.
import type { CertificatePlan, DistinguishedName } from './certificate-plan.ts';
import type { LabCluster } from './host.ts';

export const DAY_MS = 86_400_000;
export const YEAR_MS = 365 * DAY_MS;

/** The names of the API service inside a cluster. */
export function apiNames(domain = 'cluster.local'): string[] {
  return ['kubernetes', 'kubernetes.default', 'kubernetes.default.svc', `kubernetes.default.svc.${domain}`];
}

export const epochOf = (date: Date) => Math.floor(date.getTime() / 1000);

export const cn = (value: string): DistinguishedName => [['CN', value]];

/** What a profile knows about the host that the certificate is for. */
export interface CertificateSite {
  readonly cluster: LabCluster;
  readonly address: string;
  readonly node: string;
  readonly names: readonly string[];
  readonly now: Date;
}

export type Profile = (site: CertificateSite) => CertificatePlan;

/** The common shape: the CA is as old as the cluster, the leaf has a year or less to go. */
export function leaf(
  site: CertificateSite,
  parts: Partial<CertificatePlan> & Pick<CertificatePlan, 'subject' | 'issuer'>,
): CertificatePlan {
  return {
    authority: `${site.cluster.id}/server-ca`,
    dnsNames: [],
    ipAddresses: [],
    notBefore: site.cluster.createdAt,
    notAfter: new Date(site.now.getTime() + (30 + (Number.parseInt(site.cluster.hex.slice(0, 3), 16) % 330)) * DAY_MS),
    key: site.cluster.key,
    sendsAuthority: false,
    usages: ['server'],
    ...parts,
  };
}

/** The lab's stand-in for a public CA, so that certificates without Kubernetes names have an ordinary issuer. */
export const PUBLIC_AUTHORITY = 'public-ca';
export const PUBLIC_ISSUER: DistinguishedName = [
  ['C', 'US'],
  ['O', 'Lab Trust Services'],
  ['CN', 'Lab Trust R11'],
];

/** Ninety days, begun 5 to 64 days ago. */
export function publicDates(now: Date, hex: string): { notBefore: Date; notAfter: Date } {
  const age = 5 + (Number.parseInt(hex.slice(4, 8), 16) % 60);
  const notBefore = new Date(now.getTime() - age * DAY_MS);
  return { notBefore, notAfter: new Date(notBefore.getTime() + 90 * DAY_MS) };
}

/** A public-looking certificate for names. */
export function publicCertificate(names: readonly string[], now: Date, hex: string): CertificatePlan {
  return {
    subject: cn(names[0] ?? 'unnamed.invalid'),
    issuer: PUBLIC_ISSUER,
    authority: PUBLIC_AUTHORITY,
    dnsNames: [...names],
    ipAddresses: [],
    ...publicDates(now, hex),
    key: 'ec',
    sendsAuthority: true,
    usages: ['server'],
  };
}
