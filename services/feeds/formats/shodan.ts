// Shodan banners: the JSON lines of `shodan download` and of the data files. Form: banner specification as modelled by shadowscatcher/shodan (f0baaa7).
import type { CertificateSummary, EvidenceRequest, TlsFacts } from '../evidence.ts';
import type { Sighting } from '../feed.ts';
import { integerOf, known, listOf, member, parseJson, recordOf, textOf, textsOf } from '../json.ts';
import { DerCursor } from '../x509/der.ts';
import { readAlternativeNames } from '../x509/names.ts';
import { chainOfPem, digestText, nameText } from './certificates.ts';
import { detectLines, type FileFormat, type FormatOptions } from './format.ts';
import { gather } from './gather.ts';
import { readJsonLines } from './json-lines.ts';
import { readPythonBytes } from './python-bytes.ts';
import { type Facts, sightingOf } from './seen.ts';
import { ofZonelessUtc } from './times.ts';

const TEXT = 1024;
const PEM = 128 * 1024;
const CHAIN = 10;
const HEAD = 64 * 1024;
const BODY = 256 * 1024;
/** A subject alternative name extension with a thousand names, four characters a byte at worst. */
const NAMES_TEXT = 512 * 1024;

export const SHODAN: FileFormat = {
  name: 'shodan',
  title: 'Shodan banners (.json.gz of shodan download)',
  kind: 'sightings',
  detect: ({ lines }) =>
    detectLines(lines, 'JSON objects with ip_str or ipv6 of Shodan', (line) => isBanner(parseJson(line))),
  parse: (input, options) => gather(readJsonLines(input, (value, at) => rowOfBanner(value, at, options))),
};

function isBanner(row: unknown): boolean {
  const place = typeof member(row, 'ip_str') === 'string' || typeof member(row, 'ipv6') === 'string';
  return place && member(row, 'port') !== null && member(row, 'endpoint') === null;
}

/** One banner is one port. UDP services are rejected (not_tcp). */
export function rowOfBanner(row: unknown, at: string, options: FormatOptions): readonly Sighting[] | string {
  if (recordOf(row) === null) return 'not_an_object';
  if (member(row, 'transport') === 'udp') return 'not_tcp';
  const seen = {
    address: textOf(member(row, 'ip_str'), TEXT) ?? textOf(member(row, 'ipv6'), TEXT),
    // `hostnames` are of DNS and certificates; the name that was asked for is the crawler's option.
    name: textOf(member(row, '_shodan', 'options', 'hostname'), TEXT),
    port: member(row, 'port'),
    time: ofZonelessUtc(member(row, 'timestamp')),
    facts: factsOf(row),
  };
  const sighting = sightingOf(seen, at, options);
  return typeof sighting === 'string' ? sighting : [sighting];
}

function factsOf(row: unknown): Facts {
  const ssl = recordOf(member(row, 'ssl'));
  const requests = requestsOf(row);
  return known({
    transport: ssl !== null ? ('tls' as const) : requests.length > 0 ? ('plain' as const) : null,
    tls: ssl === null ? null : tlsOf(ssl),
    certificate: ssl === null ? null : summaryOf(member(ssl, 'cert')),
    requests: requests.length > 0 ? requests : null,
  });
}

/** `versions` and `alpn` list what a server would do; what it did stands in the cipher. */
function tlsOf(ssl: unknown): TlsFacts {
  return known({
    version: textOf(member(ssl, 'cipher', 'version'), TEXT),
    cipher: textOf(member(ssl, 'cipher', 'name'), TEXT),
    chain: chainOfPem(textsOf(member(ssl, 'chain'), CHAIN, PEM)),
  });
}

const ATTRIBUTES = ['CN', 'O', 'OU', 'C', 'ST', 'L'] as const;

