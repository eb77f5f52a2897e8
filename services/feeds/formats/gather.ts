// Rows of one endpoint that a tool wrote apart (a port, a certificate, a banner), put together over a bounded stretch of the file.
import type { Evidence } from '../evidence.ts';
import type { FeedItem, Sighting } from '../feed.ts';

/** Endpoints held back at most. masscan's banners follow their port within the seconds of its timeout, at which it has found thousands. */
const HELD_ENDPOINTS = 10_000;
/** Characters of evidence held back at most: bodies are large. */
const HELD_CHARACTERS = 16 * 1024 * 1024;

interface Held {
  first: Sighting;
  /** Rows beyond the first: they are rows of the file and are counted as what they are, repetitions. */
  readonly rest: Sighting[];
}

/**
 * Lets items through in order, but holds sightings back until their endpoint is unlikely to be named again. Then it yields the endpoint once with
 * the evidence of all its rows and the latest of their times, and its other rows without evidence, so that every row is still counted.
 */
export async function* gather(items: AsyncIterable<FeedItem>): AsyncGenerator<FeedItem> {
  const held = new Map<string, Held>();
  let characters = 0;
  for await (const item of items) {
    if (item.type !== 'sighting') {
      yield item;
      continue;
    }
    const key = `${item.host} ${item.port}`;
    const known = held.get(key);
    if (known === undefined) held.set(key, { first: item, rest: [] });
    else {
      const { evidence: _seen, ...row } = item;
      known.rest.push(row);
      known.first = together(known.first, item);
    }
    characters += sizeOf(item.evidence);
    while (held.size > HELD_ENDPOINTS || characters > HELD_CHARACTERS) {
      const [oldest, { first, rest }] = held.entries().next().value as [string, Held];
      held.delete(oldest);
      characters -= sizeOf(first.evidence);
      if (held.size === 0) characters = 0;
      yield first;
      yield* rest;
    }
  }
  for (const { first, rest } of held.values()) {
    yield first;
    yield* rest;
  }
}

function together(a: Sighting, b: Sighting): Sighting {
  const observedAt = later(a.observedAt, b.observedAt);
  const merged = b.evidence === undefined ? a.evidence : mergeEvidence(a.evidence, b.evidence);
  if (merged === undefined) return { ...a, observedAt };
  return { ...a, observedAt, evidence: observedAt === null ? merged : { ...merged, observedAt } };
}

/** Two looks at one endpoint: requests of both, else the first that knows. */
export function mergeEvidence(before: Evidence | undefined, next: Evidence): Evidence {
  if (before === undefined) return next;
  const requests = [...(before.requests ?? []), ...(next.requests ?? [])];
  const transport = before.transport === 'tls' || next.transport === 'tls' ? { transport: 'tls' as const } : {};
  const tls = before.tls === undefined && next.tls === undefined ? {} : { tls: { ...next.tls, ...before.tls } };
  return { ...next, ...before, ...transport, ...tls, ...(requests.length > 0 ? { requests } : {}) };
}

/** RFC 3339 in UTC with milliseconds sorts as text. */
function later(a: string | null, b: string | null): string | null {
  if (a === null || b === null) return a ?? b;
  return a > b ? a : b;
}

/** About the memory that evidence takes: its long texts. */
function sizeOf(evidence: Evidence | undefined): number {
  const chain = evidence?.tls?.chain?.reduce((sum, certificate) => sum + certificate.length, 0) ?? 0;
  const answers = evidence?.requests?.reduce(
    (sum, request) =>
      sum + (('response' in request ? request.response : 'body' in request ? request.body : '') ?? '').length,
    0,
  );
  return chain + (answers ?? 0);
}
