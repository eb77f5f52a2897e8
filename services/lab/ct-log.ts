// A Certificate Transparency log on loopback that speaks static-ct-api and RFC 6962 over one tree, honest by default and wrong on demand.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { type EncodedEntry, encodeEntry, type LabEntry } from './ct-log/entry.ts';
import { type CtLogFaults, type LabReply, noFaults } from './ct-log/faults.ts';
import { labLogKey } from './ct-log/key.ts';
import { namesLine } from './ct-log/names-tile.ts';
import { signedCheckpoint } from './ct-log/signed-note.ts';
import { LabTree } from './ct-log/tree.ts';
import { listenOn } from './http-service.ts';
import { answerRfc6962 } from './rfc6962.ts';

export type { LabEntry } from './ct-log/entry.ts';

export interface CtLogOptions {
  /** A loopback address. */
  readonly address: string;
  /** 0: any free port. */
  readonly port: number;
  readonly entries: Iterable<LabEntry>;
  /** The signing key follows from it. */
  readonly seed: string;
  /** Stamps entries and checkpoints. */
  readonly now: () => Date;
  /** First line of the checkpoint; a host without scheme, with a path. */
  readonly origin?: string;
  /** Data tiles are sent as gzip, whether asked for or not. */
  readonly gzip?: boolean;
}

export interface CtLog {
  /** The monitoring prefix and the prefix before ct/v1/, with a trailing slash. */
  readonly url: string;
  readonly origin: string;
  readonly publicKeyDer: Uint8Array;
  /** Switches, read at every request. */
  readonly faults: CtLogFaults;
  /** Paths asked for so far, in order. */
  readonly requests: readonly string[];
  readonly size: number;
  /** Adds entries and publishes a new checkpoint. */
  append(entries: Iterable<LabEntry>): void;
  close(): Promise<void>;
}

const TILE_WIDTH = 256;
const DEFAULT_ORIGIN = 'ct.lab.kubecensus.example/2026h2';
const RFC6962_PREFIX = '/ct/v1/';
const TILE_PATH = /^\/tile\/(data|names|[0-5])\/((?:x\d{3}\/)*\d{3})(?:\.p\/([1-9]\d{0,2}))?$/;

const NOT_FOUND: LabReply = { status: 404, body: 'not found\n' };

