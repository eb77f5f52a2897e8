// Hosts of the retired Censys Search v2, as people saved them. Form: censys-python at 37ea4dd and the data definitions of that index.
import { tlsOf, versionOf } from '../censys/hit.ts';
import type { CertificateSummary, EvidenceRequest } from '../evidence.ts';
import type { FeedItem, Rejection } from '../feed.ts';
import { integerOf, known, listOf, member, recordOf, textOf, textsOf } from '../json.ts';
import { headersOf } from '../read-evidence.ts';
import { digestText, isAddressText } from './certificates.ts';
import type { FormatOptions } from './format.ts';
import { type Facts, sightingOf } from './seen.ts';

const TEXT = 1024;
const NAMES = 1000;
const BODY = 64 * 1024;
/** Services that may be a Kubernetes API where the hit gives nothing but their names. */
const NAMED: ReadonlySet<unknown> = new Set(['HTTP', 'KUBERNETES', 'ETCD', 'UNKNOWN']);

/** Services of v2 have a name; those of the Platform a protocol. */
export function isLegacyService(service: unknown): boolean {
  return member(service, 'service_name') !== null || member(service, 'extended_service_name') !== null;
}

/** Sightings of the TCP services that show a certificate, HTTP or Kubernetes, or are named like such; else one rejection (no_service). */
export function itemsOfLegacyHost(host: unknown, at: string, options: FormatOptions): FeedItem[] {
  const ip = textOf(member(host, 'ip'), TEXT);
  const reject = (reason: string, port: unknown): Rejection => ({
    type: 'rejection',
    reason,
    at,
    excerpt: JSON.stringify({ ip, port: typeof port === 'object' ? null : port }).slice(0, 200),
  });
  const services = listOf(member(host, 'services')).filter(isTelling);
  if (services.length === 0) return [reject('no_service', null)];
  return services.map((service) => {
    const port = member(service, 'port');
    const seen = {
      address: ip,
      name: textOf(member(host, 'name'), TEXT),
      port,
      time: member(service, 'observed_at') ?? member(host, 'last_updated_at'),
      facts: factsOf(service),
    };
    const sighting = sightingOf(seen, `${at} port ${integerOf(port, 0, 65_535) ?? '?'}`, options);
    return typeof sighting === 'string' ? reject(sighting, port) : sighting;
  });
}

function isTelling(service: unknown): boolean {
  if ((textOf(member(service, 'transport_protocol'), TEXT) ?? 'TCP').toUpperCase() !== 'TCP') return false;
  const shows = ['tls', 'certificate', 'http', 'kubernetes'].some((name) => member(service, name) !== null);
  return shows || NAMED.has(member(service, 'service_name'));
}

function factsOf(service: unknown): Facts {
  const tls = recordOf(member(service, 'tls'));
  const certificates = member(tls, 'certificates');
  const sha256 = member(certificates, 'leaf_fp_sha_256') ?? member(service, 'certificate');
  const certificate = summaryOf(member(certificates, 'leaf_data'), textOf(sha256, TEXT));
  const requests = requestsOf(service);
  const encrypted = tls !== null || certificate !== null;
  const facts = tls === null ? null : tlsOf(tls);
  return known({
    transport: encrypted ? ('tls' as const) : requests.length > 0 ? ('plain' as const) : null,
    tls: facts !== null && Object.keys(facts).length > 0 ? facts : null,
    certificate,
    requests: requests.length > 0 ? requests : null,
  });
}

/** `names` holds DNS names and addresses together, the common name among them. */
function summaryOf(leaf: unknown, sha256: string | null): CertificateSummary | null {
  const names = textsOf(member(leaf, 'names'), NAMES, TEXT);
  const summary = known({
    subject: textOf(member(leaf, 'subject_dn'), TEXT),
    issuer: textOf(member(leaf, 'issuer_dn'), TEXT),
    dnsNames: names?.filter((name) => !isAddressText(name)) ?? null,
    ipAddresses: names?.filter(isAddressText) ?? null,
    sha256: digestText(sha256, 64),
  });
  return Object.keys(summary).length > 0 ? summary : null;
}

function requestsOf(service: unknown): EvidenceRequest[] {
  const version = versionOf(member(service, 'kubernetes', 'version_info'));
  const response = member(service, 'http', 'response');
  const status = integerOf(member(response, 'status_code'), 100, 999);
  if (status === null) return version === null ? [] : [version];
  const path = pathOf(textOf(member(service, 'http', 'request', 'uri'), TEXT));
  // Names have underscores for hyphens; `_encoding` says how Censys stored the others.
  const { _encoding, ...fields } = recordOf(member(response, 'headers')) ?? {};
  const headers = headersOf(fields, (name) => name.replaceAll('_', '-').toLowerCase());
  const page = { path, status, ...known({ headers, body: textOf(member(response, 'body'), BODY, true) }) };
  return version === null || path === '/version' ? [page] : [version, page];
}

function pathOf(uri: string | null): string {
  const url = uri === null ? null : URL.parse(uri);
  return url === null ? '/' : `${url.pathname}${url.search}`;
}
