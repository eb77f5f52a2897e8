// A static certificate log of any size for the benchmarks: every file of it, made one after the other.
import { encodeEntry, type LabEntry } from '../../services/lab/ct-log/entry.ts';
import { labIssuer } from '../../services/lab/ct-log/issuer.ts';
import type { LabLogKey } from '../../services/lab/ct-log/key.ts';
import { signedCheckpoint } from '../../services/lab/ct-log/signed-note.ts';
import { LabTree } from '../../services/lab/ct-log/tree.ts';

export const TILE_WIDTH = 256;

export interface MadeUpLog {
  readonly origin: string;
  readonly key: LabLogKey;
  readonly entries: number;
  readonly now: Date;
  readonly entryAt: (index: number) => LabEntry;
}

/** Data tiles, then hash tiles of all levels, then the checkpoint; paths as the log serves them. */
export function* logFiles(log: MadeUpLog): Generator<{ path: string; body: Buffer }, void, void> {
  const { entries, now } = log;
  const tree = new LabTree();
  for (let index = 0; index < entries; index += TILE_WIDTH) {
    const width = Math.min(TILE_WIDTH, entries - index);
    const leaves: Buffer[] = [];
    for (let i = index; i < index + width; i++) {
      const { tileLeaf, merkleLeaf } = encodeEntry(log.entryAt(i), i, now.getTime());
      leaves.push(tileLeaf);
      tree.append(merkleLeaf);
    }
    yield { path: `tile/data/${nameOf(index / TILE_WIDTH, width)}`, body: Buffer.concat(leaves) };
  }
  for (let level = 0, count = entries; count > 0; level++, count = Math.floor(count / TILE_WIDTH)) {
    for (let n = 0; n * TILE_WIDTH < count; n++) {
      const width = Math.min(TILE_WIDTH, count - n * TILE_WIDTH);
      yield { path: `tile/${level}/${nameOf(n, width)}`, body: tree.hashes(level, n, width)! };
    }
  }
  const signed = signedCheckpoint(log.origin, log.key, entries, tree.root(entries), now.getTime());
  yield { path: 'checkpoint', body: Buffer.from(signed) };
}

/** Tile numbers in groups of three digits (C2SP tlog-tiles): 1234 is x001/234. */
function nameOf(n: number, width: number): string {
  const pad = (part: number): string => String(part).padStart(3, '0');
  const whole = n < 1000 ? pad(n) : `x${pad(Math.floor(n / 1000))}/${pad(n % 1000)}`;
  return width < TILE_WIDTH ? `${whole}.p/${width}` : whole;
}

/** Stands in a name where each entry of a large log may have a number of its own. */
const NUMBER = 'customer-0000000';

/** One to four names a certificate, as most of the web has; one of `among` certificates names a Kubernetes host, every second pair are precertificates. */
export async function certificates(count: number, among: number, now: Date): Promise<LabEntry[]> {
  const issue = await labIssuer(now);
  const pool: LabEntry[] = [];
  for (let i = 0; i < count; i++) {
    const zone = `${NUMBER}.zone-${i}.example.org`;
    const dnsNames = [`${i % among === 0 ? 'k8s' : 'www'}.${zone}`, zone, `mail.${zone}`, `*.${zone}`].slice(
      0,
      1 + (i % 4),
    );
    pool.push(await issue({ commonName: dnsNames[0]!, dnsNames, precertificate: (i >> 1) % 2 === 0 }));
  }
  return pool;
}

/** The same certificate for another customer: names of their own, signatures that nobody checks. */
export function numbered(entry: LabEntry, number: number): LabEntry {
  const own = NUMBER.replace('0000000', String(number).padStart(7, '0'));
  return 'precertTbs' in entry
    ? { ...entry, precertTbs: renamed(entry.precertTbs, own), precertificate: renamed(entry.precertificate, own) }
    : { certificateDer: renamed(entry.certificateDer, own) };
}

function renamed(der: Uint8Array, own: string): Buffer {
  const copy = Buffer.from(der);
  for (let at = copy.indexOf(NUMBER); at !== -1; at = copy.indexOf(NUMBER, at + own.length))
    copy.write(own, at, 'latin1');
  return copy;
}
