// Which distribution the evidence shows: version suffix, then issuer, names, acceptable authorities, endpoint name, service address, network.
import type { CertificateView } from '../certificate-view.ts';
import { type DistributionSlug, distributionName, type VersionSlug } from '../data/distributions.ts';
import type { Facts } from '../facts.ts';
import type { DistributionFacts } from '../verdict.ts';
import type { Distribution } from './distribution.ts';
import { DISTRIBUTIONS, TELLING_LINE } from './list.ts';

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
  /** The distributions that can be shown this way by these facts: mostly none, told by one test for all of them. */
  readonly among: (facts: Facts) => readonly Distribution[];
  readonly shows: (distribution: Distribution, facts: Facts, asn: number | null) => boolean;
}

const NONE: readonly Distribution[] = [];
const having = (key: keyof Distribution): readonly Distribution[] =>
  DISTRIBUTIONS.filter((distribution) => distribution[key] !== undefined);
const WITH_ISSUER = having('issuer');
const WITH_CLIENT_CA = having('clientCa');
const WITH_ENDPOINT = having('endpoint');
const WITH_SERVICE_ADDRESSES = having('serviceAddresses');
const WITH_NETWORK = having('network');
/** Those whose names are no patterns for one name. */
const WITH_ODD_NAMES = DISTRIBUTIONS.filter(
  ({ exactNames, repeatedAddress }) => exactNames !== undefined || repeatedAddress !== undefined,
);

/** The ways to tell a distribution besides the version, strongest first. */
const WAYS: readonly Way[] = [
  {
    by: 'issuer',
    among: ({ certificate }) => (certificate !== null && TELLING_LINE.test(certificate.line) ? WITH_ISSUER : NONE),
    shows: (distribution, { certificate }) => certificate !== null && showsIssuer(distribution, certificate),
  },
  {
    by: 'san',
    among: ({ certificate }) => (certificate === null ? NONE : certificate.vendorName ? DISTRIBUTIONS : WITH_ODD_NAMES),
    shows: (distribution, { certificate }) => certificate !== null && showsNames(distribution, certificate),
  },
  {
    by: 'acceptable-ca',
    among: ({ clientCas }) => (clientCas === null ? NONE : WITH_CLIENT_CA),
    shows: ({ clientCa }, { clientCas }) => clientCas?.some((name) => clientCa?.test(name)) === true,
  },
  {
    by: 'name',
    among: ({ serverName }) => (serverName === null ? NONE : WITH_ENDPOINT),
    shows: ({ endpoint }, { serverName }) => serverName !== null && endpoint?.test(serverName) === true,
  },
  {
    by: 'service-ip',
    among: ({ certificate }) => (certificate === null ? NONE : WITH_SERVICE_ADDRESSES),
    shows: ({ serviceAddresses }, { certificate }) => hasAddress(certificate, serviceAddresses),
  },
  { by: 'asn', among: () => WITH_NETWORK, shows: showsNetwork },
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
  for (const { by, among, shows } of WAYS) {
    const found = among(facts).find((distribution) => shows(distribution, facts, asn));
    if (found !== undefined) return named(found.slug, by);
  }
  return version === null ? null : named(version, 'version');
}

/** For each way, the facts by slug: there are some hundred, shared by all verdicts. */
const shared = new Map<DistributionFacts['by'], Map<DistributionSlug, NamedDistribution>>();

function named(slug: DistributionSlug, by: DistributionFacts['by']): NamedDistribution {
  const bySlug = shared.get(by) ?? new Map<DistributionSlug, NamedDistribution>();
  const known = bySlug.get(slug);
  if (known !== undefined) return known;
  const facts = { slug, name: distributionName(slug), by };
  shared.set(by, bySlug.set(slug, facts));
  return facts;
}

function showsIssuer(distribution: Distribution, certificate: CertificateView): boolean {
  const { issuer, issuerBeside } = distribution;
  if (issuer?.test(certificate.line) !== true) return false;
  if (issuerBeside === undefined || !certificate.namesSeen || certificate.addresses.includes(issuerBeside)) return true;
  return showsNames(distribution, certificate);
}

function showsNames({ names, exactNames, repeatedAddress }: Distribution, certificate: CertificateView): boolean {
  if (
    repeatedAddress !== undefined &&
    certificate.addresses.filter((address) => address === repeatedAddress).length > 1
  )
    return true;
  if (exactNames !== undefined) {
    const { dnsNames } = certificate;
    const alone = dnsNames.length > 0 && dnsNames.every((name) => exactNames.includes(name));
    if (alone && exactNames.every((name) => dnsNames.includes(name))) return true;
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
