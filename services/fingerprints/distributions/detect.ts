// Which distribution the evidence shows: version suffix, then issuer, names, acceptable authorities, endpoint name, service address, network.
import type { CertificateView } from '../certificate-view.ts';
import { type DistributionSlug, distributionName, type VersionSlug } from '../data/distributions.ts';
import type { Facts } from '../facts.ts';
import type { DistributionFacts } from '../verdict.ts';
import type { Distribution } from './distribution.ts';
import { DISTRIBUTIONS } from './list.ts';

/** Words for a version string that name no vendor: other evidence may. */
const NO_VENDOR: ReadonlySet<DistributionSlug> = new Set<VersionSlug>([
  'vanilla',
  'prerelease',
  'git-describe',
  'unknown',
]);

type NamedDistribution = DistributionFacts & { readonly slug: DistributionSlug };

interface Way {
  readonly by: DistributionFacts['by'];
  readonly shows: (distribution: Distribution, facts: Facts, asn: number | null) => boolean;
}

/** The ways to tell a distribution besides the version, strongest first. */
const WAYS: readonly Way[] = [
  {
    by: 'issuer',
    shows: ({ issuer }, { certificate }) =>
      issuer !== undefined && certificate !== null && issuer.test(certificate.line),
  },
  {
    by: 'san',
    shows: (distribution, { certificate }) => certificate !== null && showsNames(distribution, certificate),
  },
  {
    by: 'acceptable-ca',
    shows: ({ clientCa }, { clientCas }) =>
      clientCa !== undefined && (clientCas ?? []).some((name) => clientCa.test(name)),
  },
  {
    by: 'name',
    shows: ({ endpoint }, { serverName }) => endpoint !== undefined && serverName !== null && endpoint.test(serverName),
  },
  { by: 'service-ip', shows: ({ serviceAddresses }, { certificate }) => hasAddress(certificate, serviceAddresses) },
  { by: 'asn', shows: showsNetwork },
];

/**
 * The distribution of an API server. `version` is the slug of its version string, or null when it hides it; `asn` the number of the
 * network it is in, when known. Null when nothing shows one.
 */
export function detectDistribution(
  facts: Facts,
  version: DistributionSlug | null,
  asn: number | null,
): NamedDistribution | null {
  if (version !== null && !NO_VENDOR.has(version)) return named(version, 'version');
  for (const { by, shows } of WAYS) {
    const found = DISTRIBUTIONS.find((distribution) => shows(distribution, facts, asn));
    if (found !== undefined) return named(found.slug, by);
  }
  return version === null ? null : named(version, 'version');
}

function named(slug: DistributionSlug, by: DistributionFacts['by']): NamedDistribution {
  return { slug, name: distributionName(slug), by };
}

function showsNames({ names, exactNames, repeatedAddress }: Distribution, certificate: CertificateView): boolean {
  if (
    repeatedAddress !== undefined &&
    certificate.addresses.filter((address) => address === repeatedAddress).length > 1
  )
    return true;
  if (exactNames !== undefined) {
    const own = new Set(certificate.dnsNames);
    if (own.size === exactNames.length && exactNames.every((name) => own.has(name))) return true;
  }
  return names !== undefined && certificate.ownNames.some((name) => names.some((pattern) => pattern.test(name)));
}

function hasAddress(certificate: CertificateView | null, addresses: readonly string[] | undefined): boolean {
  return (
    certificate !== null &&
    addresses !== undefined &&
    certificate.addresses.some((address) => addresses.includes(address))
  );
}

function showsNetwork({ network }: Distribution, facts: Facts, asn: number | null): boolean {
  if (network === undefined || asn === null || !network.asns.includes(asn)) return false;
  if (network.hidesVersion === true && facts.version?.status !== 401) return false;
  return hasAddress(facts.certificate, network.serviceAddresses);
}
