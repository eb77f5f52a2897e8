// How fast the Certificate Transparency feed reads, beside a reader of get-entries bodies with node:crypto, in the same run.
import { X509Certificate } from 'node:crypto';
import { NAME_PATTERNS, nameMatcher } from '../../services/feeds/certificate-transparency/pattern.ts';
import { createRfc6962Feed } from '../../services/feeds/certificate-transparency/rfc6962.feed.ts';
import { HostSelection } from '../../services/feeds/certificate-transparency/selection.ts';
import { createStaticCtFeed } from '../../services/feeds/certificate-transparency/static-log.feed.ts';
import type { HttpClient } from '../../services/feeds/http.ts';
import { readNames } from '../../services/feeds/x509/names.ts';
import { encodeEntry, type LabEntry } from '../../services/lab/ct-log/entry.ts';
import { type LabLogKey, labLogKey } from '../../services/lab/ct-log/key.ts';
import { signedTreeHead } from '../../services/lab/ct-log/signed-note.ts';
import { LabTree } from '../../services/lab/ct-log/tree.ts';
import { benchCertstream } from './certstream.ts';
import { certificates, logFiles, TILE_WIDTH } from './made-up-log.ts';
import { median } from './rounds.ts';

/** Below about this many entries start-up and the JIT hide the difference. */
const ENTRIES = 204_800;
/** Different certificates, half of them precertificates; more would only slow the set-up down. */
const POOL = 512;
/** As many for get-entries. */
const RFC6962_ENTRIES = 204_800;
/** Entries of the reference, per round: enough for a second of work. */
const REFERENCE_ENTRIES = 25_600;
const ROUNDS = 3;
const NOW = new Date('2026-11-24T00:00:00Z');
const ORIGIN = 'bench.kubecensus.example/2026h2';

interface Files {
  readonly byPath: ReadonlyMap<string, Buffer>;
  readonly bytes: number;
}

/** Prints entries per CPU second of all readers, their ratio and the peak of resident memory. About half a minute. */
export async function benchCt(print: (line: string) => void): Promise<void> {
  const pool = await certificates(POOL, 2, NOW);
  const key = labLogKey('bench');
  const files = logInMemory(pool, key);
  const pages = getEntriesBodies(pool);
  const rfc = rfc6962InMemory(pool, key);
  const feed: number[] = [];
  const rows: number[] = [];
  const reference: number[] = [];
  // One unmeasured round of each, then in turn, so that neither profits from a quieter machine.
  for (let round = 0; round <= ROUNDS; round++) {
    const ours = await entriesPerSecond(() => readFeed(files, key), ENTRIES);
    const byRows = await entriesPerSecond(() => readRfc6962(rfc, key), RFC6962_ENTRIES);
    const theirs = await entriesPerSecond(async () => readGetEntries(pages, REFERENCE_ENTRIES), REFERENCE_ENTRIES);
    if (round === 0) continue;
    feed.push(ours);
    rows.push(byRows);
    reference.push(theirs);
  }
  const [ours, theirs] = [median(feed), median(reference)];
  print(
    `ct: static-ct feed, signature, root and names verified: ${text(ours)} entries per CPU second (${ENTRIES} entries)`,
  );
  print(
    `ct: RFC 6962 feed, signature, proofs, root and names verified: ${text(median(rows))} entries per CPU second, ` +
      `${(median(rows) / ours).toFixed(2)} of the tile rate (goal: at least 0.33)`,
  );
  print(
    `ct: get-entries with JSON.parse, base64 and X509Certificate, nothing verified: ${text(theirs)} entries per CPU second`,
  );
  print(`ct: names out of a certificate: ${text(await namesPerSecond(pool))} certificates per CPU second`);
  print(`ct: ratio ${(ours / theirs).toFixed(1)} (goal: at least 5)`);
  const peak = process.resourceUsage().maxRSS / 1024;
  print(
    `ct: peak RSS ${peak.toFixed(0)} MB, of which ${(files.bytes / 1e6).toFixed(0)} MB are the log's tiles, held in memory`,
  );
  await benchCertstream(print);
}

/** CPU seconds count all threads of the process. */
async function entriesPerSecond(work: () => Promise<number>, entries: number): Promise<number> {
  const start = process.cpuUsage();
  const read = await work();
  const { user, system } = process.cpuUsage(start);
  if (read !== entries) throw new Error(`${read} of ${entries} entries were read.`);
  return entries / ((user + system) / 1e6);
}

