// Observations as Shadowserver's scan_kubernetes report: columns and their order as in report_schema at 8e06fb9 (2026-03-24).
import { stringify } from 'csv-stringify/sync';
import { readNameText } from '../fingerprints/distinguished-name-text.ts';
import { column, type Dataset } from './column.ts';
import { DATASETS } from './columns.ts';
import type { Encoder } from './encoder.ts';
import { csvText } from './formula-guard.ts';

/** Rows are endpoints that disclose their version without credentials, which is what that scan looks for. IPv6 stands beside IPv4. */
export const SCAN_KUBERNETES: Dataset = {
  description: 'endpoints that disclose their version, as Shadowserver reports them',
  unit: 'endpoints',
  perSurvey: true,
  source: `${DATASETS.observations.source} and o.version_endpoint and o.address is not null`,
  leavesOut: DATASETS.observations.leavesOut,
  since: DATASETS.observations.since,
  orderBy: DATASETS.observations.orderBy,
  columns: [
    column('observed_at', 'timestamp', 'o.observed_at', 'when it was seen'),
    column('address', 'text', 'host(o.address)', 'address'),
    column('port', 'integer', 'o.port', 'port'),
    column('asn', 'integer', 'o.asn', 'AS number'),
    column('country', 'text', 'o.country', 'country'),
    column('git_version', 'text', 'v.git_version', 'version as printed'),
    column('major', 'text', "o.verdict->'version'->>'major'", 'major version'),
    column('minor', 'text', "o.verdict->'version'->>'minor'", 'minor version'),
    column('sha256', 'text', 'c.sha256', 'SHA-256 of the leaf certificate'),
    column('subject', 'text', 'c.subject', 'its subject'),
    column('issuer', 'text', 'c.issuer', 'its issuer'),
    column('not_before', 'timestamp', 'c.not_before', 'valid from'),
    column('not_after', 'timestamp', 'c.not_after', 'valid to'),
  ],
};

interface ScanRow {
  readonly observed_at: string;
  readonly address: string;
  readonly port: number;
  readonly asn: number | null;
  readonly country: string | null;
  readonly git_version: string | null;
  readonly major: string | null;
  readonly minor: string | null;
  readonly sha256: string | null;
  readonly subject: string | null;
  readonly issuer: string | null;
  readonly not_before: string | null;
  readonly not_after: string | null;
}

type Cell = (row: ScanRow) => string | null;
const empty: Cell = () => null;
const unknown = (...names: readonly string[]): [string, Cell][] => names.map((name) => [name, empty]);

/** Attributes of a distinguished name by the end of their column's name. */
const ATTRIBUTES: Readonly<Record<string, readonly string[]>> = {
  organization_name: ['O'],
  organization_unit_name: ['OU'],
  country: ['C'],
  state_or_province_name: ['ST', 'S'],
  locality_name: ['L'],
  street_address: ['STREET'],
  postal_code: ['POSTALCODE'],
  surname: ['SN'],
  given_name: ['GN', 'GIVENNAME'],
  email_address: ['EMAILADDRESS', 'E'],
  business_category: ['BUSINESSCATEGORY'],
  serial_number: ['SERIALNUMBER'],
};

const attribute =
  (of: 'subject' | 'issuer', types: readonly string[]): Cell =>
  (row) =>
    readNameText(row[of] ?? '')
      .filter(({ type }) => types.includes(type))
      .map(({ value }) => value)
      .join(', ');
const attributes = (of: 'subject' | 'issuer'): [string, Cell][] =>
  Object.entries(ATTRIBUTES).map(([name, types]) => [`${of}_${name}`, attribute(of, types)]);

/** Times have no zone there and are UTC. */
const zoneless = (time: string | null): string | null => (time === null ? null : time.slice(0, 19).replace('T', ' '));
const colons = (hex: string | null): string | null => hex?.toUpperCase().match(/../g)?.join(':') ?? null;

/**
 * What is not known is empty, and 0 where the schema says 0 for it. That goes for the severity, too: a version that is disclosed is the
 * default of Kubernetes and no grade. Host names are left out: that column is reverse DNS, which nobody asked for.
 */
const CELLS: readonly (readonly [name: string, cell: Cell])[] = [
  ['timestamp', (row) => zoneless(row.observed_at)],
  ...unknown('severity'),
  ['ip', (row) => row.address],
  ['protocol', () => 'tcp'],
  ['port', (row) => String(row.port)],
  ...unknown('hostname'),
  ['tag', () => 'kubernetes'],
  ['asn', (row) => String(row.asn ?? 0)],
  ['geo', (row) => row.country],
  ...unknown('region', 'city'),
  ['naics', () => '0'],
  ...unknown('hostname_source', 'sector', 'version', 'http'),
  ['http_code', () => '200'],
  ...unknown('http_reason', 'content_type', 'server', 'date'),
  ['major', (row) => row.major],
  ['minor', (row) => row.minor],
  ['git_version', (row) => row.git_version],
  ...unknown('git_commit', 'git_tree_state', 'build_date', 'go_version', 'compiler', 'platform'),
  ...unknown('handshake', 'cipher_suite', 'cert_length'),
  ['subject_common_name', attribute('subject', ['CN'])],
  ['issuer_common_name', attribute('issuer', ['CN'])],
  ['cert_issue_date', (row) => zoneless(row.not_before)],
  ['cert_expiration_date', (row) => zoneless(row.not_after)],
  ...unknown('sha1_fingerprint', 'cert_serial_number', 'ssl_version', 'signature_algorithm', 'key_algorithm'),
  ...attributes('subject'),
  ...attributes('issuer'),
  ['sha256_fingerprint', (row) => colons(row.sha256)],
  ...unknown('sha512_fingerprint', 'md5_fingerprint', 'cert_valid', 'self_signed'),
  ['cert_expired', (row) => (row.not_after === null ? null : row.not_after < row.observed_at ? 'Y' : 'N')],
  ...unknown('validation_level', 'browser_trusted', 'browser_error', 'raw_cert', 'raw_cert_chain'),
];

export const SCAN_KUBERNETES_HEADER: readonly string[] = CELLS.map(([name]) => name);

/** Of the JSON lines of SCAN_KUBERNETES. Text that a spreadsheet would run is guarded as in our own CSV. */
export function shadowserverEncoder(): Encoder {
  let rows = 0;
  const lines = (texts: readonly string[]): Uint8Array =>
    Buffer.from(
      stringify(
        texts.map((text) => {
          const row = JSON.parse(text) as ScanRow;
          return CELLS.map(([, cell]) => csvText(cell(row) ?? '', 'text'));
        }),
      ),
    );
  return {
    async *encode(source) {
      yield Buffer.from(stringify([[...SCAN_KUBERNETES_HEADER]]));
      const decoder = new TextDecoder();
      let open = '';
      for await (const bytes of source) {
        const texts = (open + decoder.decode(bytes, { stream: true })).split('\n');
        open = texts.pop() as string;
        rows += texts.length;
        if (texts.length > 0) yield lines(texts);
      }
    },
    get rows() {
      return rows;
    },
  };
}
