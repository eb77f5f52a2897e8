// Rapid7 Project Sonar: the three tables of a TLS study (certificates, endpoints, names) joined by SHA-1, and HTTP responses. Form: rapid7/sonar wiki.
import { KubecensusError } from '../../platform/errors.ts';
import type { FeedItem, Rejection } from '../feed.ts';
import { member, parseJson, recordOf, textOf } from '../json.ts';
import { excerptOf, JSON_LINE_BYTES, type Line, readLines } from '../lines.ts';
import { certificateText } from './certificates.ts';
import {
  type Detection,
  type FileFormat,
  type FormatOptions,
  type Head,
  type Part,
  type Scratch,
  shareOf,
} from './format.ts';
import { isBlank, type Row, readJsonLines } from './json-lines.ts';
import { type Facts, sightingOf } from './seen.ts';
import { readByStart } from './start.ts';

const TEXT = 1024;
/** Sonar keeps 150 kB of a response. */
const RESPONSE = 512 * 1024;

/** What a file of a delivery holds, by its rows. */
const ROWS = {
  certs: /^[0-9a-f]{40},[A-Za-z0-9+/]{64,}={0,2}$/i,
  endpoints: /^(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f]*:[0-9a-f:.]+)(?:,\d{1,5})?(?:,[0-9a-f]{40})+$/i,
  names: /^[0-9a-f]{40},(?=\S)[^,]+$/i,
} as const;
type Table = keyof typeof ROWS;

export const SONAR: FileFormat = {
  name: 'sonar',
  title: 'Rapid7 Project Sonar (TLS studies: certs, endpoints and names together; HTTP responses)',
  kind: 'sightings',
  takesPort: true,
  detect,
  parse: (input, options) => readByStart(input, (start, whole) => readOne(start, whole, options)),
  join,
};

function detect({ lines }: Head): Detection {
  const http = shareOf(lines, (line) => isResponse(parseJson(line)));
  const tables = (Object.keys(ROWS) as Table[]).map((table) => ({
    table,
    score: shareOf(lines, (line) => ROWS[table].test(line)),
  }));
  const best = tables.reduce((a, b) => (b.score > a.score ? b : a));
  const score = Math.max(http, best.score);
  const what = http > best.score ? 'HTTP responses' : `rows of a table of ${best.table}`;
  return { score, why: `${Math.round(score * 100)} % of the first ${lines.length} lines are ${what} of Sonar` };
}

function isResponse(row: unknown): boolean {
  const has = (name: string): boolean => typeof member(row, name) === 'string';
  return has('vhost') && has('host') && has('data');
}

function tableOf(lines: readonly string[]): Table | null {
  const found = (Object.keys(ROWS) as Table[]).find((table) => shareOf(lines, (line) => ROWS[table].test(line)) > 0.5);
  return found ?? null;
}

/** One file by itself: responses are whole, endpoints alone say where a certificate was, and the other tables say nothing about places. */
async function* readOne(
  start: string,
  whole: AsyncIterable<Uint8Array>,
  options: FormatOptions,
): AsyncGenerator<FeedItem> {
  const [first = ''] = start.split(/[\r\n]/, 1);
  if (start.startsWith('{')) yield* readJsonLines(whole, (value, at) => rowOfResponse(value, at, options));
  else if (ROWS.endpoints.test(first)) {
    yield { type: 'note', partial: 'no_certificates' };
    for await (const row of readEndpoints(whole, portOfName(options), dayOfName(options.fileName)))
      yield* row.type === 'endpoint' ? itemsOf(row, {}, options) : [row];
  } else {
    throw new KubecensusError(
      'KC_FEED_NOT_DATA',
      `${options.fileName} is one of the tables of a Sonar study and names no endpoint by itself: import its certs, endpoints and names files together with --format sonar.`,
    );
  }
}