/** The DER walk alone, over the pool again and again. */
async function namesPerSecond(pool: readonly LabEntry[]): Promise<number> {
  const certificates = pool.flatMap((entry) => ('certificateDer' in entry ? [entry.certificateDer] : []));
  const rounds = Math.ceil(ENTRIES / certificates.length);
  const count = rounds * certificates.length;
  return entriesPerSecond(async () => {
    let read = 0;
    for (let round = 0; round < rounds; round++) {
      for (const der of certificates) if (readNames(der, 0, der.length, 'certificate') !== null) read++;
    }
    return read;
  }, count);
}

/** The whole path of the feed, with files served from memory. Returns the entries read. */
async function readFeed(files: Files, key: LabLogKey): Promise<number> {
  const http: HttpClient = async ({ url }) => {
    const body = files.byPath.get(new URL(url).pathname.slice(1));
    return body === undefined
      ? { status: 404, headers: {}, body: Buffer.alloc(0) }
      : { status: 200, headers: {}, body };
  };
  const feed = createStaticCtFeed({
    name: 'bench',
    origin: ORIGIN,
    monitoringUrl: 'http://127.0.0.1/',
    publicKeyDer: key.publicKeyDer,
    http,
    maxEntries: ENTRIES,
    port: null,
  });
  let entries = 0;
  let hosts = 0;
  for await (const item of feed.pull(null, new AbortController().signal)) {
    if (item.type === 'sighting') hosts++;
    if (item.type === 'note') entries = item.entries ?? entries;
  }
  if (hosts < POOL / 4) throw new Error(`Only ${hosts} hosts were found.`);
  return entries;
}

/** The whole path of the RFC 6962 feed, with replies served from memory. Returns the entries read. */
async function readRfc6962(log: Rfc6962Replies, key: LabLogKey): Promise<number> {
  const http: HttpClient = async ({ url }) => {
    const { pathname, search } = new URL(url);
    const body = log.reply(pathname + search);
    return body === null ? { status: 404, headers: {}, body: Buffer.alloc(0) } : { status: 200, headers: {}, body };
  };
  const feed = createRfc6962Feed({
    name: 'bench',
    url: 'http://127.0.0.1/',
    publicKeyDer: key.publicKeyDer,
    http,
    maxEntries: RFC6962_ENTRIES,
    port: null,
  });
  let entries = 0;
  let hosts = 0;
  for await (const item of feed.pull(null, new AbortController().signal)) {
    if (item.type === 'sighting') hosts++;
    if (item.type === 'note') entries = item.entries ?? entries;
  }
  if (hosts < POOL / 4) throw new Error(`Only ${hosts} hosts were found.`);
  return entries;
}

interface Rfc6962Replies {
  /** The body for a path, or null. */
  reply(path: string): Buffer | null;
}

/** The log's replies: get-sth and proofs made when asked, pages of get-entries made beforehand (a page and its entries repeat). */
function rfc6962InMemory(pool: readonly LabEntry[], key: LabLogKey): Rfc6962Replies {
  const tree = new LabTree();
  const encoded = pool.map((entry) => {
    const { merkleLeaf, extraData } = encodeEntry(entry, 0, NOW.getTime());
    // An RFC 6962 leaf ends in empty extensions instead of the leaf index.
    return { leaf: Buffer.concat([merkleLeaf.subarray(0, -10), Buffer.alloc(2)]), extraData };
  });
  for (let i = 0; i < RFC6962_ENTRIES; i++) tree.append(encoded[i % POOL]!.leaf);
  const root = tree.root(RFC6962_ENTRIES);
  const head = Buffer.from(
    JSON.stringify({
      tree_size: RFC6962_ENTRIES,
      timestamp: NOW.getTime(),
      sha256_root_hash: root.toString('base64'),
      tree_head_signature: signedTreeHead(key, RFC6962_ENTRIES, root, NOW.getTime()).toString('base64'),
    }),
  );
  const pages = new Map<string, Buffer>();
  const page = (start: number, count: number): Buffer => {
    const name = `${start % POOL} ${count}`;
    const known = pages.get(name);
    if (known !== undefined) return known;
    const entries = Array.from({ length: count }, (_, i) => encoded[(start + i) % POOL]!).map((row) => ({
      leaf_input: row.leaf.toString('base64'),
      extra_data: row.extraData.toString('base64'),
    }));
    const body = Buffer.from(JSON.stringify({ entries }));
    pages.set(name, body);
    return body;
  };
  return {
    reply(path) {
      const numbers = [...path.matchAll(/=(\d+)/g)].map((match) => Number(match[1]));
      if (path === '/ct/v1/get-sth') return head;
      if (path.startsWith('/ct/v1/get-entries')) return page(numbers[0]!, numbers[1]! - numbers[0]! + 1);
      if (!path.startsWith('/ct/v1/get-sth-consistency')) return null;
      const consistency = tree.consistency(numbers[0]!, numbers[1]!).map((hash) => hash.toString('base64'));
      return Buffer.from(JSON.stringify({ consistency }));
    },
  };
}

