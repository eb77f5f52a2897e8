// What hits of several engines have in common: names, times and answers as facts of evidence.
import type { CertificateSummary, EvidenceRequest, TlsFacts } from '../evidence.ts';
import { digestText, isAddressText, nameText } from '../formats/certificates.ts';
import type { FormatOptions } from '../formats/format.ts';
import { type Facts, type Seen, sightingOf } from '../formats/seen.ts';
import { integerOf, known, listOf, member, recordOf, textOf, textsOf } from '../json.ts';
import { excerptOf } from '../lines.ts';
import { headersOf } from '../read-evidence.ts';
import type { HitRow } from './declaration.ts';

const TEXT = 1024;
const NAMES = 1000;
const BODY = 256 * 1024;
/** Members shown of a rejected hit. */
const SHOWN = 20;

export const text = (value: unknown): string | null => textOf(value, TEXT) || null;
export const count = (value: unknown): number | null => integerOf(value, 0, Number.MAX_SAFE_INTEGER);

/** A hit of one endpoint as a row: UDP services are rejected (not_tcp), and names that are addresses are no names. */
export function rowOf(seen: Seen & { readonly transport?: unknown }, at: string, options: FormatOptions): HitRow {
  if (typeof seen.transport === 'string' && /^(udp|sctp)/i.test(seen.transport)) return 'not_tcp';
  const name = seen.name !== null && seen.name !== undefined && isAddressText(seen.name) ? null : (seen.name ?? null);
  const sighting = sightingOf({ ...seen, name }, at, options);
  return typeof sighting === 'string' ? sighting : [sighting];
}

/**
 * Facts without the empty ones; a service that shows a certificate or TLS speaks TLS, one that answered HTTP without speaks plainly. None when the
 * engine shows neither a certificate nor anything of an answer but its status: such a hit says where to look, and judging it would only say "no".
 */
export function factsOf(given: {
  readonly encrypted: boolean;
  readonly tls?: TlsFacts | null;
  readonly certificate?: CertificateSummary | null;
  readonly requests?: readonly EvidenceRequest[];
}): Facts {
  const certificate = isEmpty(given.certificate) ? null : given.certificate;
  const tls = isEmpty(given.tls) ? null : given.tls;
  const requests = given.requests?.length ? given.requests : null;
  const answered = requests?.some((one) => 'response' in one || ('status' in one && Boolean(one.body ?? one.headers)));
  if (certificate === null && tls?.chain === undefined && answered !== true) return {};
  const encrypted = given.encrypted || (certificate ?? tls ?? null) !== null;
  const transport = encrypted ? ('tls' as const) : requests !== null ? ('plain' as const) : null;
  return known({ transport, tls, certificate, requests });
}

const isEmpty = (of: object | null | undefined): boolean =>
  of === null || of === undefined || Object.keys(of).length === 0;

/** The parts of a certificate as engines spell them; lists of names may mix names and addresses. */
export function certificateOf(given: {
  readonly subject?: unknown;
  readonly issuer?: unknown;
  readonly names?: unknown;
  readonly addresses?: unknown;
  readonly notBefore?: unknown;
  readonly notAfter?: unknown;
  readonly sha256?: unknown;
}): CertificateSummary {
  const names = textsOf(given.names, NAMES, TEXT);
  const addresses = textsOf(given.addresses, NAMES, TEXT);
  return known({
    subject: text(given.subject),
    issuer: text(given.issuer),
    dnsNames: names?.filter((name) => !isAddressText(name)) ?? null,
    ipAddresses: addresses ?? (names?.some(isAddressText) ? names.filter(isAddressText) : null),
    notBefore: dated(given.notBefore),
    notAfter: dated(given.notAfter),
    sha256: digestText(text(given.sha256), 64),
  });
}

/** A time as the engine wrote it; Go's year 1 means that there is none. */
export function dated(value: unknown): string | null {
  const time = text(value);
  return time === null || time.startsWith('0001-') ? null : time;
}

/** The day so many days earlier, as YYYY-MM-DD in UTC. */
export function dayBefore(now: Date, days: number): string {
  return new Date(now.getTime() - days * 86_400_000).toISOString().slice(0, 10);
}