function rowOfResponse(row: unknown, at: string, options: FormatOptions): Row {
  if (recordOf(row) === null) return 'not_an_object';
  const response = Buffer.from(textOf(member(row, 'data'), RESPONSE) ?? '', 'base64').toString('latin1');
  const path = textOf(member(row, 'path'), TEXT) ?? '/';
  const host = textOf(member(row, 'host'), TEXT);
  const vhost = textOf(member(row, 'vhost'), TEXT);
  const port = member(row, 'port') ?? portOfName(options);
  const facts: Facts = response.startsWith('HTTP/') ? { requests: [{ path, response }] } : {};
  const seen = {
    address: textOf(member(row, 'ip'), TEXT) ?? host,
    name: vhost,
    port,
    time: dayOfName(options.fileName),
    facts,
  };
  const sighting = sightingOf(seen, at, options);
  return typeof sighting === 'string' ? sighting : [sighting];
}

/** Studies are named by day, protocol and port: 2021-09-03-1630627200-ssl_6443_endpoints.gz, 20180417_ssl_443_certs.gz. */
function portOfName({ fileName, port }: Pick<FormatOptions, 'fileName' | 'port'>): string | null {
  return port ?? /(?:ssl|starttls|tls|https?)[_-](?:get[_-])?([1-9]\d{0,4})[_.-]/i.exec(fileName)?.[1] ?? null;
}

function dayOfName(fileName: string): string | null {
  const match = /^(\d{4})-?(\d\d)-?(\d\d)(?=[-_.])/.exec(fileName);
  return match === null ? null : `${match[1]}-${match[2]}-${match[3]}T00:00:00Z`;
}

interface Endpoint {
  readonly type: 'endpoint';
  readonly address: string;
  readonly port: string | null;
  /** The day of the study in the file's name. */
  readonly time: string | null;
  /** In the order in which the server sent them, leaf first; lower case. */
  readonly digests: readonly string[];
  readonly at: string;
}

async function* readEndpoints(
  input: AsyncIterable<Uint8Array>,
  port: string | null,
  time: string | null,
): AsyncGenerator<Endpoint | Rejection> {
  for await (const batch of readLines(input, JSON_LINE_BYTES)) {
    for (const line of batch) {
      if (line.type === 'rejection') yield line;
      else if (isBlank(line.text)) continue;
      else if (!ROWS.endpoints.test(line.text)) yield rejected(line, 'bad_row');
      else {
        const [address, ...rest] = line.text.split(',') as [string, ...string[]];
        const own = /^\d{1,5}$/.test(rest[0] as string) ? (rest.shift() as string) : null;
        const digests = rest.map((digest) => digest.toLowerCase());
        yield { type: 'endpoint', address, port: own ?? port, time, digests, at: `line ${line.number}` };
      }
    }
  }
}

function itemsOf(endpoint: Endpoint, facts: Facts, options: FormatOptions): FeedItem[] {
  const { address, port, time, at } = endpoint;
  const sighting = sightingOf({ address, port, time, facts }, at, options);
  return [typeof sighting === 'string' ? { type: 'rejection', reason: sighting, at, excerpt: address } : sighting];
}

/**
 * The endpoints with their leaf certificate. Tables are spread over the scratch buckets by the leaf's SHA-1, so that one bucket at a time is held
 * in memory: endpoints come out bucket by bucket. Names serve for leaves whose certificate is in an earlier delivery (files hold what is new
 * only); a leaf found in neither is noted as partial. Throws KC_FEED_NOT_DATA when no endpoints are among the files.
 */
async function* join(parts: readonly Part[], options: FormatOptions, scratch: Scratch): AsyncGenerator<FeedItem> {
  const tables = parts.map((part) => ({ part, table: tableOf(part.head.lines) }));
  const strange = tables.find(({ table }) => table === null);
  if (strange !== undefined || !tables.some(({ table }) => table === 'endpoints')) {
    const what =
      strange === undefined
        ? 'none of the files has endpoints'
        : `${strange.part.head.fileName} is no table of a study`;
    throw new KubecensusError('KC_FEED_NOT_DATA', `The files are no study of Sonar: ${what}.`);
  }
  for (const { part, table } of tables) {
    if (table === 'endpoints') yield* spreadEndpoints(part, options, scratch);
    else yield* spreadRows(part, table as Table, scratch);
  }
  let unknown = 0;
  for (let bucket = 0; bucket < scratch.buckets; bucket++) {
    const { leaves, names, endpoints } = await readBucket(scratch, bucket);
    for (const endpoint of endpoints) {
      const leaf = endpoint.digests[0] as string;
      const certificate = leaves.get(leaf);
      const dnsNames = names.get(leaf);
      if (certificate === undefined && dnsNames === undefined) unknown++;
      yield* itemsOf(endpoint, factsOf(certificate, dnsNames, endpoint.digests.length), options);
    }
  }
  if (unknown > 0) yield { type: 'note', partial: `no_certificates: ${unknown} endpoints` };
}