/** The usual way: one JSON body of 256 entries after the other, names by node:crypto. Same patterns, same memory of hosts. */
function readGetEntries(pages: readonly Buffer[], count: number): number {
  const selection = new HostSelection(nameMatcher(NAME_PATTERNS));
  let entries = 0;
  let hosts = 0;
  for (let page = 0; entries < count; page++) {
    const body = JSON.parse(pages[page % pages.length]!.toString()) as {
      entries: { leaf_input: string; extra_data: string }[];
    };
    for (const { leaf_input, extra_data } of body.entries) {
      const leaf = Buffer.from(leaf_input, 'base64');
      const extra = Buffer.from(extra_data, 'base64');
      // A bare TBSCertificate is nothing that X509Certificate reads: for precertificates it must be the one in extra_data.
      const [bytes, at] = leaf.readUInt16BE(10) === 1 ? [extra, 0] : [leaf, 12];
      const certificate = new X509Certificate(bytes.subarray(at + 3, at + 3 + bytes.readUIntBE(at, 3)));
      const names = (certificate.subjectAltName ?? '').split(', ');
      const dnsNames = names.filter((name) => name.startsWith('DNS:')).map((name) => name.slice(4));
      const commonName = /^CN=(.*)$/m.exec(certificate.subject)?.[1];
      const commonNames = commonName === undefined ? [] : [commonName];
      hosts += selection.select({
        commonNames,
        dnsNames,
        ipAddresses: [],
        nameCount: dnsNames.length,
        truncated: false,
      }).length;
      entries++;
    }
  }
  if (hosts < POOL / 4) throw new Error(`Only ${hosts} hosts were found.`);
  return entries;
}

/** The whole log in memory: neither disk nor network is measured. */
function logInMemory(pool: readonly LabEntry[], key: LabLogKey): Files {
  const byPath = new Map<string, Buffer>();
  const log = { origin: ORIGIN, key, entries: ENTRIES, now: NOW, entryAt: (i: number) => pool[i % POOL]! };
  for (const { path, body } of logFiles(log)) byPath.set(path, body);
  return { byPath, bytes: [...byPath.values()].reduce((sum, body) => sum + body.length, 0) };
}

/** The same certificates as bodies of get-entries (RFC 6962 4.6), each a full page. */
function getEntriesBodies(pool: readonly LabEntry[]): Buffer[] {
  const bodies: Buffer[] = [];
  for (let at = 0; at < pool.length; at += TILE_WIDTH) {
    const entries = pool.slice(at, at + TILE_WIDTH).map((entry, i) => {
      const { merkleLeaf } = encodeEntry(entry, at + i, NOW.getTime());
      // An RFC 6962 leaf ends in empty extensions instead of the leaf index.
      const leaf = Buffer.concat([merkleLeaf.subarray(0, -10), Buffer.alloc(2)]);
      // A chain of one intermediate, here a certificate of the pool: the reader has to decode it, not to parse it.
      const chain = sized(sized(chainCertificate(pool)));
      const extra = 'precertificate' in entry ? Buffer.concat([sized(entry.precertificate), chain]) : chain;
      return { leaf_input: leaf.toString('base64'), extra_data: extra.toString('base64') };
    });
    bodies.push(Buffer.from(JSON.stringify({ entries })));
  }
  return bodies;
}

function chainCertificate(pool: readonly LabEntry[]): Uint8Array {
  const found = pool.find((entry) => 'certificateDer' in entry);
  if (found === undefined || !('certificateDer' in found)) throw new Error('The pool holds no certificate.');
  return found.certificateDer;
}

/** u24 length, then the octets. */
function sized(bytes: Uint8Array): Buffer {
  const length = Buffer.alloc(3);
  length.writeUIntBE(bytes.length, 0, 3);
  return Buffer.concat([length, bytes]);
}

function text(rate: number): string {
  return Math.round(rate).toLocaleString('en-US');
}