function summaryOf(cert: unknown): CertificateSummary | null {
  if (recordOf(cert) === null) return null;
  const dn = (name: string): string | null =>
    nameText(ATTRIBUTES.map((type) => [type, textOf(member(cert, name, type), TEXT)]));
  const names = alternativeNames(cert);
  return known({
    subject: dn('subject'),
    issuer: dn('issuer'),
    dnsNames: names?.dnsNames ?? null,
    ipAddresses: names?.ipAddresses ?? null,
    notBefore: asn1Time(member(cert, 'issued')),
    notAfter: asn1Time(member(cert, 'expires')),
    sha256: digestText(textOf(member(cert, 'fingerprint', 'sha256'), TEXT), 64),
  });
}

/** The extension's data is the DER of GeneralNames as Python prints bytes, not a list of names. */
function alternativeNames(cert: unknown): { dnsNames: string[]; ipAddresses: string[] } | null {
  if (!Array.isArray(member(cert, 'extensions'))) return null;
  const extension = listOf(member(cert, 'extensions')).find((one) => member(one, 'name') === 'subjectAltName');
  const names = { dnsNames: [], ipAddresses: [], nameCount: 0 };
  if (extension === undefined) return names;
  const text = textOf(member(extension, 'data'), NAMES_TEXT);
  const bytes = text === null ? null : readPythonBytes(text);
  return bytes !== null && readAlternativeNames(bytes, 0, bytes.length, new DerCursor(), names) ? names : null;
}

/** "20261124120000Z" (ASN.1 GeneralizedTime) as RFC 3339. */
function asn1Time(value: unknown): string | null {
  const match = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(typeof value === 'string' ? value : '');
  return match === null ? null : `${match[1]}-${match[2]}-${match[3]}T${match[4]}:${match[5]}:${match[6]}Z`;
}

/** The page that was asked for, and /version where the crawler read it into fields of its own. */
function requestsOf(row: unknown): EvidenceRequest[] {
  const page = pageOf(row);
  const version = versionOf(row);
  return [...(version === null || page?.path === '/version' ? [] : [version]), ...(page === null ? [] : [page])];
}

/** `data` is the head as it came, `http.html` the body. */
function pageOf(row: unknown): EvidenceRequest | null {
  const http = member(row, 'http');
  if (recordOf(http) === null) return null;
  const location = textOf(member(http, 'location'), TEXT);
  const path = location?.startsWith('/') === true ? location : '/';
  const head = textOf(member(row, 'data'), HEAD);
  const body = textOf(member(http, 'html'), BODY, true);
  if (head?.startsWith('HTTP/1.') === true) {
    const end = head.indexOf('\r\n\r\n');
    return { path, response: `${end === -1 ? head.trimEnd() : head.slice(0, end)}\r\n\r\n${body ?? ''}` };
  }
  const status = integerOf(member(http, 'status'), 100, 999);
  if (status === null) return null;
  const server = textOf(member(http, 'server'), TEXT);
  return { path, status, ...known({ headers: server === null ? null : { server }, body }) };
}

/** Products and versions are texts, and sometimes numbers. */
const textish = (value: unknown): string | null => (typeof value === 'number' ? String(value) : textOf(value, TEXT));

/**
 * Shodan keeps the version of Kubernetes and etcd as fields: the answer as the contract writes it for sources that give a version only. A version
 * that is no semantic one (a number, a range) is left out.
 */
function versionOf(row: unknown): EvidenceRequest | null {
  const etcd = textish(member(row, 'etcd', 'version'));
  // etcd answers with its own and its cluster's version; Shodan keeps one, which stands for both.
  if (etcd !== null && /^\d+\.\d+\.\d+/.test(etcd)) return answer({ etcdserver: etcd, etcdcluster: etcd });
  const version = textish(member(row, 'version'));
  if (textish(member(row, 'product'))?.toLowerCase() !== 'kubernetes' || version === null) return null;
  if (!/^v?\d+\.\d+\.\d+/.test(version)) return null;
  return answer({ gitVersion: version.startsWith('v') ? version : `v${version}` });
}

const answer = (members: Readonly<Record<string, string>>): EvidenceRequest => ({
  path: '/version',
  status: 200,
  body: JSON.stringify(members),
});