function factsOf(certificate: string | undefined, names: readonly string[] | undefined, sent: number): Facts {
  if (certificate !== undefined) return { transport: 'tls', tls: { chain: [certificate], chainLength: sent } };
  if (names === undefined) return {};
  return { transport: 'tls', tls: { chainLength: sent }, certificate: { dnsNames: names } };
}

const bucketOf = (digest: string, buckets: number): number => Number.parseInt(digest.slice(0, 8), 16) % buckets;

async function* spreadEndpoints(part: Part, options: FormatOptions, scratch: Scratch): AsyncGenerator<FeedItem> {
  const { fileName } = part.head;
  const place = portOfName({ fileName, port: options.port });
  for await (const row of readEndpoints(part.open(), place, dayOfName(fileName))) {
    if (row.type === 'rejection') yield located(row, fileName);
    else {
      const placed = { ...row, at: `${fileName} ${row.at}` };
      await scratch.append(bucketOf(row.digests[0] as string, scratch.buckets), `e${JSON.stringify(placed)}`);
    }
  }
}

async function* spreadRows(part: Part, table: Table, scratch: Scratch): AsyncGenerator<FeedItem> {
  for await (const batch of readLines(part.open(), JSON_LINE_BYTES)) {
    for (const line of batch) {
      if (line.type === 'rejection') yield located(line, part.head.fileName);
      else if (isBlank(line.text)) continue;
      else if (!ROWS[table].test(line.text)) yield located(rejected(line, 'bad_row'), part.head.fileName);
      else {
        const [digest, value] = [line.text.slice(0, 40).toLowerCase(), line.text.slice(41)];
        if (table === 'certs' && certificateText(value) === null)
          yield located(rejected(line, 'bad_certificate'), part.head.fileName);
        else
          await scratch.append(bucketOf(digest, scratch.buckets), `${table === 'certs' ? 'c' : 'n'}${digest}${value}`);
      }
    }
  }
}

const rejected = (line: Line, reason: string): Rejection => ({
  type: 'rejection',
  reason,
  at: `line ${line.number}`,
  excerpt: excerptOf(line.text),
});
const located = (rejection: Rejection, fileName: string): Rejection => ({
  ...rejection,
  at: `${fileName} ${rejection.at}`,
});

interface Bucket {
  readonly leaves: ReadonlyMap<string, string>;
  readonly names: ReadonlyMap<string, readonly string[]>;
  readonly endpoints: readonly Endpoint[];
}

/** Names kept of one certificate, as elsewhere in evidence. */
const NAMES = 1000;

async function readBucket(scratch: Scratch, bucket: number): Promise<Bucket> {
  const leaves = new Map<string, string>();
  const names = new Map<string, string[]>();
  const endpoints: Endpoint[] = [];
  for await (const batch of readLines(scratch.read(bucket), JSON_LINE_BYTES + TEXT)) {
    for (const line of batch) {
      if (line.type === 'rejection') continue;
      const [kind, rest] = [line.text[0], line.text.slice(1)];
      const [digest, value] = [rest.slice(0, 40), rest.slice(40)];
      if (kind === 'e') endpoints.push(JSON.parse(rest) as Endpoint);
      else if (kind === 'c') leaves.set(digest, value);
      else {
        const known = names.get(digest) ?? [];
        if (known.length < NAMES) names.set(digest, [...known, value]);
      }
    }
  }
  return { leaves, names, endpoints };
}
