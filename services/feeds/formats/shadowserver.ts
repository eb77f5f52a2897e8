// Shadowserver scan_kubernetes reports. Form: report_schema at 8e06fb9 (2026-03-24); columns move, so that only their names count.
import type { CertificateSummary, EvidenceRequest, TlsFacts } from '../evidence.ts';
import { known } from '../json.ts';
import { certificateText, chainOfPem, digestText, nameText } from './certificates.ts';
import { columnsOf, fieldsOf, type NamedRecord, readCsvRows } from './csv.ts';
import type { Detection, FileFormat, FormatOptions, Head } from './format.ts';
import type { Row } from './json-lines.ts';
import { type Facts, sightingOf } from './seen.ts';
import { ofZonelessUtc } from './times.ts';

/** Without these a row has no place, no time, or is of another report. */
const REQUIRED = ['timestamp', 'ip', 'port', 'git_version'];

export const SHADOWSERVER: FileFormat = {
  name: 'shadowserver',
  title: 'Shadowserver Accessible Kubernetes API Server report (scan_kubernetes CSV)',
  kind: 'sightings',
  detect({ lines }: Head): Detection {
    const columns = columnsOf(fieldsOf(lines[0] ?? '') ?? []);
    const missing = REQUIRED.filter((name) => !columns.includes(name));
    if (missing.length === 0) return { score: 1, why: `its header names ${REQUIRED.join(', ')}` };
    return { score: 0, why: `its header has no ${missing.join(', ')}` };
  },
  parse: (input, options) => readCsvRows(input, REQUIRED, (record, at) => rowOf(record, at, options)),
};

/** Times have no zone and are UTC. */
function rowOf(record: NamedRecord, at: string, options: FormatOptions): Row {
  const { get } = record;
  const protocol = get('protocol');
  if (protocol !== null && protocol !== 'tcp') return 'not_tcp';
  const seen = { address: get('ip'), port: get('port'), time: ofZonelessUtc(get('timestamp')), facts: factsOf(record) };
  const sighting = sightingOf(seen, at, options);
  return typeof sighting === 'string' ? sighting : [sighting];
}

type Get = NamedRecord['get'];

function factsOf(record: NamedRecord): Facts {
  const { get } = record;
  const encrypted = ['handshake', 'sha256_fingerprint', 'sha1_fingerprint', 'raw_cert'].some(
    (name) => get(name) !== null,
  );
  const request = requestOf(record);
  return known({
    transport: encrypted ? ('tls' as const) : request !== null ? ('plain' as const) : null,
    tls: encrypted ? tlsOf(get) : null,
    certificate: encrypted ? summaryOf(get) : null,
    requests: request === null ? null : [request],
  });
}

function tlsOf(get: Get): TlsFacts {
  const leaf = certificatesOf(get('raw_cert'));
  const chain = certificatesOf(get('raw_cert_chain')) ?? [];
  const whole = leaf === null ? null : [...leaf, ...chain.filter((certificate) => certificate !== leaf[0])];
  return known({ version: get('handshake'), cipher: get('cipher_suite'), chain: whole });
}

/** The schema does not say how a raw certificate is written, and public rows leave it empty: PEM and bare base64 are read. */
function certificatesOf(text: string | null): readonly string[] | null {
  if (text === null) return null;
  const bare = certificateText(text);
  return bare === null ? chainOfPem(text) : [bare];
}

const ATTRIBUTES = [
  ['CN', 'common_name'],
  ['O', 'organization_name'],
  ['OU', 'organization_unit_name'],
  ['C', 'country'],
  ['ST', 'state_or_province_name'],
  ['L', 'locality_name'],
] as const;

/** There is no column of alternative names: `dnsNames` stays unknown, not empty. */
function summaryOf(get: Get): CertificateSummary {
  const dn = (whose: string): string | null =>
    nameText(ATTRIBUTES.map(([type, name]) => [type, get(`${whose}_${name}`)]));
  const time = (name: string): string | null => {
    const value = ofZonelessUtc(get(name));
    return typeof value === 'string' ? value.replace(' ', 'T') : null;
  };
  return known({
    subject: dn('subject'),
    issuer: dn('issuer'),
    notBefore: time('cert_issue_date'),
    notAfter: time('cert_expiration_date'),
    sha256: digestText(get('sha256_fingerprint'), 64),
  });
}

/** Members of /version by their columns. */
const VERSION = [
  ['major', 'major'],
  ['minor', 'minor'],
  ['gitVersion', 'git_version'],
  ['gitCommit', 'git_commit'],
  ['gitTreeState', 'git_tree_state'],
  ['buildDate', 'build_date'],
  ['goVersion', 'go_version'],
  ['compiler', 'compiler'],
  ['platform', 'platform'],
] as const;

/** The scan reads /version (its columns are that body's members). A server writes all of them, so that an empty field is an empty member. */
function requestOf({ get, has }: NamedRecord): EvidenceRequest | null {
  const status = get('http_code');
  if (status === null || !/^[1-9]\d\d$/.test(status)) return null;
  const members = VERSION.flatMap(([name, column]) => (has(column) ? [[name, get(column) ?? '']] : []));
  const headers = known({ 'content-type': get('content_type'), server: get('server'), date: get('date') });
  return {
    path: '/version',
    status: Number(status),
    headers: headers as Record<string, string>,
    ...(get('git_version') === null ? {} : { body: JSON.stringify(Object.fromEntries(members)) }),
  };
}
