// Censys results as CSV: one service a row, columns named like Censys' fields, in any order.
import type { CertificateSummary, EvidenceRequest } from '../evidence.ts';
import type { FeedItem } from '../feed.ts';
import { known } from '../json.ts';
import { digestText, isAddressText } from './certificates.ts';
import { type NamedRecord, readCsvRows } from './csv.ts';
import type { FormatOptions } from './format.ts';
import type { Row } from './json-lines.ts';
import { type Facts, sightingOf } from './seen.ts';

/** Where each fact stands: names of the Platform, then of Search v2. A leading `host.` (as queries write it) may be there or not. */
const COLUMNS = {
  ip: ['ip'],
  port: ['services.port', 'port'],
  protocol: ['services.transport_protocol'],
  time: ['services.scan_time', 'services.observed_at', 'last_updated_at'],
  names: ['services.cert.names', 'services.tls.certificates.leaf_data.names'],
  subject: ['services.cert.parsed.subject_dn', 'services.tls.certificates.leaf_data.subject_dn'],
  issuer: ['services.cert.parsed.issuer_dn', 'services.tls.certificates.leaf_data.issuer_dn'],
  sha256: ['services.cert.fingerprint_sha256', 'services.tls.certificates.leaf_fp_sha_256', 'services.certificate'],
  gitVersion: [
    'services.endpoints.kubernetes.version_info.git_version',
    'services.kubernetes.version_info.git_version',
  ],
} as const;
type Fact = keyof typeof COLUMNS;

const spellings = (fact: Fact): string[] => COLUMNS[fact].flatMap((name) => [name, `host.${name}`]);

/** Whether a header is Censys': an address and a column whose name nobody else writes. */
export function isCensysTable(columns: readonly string[]): boolean {
  const has = (fact: Fact): boolean => spellings(fact).some((name) => columns.includes(name));
  return has('ip') && columns.some((name) => /^(host\.)?services\.[a-z_.]+$/.test(name));
}

/** Throws KC_FEED_NOT_DATA when there is no column of addresses. */
export async function* readCensysTable(
  input: AsyncIterable<Uint8Array>,
  options: FormatOptions,
): AsyncGenerator<FeedItem> {
  yield* readCsvRows(input, [], (record, at) => rowOf(record, at, options));
}

function rowOf(record: NamedRecord, at: string, options: FormatOptions): Row {
  const get = (fact: Fact): string | null => {
    for (const name of spellings(fact)) {
      const value = record.get(name);
      if (value !== null) return value;
    }
    return null;
  };
  if ((get('protocol') ?? 'tcp').toLowerCase() !== 'tcp') return 'not_tcp';
  const seen = { address: get('ip'), port: get('port'), time: get('time'), facts: factsOf(get) };
  const sighting = sightingOf(seen, at, options);
  return typeof sighting === 'string' ? sighting : [sighting];
}

function factsOf(get: (fact: Fact) => string | null): Facts {
  const names = listOfNames(get('names'));
  const certificate: CertificateSummary = known({
    subject: get('subject'),
    issuer: get('issuer'),
    dnsNames: names?.filter((name) => !isAddressText(name)) ?? null,
    ipAddresses: names?.filter(isAddressText) ?? null,
    sha256: digestText(get('sha256'), 64),
  });
  const gitVersion = get('gitVersion');
  const requests: EvidenceRequest[] =
    gitVersion === null ? [] : [{ path: '/version', status: 200, body: JSON.stringify({ gitVersion }) }];
  const encrypted = Object.keys(certificate).length > 0;
  return known({
    transport: encrypted ? ('tls' as const) : null,
    certificate: encrypted ? certificate : null,
    requests: requests.length > 0 ? requests : null,
  });
}

/** Lists in one field come as JSON or parted by commas, semicolons, bars or spaces: no name holds one of these. */
function listOfNames(text: string | null): readonly string[] | null {
  if (text === null) return null;
  return text
    .replace(/[[\]"']/g, ' ')
    .split(/[\s,;|]+/)
    .filter((name) => name !== '');
}