/** "CN=a,O=b" of an object whose members are texts or lists of texts, e.g. `{commonname, organization}`. */
export function nameOf(
  value: unknown,
  attributes: readonly (readonly [type: string, member: string])[],
): string | null {
  return nameText(
    attributes.map(([type, name]) => {
      const found = member(value, name);
      return [type, text(found) ?? text(listOf(found)[0])];
    }),
  );
}

/**
 * The answer in a banner: as it came when its body is there, else status and headers, else the status alone. A body that the engine does not give
 * is not an empty one.
 */
export function answerOf(banner: unknown, path: unknown, status?: unknown, body?: unknown): EvidenceRequest[] {
  const asked = pathOf(path);
  const raw = textOf(banner, BODY, true) ?? '';
  const [head = '', ...rest] = raw.split('\r\n\r\n');
  const page = rest.join('\r\n\r\n') || textOf(body, BODY, true);
  const isHead = raw.startsWith('HTTP/1.') && head.includes('\r\n');
  if (isHead && page) return [{ path: asked, response: `${head}\r\n\r\n${page}` }];
  const said = Number(/^HTTP\/1\.\d (\d{3})\b/.exec(raw)?.[1]);
  const found = integerOf(status, 100, 999) ?? integerOf(said, 100, 999);
  const headers = isHead ? headersOf(fieldsOf(head)) : null;
  return found === null ? [] : [{ path: asked, status: found, ...known({ headers, body: page }) }];
}

const pathOf = (path: unknown): string => (text(path)?.startsWith('/') === true ? (text(path) as string) : '/');

/** The fields of a raw head; repeated ones become a list. */
function fieldsOf(head: string): Record<string, string[]> {
  const fields = new Map<string, string[]>();
  for (const line of head.split('\r\n').slice(1)) {
    const colon = line.indexOf(':');
    if (colon < 1) continue;
    const name = line.slice(0, colon);
    fields.set(name, [...(fields.get(name) ?? []), line.slice(colon + 1).trim()]);
  }
  return Object.fromEntries(fields);
}

/** An answer that the engine parsed. */
export function parsedAnswer(path: unknown, status: unknown, headers: unknown, body: unknown): EvidenceRequest[] {
  const found = integerOf(status, 100, 999);
  if (found === null) return [];
  return [
    { path: pathOf(path), status: found, ...known({ headers: headersOf(headers), body: textOf(body, BODY, true) }) },
  ];
}

/**
 * The page, and before it the version where an engine keeps it as a field and did not keep the page of it: an answer as the contract writes it for
 * sources that give a version only.
 */
export function withVersion(product: unknown, version: unknown, page: readonly EvidenceRequest[]): EvidenceRequest[] {
  const found = text(version);
  const stated = text(product)?.toLowerCase() === 'kubernetes' && found !== null && /^v?\d+\.\d+\.\d+/.test(found);
  if (!stated || page.some(({ path }) => path === '/version')) return [...page];
  const gitVersion = found.startsWith('v') ? found : `v${found}`;
  return [{ path: '/version', status: 200, body: JSON.stringify({ gitVersion }) }, ...page];
}

/** The scalars of a hit for the quarantine; what is nested may be of any depth and is left out. */
export function excerptOfHit(hit: unknown): string {
  const flat = (value: unknown): unknown => (typeof value === 'object' && value !== null ? '…' : value);
  if (Array.isArray(hit)) return excerptOf(JSON.stringify(hit.slice(0, SHOWN).map(flat)));
  const record = recordOf(hit);
  if (record === null) return excerptOf(String(hit));
  return excerptOf(
    JSON.stringify(
      Object.fromEntries(
        Object.entries(record)
          .slice(0, SHOWN)
          .map(([name, of]) => [name, flat(of)]),
      ),
    ),
  );
}

/** Buckets of `[{<key>, <count>}]`; null when one has neither. Keys that are numbers are read as texts. */
export function bucketsOf(list: unknown, key: string, number: string): { key: string; count: number }[] | null {
  if (!Array.isArray(list)) return null;
  const buckets: { key: string; count: number }[] = [];
  for (const bucket of list) {
    const value = member(bucket, key);
    const name = typeof value === 'number' ? String(value) : textOf(value, TEXT);
    const counted = count(member(bucket, number));
    if (name === null || counted === null) return null;
    buckets.push({ key: name, count: counted });
  }
  return buckets;
}
