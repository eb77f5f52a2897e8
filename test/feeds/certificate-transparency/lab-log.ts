// A lab log with certificates for tests of feeds: entry i names k8s.c<i mod pool>.example.org and www of the same.
import type { Checkpoint, Feed, FeedItem, Rejection, RunNote, Sighting } from '../../../services/feeds/feed.ts';
import { labIssuer } from '../../../services/lab/ct-log/issuer.ts';
import { type CtLog, type CtLogOptions, type LabEntry, startCtLog } from '../../../services/lab/ct-log.ts';

export const NOW = new Date('2026-11-24T12:00:00Z');
/** Different certificates; logs repeat them, each entry with its own index. */
export const POOL = 60;

/** Every other certificate as a precertificate. */
export async function certificatePool(): Promise<LabEntry[]> {
  const issue = await labIssuer(NOW);
  const pool: LabEntry[] = [];
  for (let i = 0; i < POOL; i++) {
    const dnsNames = [`k8s.c${i}.example.org`, `www.c${i}.example.org`];
    pool.push(await issue({ commonName: dnsNames[0]!, dnsNames, precertificate: i % 2 === 1 }));
  }
  return pool;
}

/** `count` entries, from the pool again and again. */
export function* entriesOf(pool: readonly LabEntry[], count: number): Generator<LabEntry> {
  for (let i = 0; i < count; i++) yield pool[i % pool.length]!;
}

/** Runs `body` with a log of its own. */
export async function withLog(options: Partial<CtLogOptions>, body: (log: CtLog) => Promise<void>): Promise<void> {
  const log = await startCtLog({ address: '127.0.0.1', port: 0, entries: [], seed: 's', now: () => NOW, ...options });
  try {
    await body(log);
  } finally {
    await log.close();
  }
}

export interface Run {
  readonly sightings: Sighting[];
  readonly rejections: Rejection[];
  readonly checkpoints: Checkpoint[];
  /** Notes laid over each other. */
  readonly note: RunNote;
  /** The last one, through JSON as the database keeps it; the one that the pull began with when there was none. */
  readonly cursor: unknown;
}

export async function pullAll(feed: Feed, since: unknown, signal = new AbortController().signal): Promise<Run> {
  const items: FeedItem[] = [];
  for await (const item of feed.pull(since, signal)) items.push(item);
  const of = <T extends FeedItem['type']>(type: T) =>
    items.filter((item): item is Extract<FeedItem, { type: T }> => item.type === type);
  const checkpoints = of('checkpoint');
  return {
    sightings: of('sighting'),
    rejections: of('rejection'),
    checkpoints,
    note: Object.assign({ type: 'note' }, ...of('note')) as RunNote,
    cursor: JSON.parse(JSON.stringify(checkpoints.length > 0 ? checkpoints.at(-1)!.cursor : since)) as unknown,
  };
}

export const hostsOf = (run: Run): string[] => run.sightings.map(({ host }) => host).sort();
export const expectedHosts = (count: number): string[] =>
  Array.from({ length: count }, (_, i) => `k8s.c${i}.example.org`).sort();
