// nmap -oX: open ports, the certificates of ssl-cert, and the answers that the version scan kept. Form: nmap.dtd 1.05, ssl-cert.nse, fingerprint-strings.nse.
import type { CertificateSummary } from '../evidence.ts';
import type { FeedItem, Rejection } from '../feed.ts';
import { known } from '../json.ts';
import { excerptOf } from '../lines.ts';
import { chainOfPem, nameText, readPrintedNames } from './certificates.ts';
import type { Detection, FileFormat, FormatOptions, Head } from './format.ts';
import { childrenOf, readScan, type ScannedHost, type XmlElement } from './nmap-xml.ts';
import { type Facts, sightingOf } from './seen.ts';
import { ofEpochSeconds } from './times.ts';

const ROOT = /<nmaprun\b[^<>]*\bscanner="nmap"/;

export const NMAP: FileFormat = {
  name: 'nmap',
  title: 'nmap XML (-oX), with certificates of --script ssl-cert',
  kind: 'sightings',
  detect({ lines }: Head): Detection {
    const score = ROOT.test(lines.join('\n')) ? 1 : 0;
    return { score, why: score === 1 ? 'its root element says scanner="nmap"' : 'it has no root element of nmap' };
  },
  async *parse(input, options) {
    for await (const item of readScan(input, 'nmap')) {
      if (item.type === 'note') yield item;
      else yield* itemsOf(item, options);
    }
  },
};

/** One sighting per open TCP port. Ports in other states are rejected (not_open), as are hosts without any port (no_port). */
function itemsOf({ host, run, at }: ScannedHost, options: FormatOptions): FeedItem[] {
  const address = childrenOf(host, 'address').find((element) => element.attributes.get('addrtype') !== 'mac');
  const addr = address?.attributes.get('addr') ?? null;
  // A PTR name says nothing about what was asked; the name that the user gave is what nmap sent as server name.
  const named = childrenOf(host, 'hostnames', 'hostname').find((element) => element.attributes.get('type') === 'user');
  const name = named?.attributes.get('name') ?? null;
  const time = ofEpochSeconds(host.attributes.get('endtime') ?? host.attributes.get('starttime') ?? run.get('start'));
  const reject = (reason: string, what: string): Rejection => ({
    type: 'rejection',
    reason,
    at,
    excerpt: excerptOf(what),
  });
  const ports = childrenOf(host, 'ports', 'port');
  if (ports.length === 0) return [reject('no_port', addr ?? '')];
  return ports.map((port) => {
    const number = port.attributes.get('portid') ?? '';
    const state = childrenOf(port, 'state')[0]?.attributes.get('state') ?? '';
    const what = `${addr} ${number}/${port.attributes.get('protocol')} ${state}`;
    if (port.attributes.get('protocol') !== 'tcp') return reject('not_tcp', what);
    if (state !== 'open') return reject('not_open', what);
    const seen = { address: addr, name, port: number, time, facts: factsOf(port) };
    const sighting = sightingOf(seen, `${at} port ${number}`, options);
    return typeof sighting === 'string' ? reject(sighting, what) : sighting;
  });
}

function factsOf(port: XmlElement): Facts {
  const scripts = new Map(childrenOf(port, 'script').map((script) => [script.attributes.get('id'), script]));
  const service = childrenOf(port, 'service')[0]?.attributes;
  const certificate = scripts.get('ssl-cert');
  const chain = certificate === undefined ? null : chainOfPem(elemOf(certificate, 'pem'));
  const tls = certificate !== undefined || service?.get('tunnel') === 'ssl';
  const plain = service?.get('name') === 'http' && service.get('method') === 'probed';
  const answer = answerOf(scripts.get('fingerprint-strings'));
  return known({
    transport: tls ? ('tls' as const) : plain ? ('plain' as const) : null,
    tls: chain === null ? null : { chain },
    certificate: certificate === undefined ? null : summaryOf(certificate),
    requests: answer === null ? null : [{ path: '/', response: answer }],
  });
}

const elemOf = (element: XmlElement, key: string): string | null =>
  childrenOf(element, 'elem').find((elem) => elem.attributes.get('key') === key)?.text ?? null;
const tableOf = (element: XmlElement, key: string): XmlElement | undefined =>
  childrenOf(element, 'table').find((table) => table.attributes.get('key') === key);

/** nmap's words for attributes of names. */
const ATTRIBUTES = [
  ['CN', 'commonName'],
  ['O', 'organizationName'],
  ['OU', 'organizationalUnitName'],
  ['C', 'countryName'],
  ['ST', 'stateOrProvinceName'],
  ['L', 'localityName'],
] as const;

/** From the script's structure, in whatever order it stands; from its printed output where old versions have no structure. */
function summaryOf(script: XmlElement): CertificateSummary {
  const names = namesOf(script);
  const validity = tableOf(script, 'validity');
  const dn = (key: string): string | null => {
    const table = tableOf(script, key);
    if (table !== undefined) return nameText(ATTRIBUTES.map(([type, word]) => [type, elemOf(table, word)]));
    const printed = new RegExp(`^${key}: (.*)$`, 'im').exec(script.attributes.get('output') ?? '')?.[1];
    return printed === undefined ? null : nameText(printedAttributes(printed));
  };
  return known({
    subject: dn('subject'),
    issuer: dn('issuer'),
    dnsNames: names?.dnsNames ?? null,
    ipAddresses: names?.ipAddresses ?? null,
    notBefore: timeOf(validity, 'notBefore'),
    notAfter: timeOf(validity, 'notAfter'),
  });
}

/** "commonName=a/organizationName=b": a slash parts attributes only before one of their names. */
function printedAttributes(text: string): [string, string | null][] {
  const words = ATTRIBUTES.map(([, word]) => word).join('|');
  return [...text.matchAll(new RegExp(`(${words})=(.*?)(?=/(?:${words}|[a-zA-Z]+)=|$)`, 'g'))].map(
    ([, word, value]) => [ATTRIBUTES.find(([, name]) => name === word)?.[0] as string, value as string],
  );
}

function namesOf(script: XmlElement): { dnsNames: string[]; ipAddresses: string[] } | null {
  const extensions = tableOf(script, 'extensions');
  // Name and value stand side by side in either order.
  const names = (extensions === undefined ? [] : childrenOf(extensions, 'table')).find(
    (table) => elemOf(table, 'name') === 'X509v3 Subject Alternative Name',
  );
  const value = names === undefined ? undefined : elemOf(names, 'value');
  if (typeof value === 'string') return readPrintedNames(value);
  if (extensions !== undefined) return { dnsNames: [], ipAddresses: [] };
  const printed = /^Subject Alternative Name: ([\s\S]*?)(?=\n[A-Z][\w -]*:|(?![\s\S]))/m.exec(
    script.attributes.get('output') ?? '',
  )?.[1];
  return printed === undefined ? null : readPrintedNames(printed);
}

/** Validity is printed without a zone and is UTC, as in the certificate. */
function timeOf(validity: XmlElement | undefined, key: string): string | null {
  const text = validity === undefined ? null : elemOf(validity, key);
  return text !== null && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/.test(text) ? `${text}Z` : null;
}

/** The answer to GET / of the version scan, kept when it matched nothing that nmap knows: that is where API servers end up. */
function answerOf(script: XmlElement | undefined): string | null {
  const text = script === undefined ? null : elemOf(script, 'GetRequest');
  if (text === null || !text.startsWith('HTTP/1.')) return null;
  // The script prints line ends as LF; HTTP heads have CRLF.
  return text.includes('\r\n') ? text : text.replaceAll('\n', '\r\n');
}