/** Starts the log and publishes its entries. Rejects when the address cannot be bound. */
export async function startCtLog(options: CtLogOptions): Promise<CtLog> {
  const key = labLogKey(options.seed);
  const origin = options.origin ?? DEFAULT_ORIGIN;
  const faults = noFaults();
  const tree = new LabTree();
  const leaves: EncodedEntry[] = [];
  /** Lines of names tiles by leaf. */
  const lines: (string | null)[] = [];
  /** Sizes a checkpoint was published for: only their partial tiles exist. */
  const published: number[] = [];
  const requests: string[] = [];

  const append = (entries: Iterable<LabEntry>): void => {
    const timestamp = options.now().getTime();
    for (const entry of entries) {
      const encoded = encodeEntry(entry, tree.size + (faults.misalignIndex ? 1 : 0), timestamp);
      leaves.push(encoded);
      lines.push(namesLine(entry, timestamp));
      tree.append(encoded.merkleLeaf);
    }
    published.push(tree.size);
  };

  const checkpoint = (): LabReply => {
    const size = faults.showSize ?? tree.size;
    const root = Buffer.from(tree.root(size));
    if (faults.wrongRoot) root[0]! ^= 1;
    const signer = faults.wrongSignature
      ? { ...labLogKey(`${options.seed}/other`), publicKeyDer: key.publicKeyDer }
      : key;
    const witness = '\u2014 witness.example AAAAAAAAAAAA';
    const signedAt = faults.showTimestamp ?? options.now().getTime();
    return { status: 200, body: signedCheckpoint(origin, signer, size, root, signedAt, [witness]) };
  };

  const dataTile = (index: number, width: number): LabReply => {
    const found = leaves.slice(index * TILE_WIDTH, index * TILE_WIDTH + width);
    if (found.length < width || (faults.missingFrom !== null && index >= faults.missingFrom)) return NOT_FOUND;
    const body = Buffer.concat(found.map(({ tileLeaf }) => tileLeaf));
    // Octet 200 is inside the first certificate: headers before it have at most 45, and no certificate is that short.
    if (faults.tamperTile === index) body[200]! ^= 1;
    if (options.gzip !== true) return { status: 200, body };
    const packed = gzipSync(body);
    const end = faults.truncateGzip ? packed.length >> 1 : packed.length;
    return { status: 200, body: packed.subarray(0, end), headers: { 'content-encoding': 'gzip' } };
  };

  const namesTile = (index: number, width: number): LabReply => {
    const found = lines.slice(index * TILE_WIDTH, index * TILE_WIDTH + width);
    if (!faults.namesTiles || found.length < width) return NOT_FOUND;
    const readable = found.filter((line) => line !== null);
    const body = gzipSync(
      readable
        .slice(0, faults.namesWithoutUnreadable ? -1 : undefined)
        .join('\n')
        .concat('\n'),
    );
    return { status: 200, body, headers: { 'content-encoding': 'gzip', 'content-type': 'application/jsonl' } };
  };

  const tile = (kind: string, path: string, partial: string | undefined): LabReply => {
    const index = Number(path.replaceAll(/[x/]/g, ''));
    const level = kind === 'data' || kind === 'names' ? 0 : Number(kind);
    const width = partial === undefined ? TILE_WIDTH : Number(partial);
    if (partial !== undefined) {
      const widthAt = (size: number) => Math.floor(size / TILE_WIDTH ** level) - index * TILE_WIDTH;
      const exists = width < TILE_WIDTH && published.some((size) => widthAt(size) === width);
      if (!exists || (faults.deletePartialTiles && widthAt(tree.size) >= TILE_WIDTH)) return NOT_FOUND;
    }
    if (kind === 'names') return namesTile(index, width);
    if (kind === 'data') return dataTile(index, width);
    const hashes = tree.hashes(level, index, width);
    return hashes === null ? NOT_FOUND : { status: 200, body: hashes };
  };

  const answer = (url: string): LabReply => {
    if (faults.rateLimit !== null && faults.rateLimit.requests > 0) {
      faults.rateLimit.requests--;
      const { retryAfter } = faults.rateLimit;
      const body = '<html>slow down</html>';
      // Its own clock, against which a Retry-After that is a date is meant.
      const date = options.now().toUTCString();
      return { status: 429, body, headers: retryAfter === '' ? { date } : { date, 'retry-after': retryAfter } };
    }
    if (faults.intercept !== null && faults.intercept.requests > 0 && faults.intercept.path.test(url)) {
      faults.intercept.requests--;
      return faults.intercept.reply;
    }
    if (url.startsWith(RFC6962_PREFIX)) {
      const log = { tree, entries: leaves, key, faults, now: options.now };
      return answerRfc6962(log, url.slice(RFC6962_PREFIX.length)) ?? NOT_FOUND;
    }
    if (faults.noTiles) return NOT_FOUND;
    if (url === '/checkpoint') return checkpoint();
    const match = TILE_PATH.exec(url);
    return match === null ? NOT_FOUND : tile(match[1]!, match[2]!, match[3]);
  };

  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    const url = request.url ?? '';
    requests.push(url);
    const reply = request.method === 'GET' ? answer(url) : { status: 405, body: 'read only\n' };
    response.writeHead(reply.status, { 'content-length': Buffer.byteLength(reply.body), ...reply.headers });
    response.end(reply.body);
  };

  append(options.entries);
  const server = createServer(handle);
  const { authority, close } = await listenOn(server, options.address, options.port);
  return {
    url: `http://${authority}/`,
    origin,
    publicKeyDer: key.publicKeyDer,
    faults,
    requests,
    get size() {
      return tree.size;
    },
    append,
    close,
  };
}
