// tlsx JSON lines: one handshake each. Form: clients.Response of tlsx (pkg/tlsx/clients/clients.go at 00da9b9).
import type { CertificateSummary } from '../evidence.ts';
import { known, listOf, member, parseJson, recordOf, textOf, textsOf } from '../json.ts';
import { chainOfPem, digestText, isAddressText, nameText } from './certificates.ts';
import { detectLines, type FileFormat, type FormatOptions } from './format.ts';
import { type Row, readJsonLines } from './json-lines.ts';
import { type Facts, sightingOf } from './seen.ts';

const TEXT = 1024;
const NAMES = 1000;
const PEM = 128 * 1024;
const CHAIN = 10;

export const TLSX: FileFormat = {
  name: 'tlsx',
  title: 'tlsx JSON lines (-json; with certificates: -cert, -tls-chain)',
  kind: 'sightings',
  detect: ({ lines }) =>
    detectLines(lines, 'JSON objects with probe_status of tlsx', (line) => isTlsx(parseJson(line))),
  parse: (input, options) => readJsonLines(input, (value, at) => rowOf(value, at, options)),
};

function isTlsx(row: unknown): boolean {
  return member(row, 'probe_status') !== null && member(row, 'host') !== null && member(row, 'port') !== null;
}

/** Reasons of its own: no_answer (the handshake failed), log_entry (its mode that follows CT logs, where no server was looked at). */
function rowOf(row: unknown, at: string, options: FormatOptions): Row {
  if (recordOf(row) === null) return 'not_an_object';
  if (member(row, 'ctl_source') !== null) return 'log_entry';
  if (member(row, 'probe_status') !== true) return 'no_answer';
  const host = textOf(member(row, 'host'), TEXT);
  const ip = textOf(member(row, 'ip'), TEXT);
  const sni = textOf(member(row, 'sni'), TEXT);
  const seen = {
    address: ip ?? (host !== null && isAddressText(host) ? host : null),
    name: sni ?? (host !== null && !isAddressText(host) ? host : null),
    port: member(row, 'port'),
    time: member(row, 'timestamp'),
    facts: handshakeOf(row),
  };
  const sighting = sightingOf(seen, at, options);
  return typeof sighting === 'string' ? sighting : [sighting];
}

/** Names of versions in tlsx' spelling and in everybody else's. */
const VERSIONS: Readonly<Record<string, string>> = {
  ssl30: 'SSLv3',
  tls10: 'TLSv1',
  tls11: 'TLSv1.1',
  tls12: 'TLSv1.2',
  tls13: 'TLSv1.3',
};

/** What a tlsx object says of the handshake; httpx carries the same object. PEM where it was asked for, else the parsed fields. */
export function handshakeOf(row: unknown): Facts {
  const version = textOf(member(row, 'tls_version'), TEXT);
  const pems = [row, ...listOf(member(row, 'chain')).slice(0, CHAIN)].map((of) =>
    textOf(member(of, 'certificate'), PEM),
  );
  const hole = pems.indexOf(null);
  const tls = known({
    version: version === null ? null : (VERSIONS[version] ?? version),
    cipher: textOf(member(row, 'cipher'), TEXT),
    chain: chainOfPem(withoutRepeatedLeaf(pems.slice(0, hole === -1 ? pems.length : hole) as string[])),
  });
  return { transport: 'tls', ...known({ tls: Object.keys(tls).length > 0 ? tls : null, certificate: summaryOf(row) }) };
}

/** The chain may begin with the leaf again. */
const withoutRepeatedLeaf = (pems: readonly string[]): readonly string[] =>
  pems.filter((pem, i) => i !== 1 || pem !== pems[0]);

/** subject_an holds DNS names only: addresses are not known without the PEM. */
function summaryOf(row: unknown): CertificateSummary | null {
  const text = (name: string): string | null => textOf(member(row, name), TEXT);
  const organisations = (name: string): [string, string][] =>
    (textsOf(member(row, name), 10, TEXT) ?? []).map((value): [string, string] => ['O', value]);
  const summary = known({
    subject: text('subject_dn') ?? nameText([['CN', text('subject_cn')], ...organisations('subject_org')]),
    issuer: text('issuer_dn') ?? nameText([['CN', text('issuer_cn')], ...organisations('issuer_org')]),
    dnsNames: textsOf(member(row, 'subject_an'), NAMES, TEXT),
    notBefore: text('not_before'),
    notAfter: text('not_after'),
    sha256: digestText(textOf(member(row, 'fingerprint_hash', 'sha256'), TEXT), 64),
  });
  return Object.keys(summary).length > 0 ? summary : null;
}
