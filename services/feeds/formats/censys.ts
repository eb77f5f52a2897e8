// Censys results that were saved: hosts and hits of the Platform (v3) and of the retired Search v2, as JSON, JSON lines or CSV.
import { itemsOfHit } from '../censys/hit.ts';
import type { FeedItem } from '../feed.ts';
import { listOf, member, parseJson, recordOf, textOf } from '../json.ts';
import { readObservedAt } from '../observed-at.ts';
import { isLegacyService, itemsOfLegacyHost } from './censys-legacy.ts';
import { isCensysTable, readCensysTable } from './censys-table.ts';
import { columnsOf, fieldsOf } from './csv.ts';
import { type Detection, type FileFormat, type FormatOptions, type Head, shareOf } from './format.ts';
import { readJsonValues } from './json-values.ts';
import { readByStart } from './start.ts';

const TEXT = 1024;
/** Hits of one page. */
const HITS = 1000;

export const CENSYS: FileFormat = {
  name: 'censys',
  title: 'Censys hosts and search results (Platform v3 and Search v2; JSON, JSON lines, CSV)',
  kind: 'sightings',
  detect,
  parse: (input, options) =>
    readByStart(input, (start, whole) =>
      /^[[{]/.test(start)
        ? readJsonValues(whole, (value, at) => rowOf(value, at, options))
        : readCensysTable(whole, options),
    ),
};

function detect({ lines }: Head): Detection {
  const first = (lines[0] ?? '').trimStart();
  if (!/^[[{]/.test(first)) {
    const columns = columnsOf(fieldsOf(first) ?? []);
    const score = isCensysTable(columns) ? 1 : 0;
    return { score, why: score === 1 ? "its header names Censys' fields" : 'it is neither JSON nor a table of Censys' };
  }
  const score = shareOf(lines, (line) => isCensys(parseJson(line.replace(/^[\s[,]+|,\s*$/g, ''))));
  if (score > 0)
    return {
      score,
      why: `${Math.round(score * 100)} % of the first ${lines.length} lines are hosts or hits of Censys`,
    };
  // A page that was printed over many lines shows its members one a line.
  const text = lines.join('\n');
  const printed = /^\s*[[{]\s*$/.test(first) && PRINTED.filter((pattern) => pattern.test(text)).length >= 2;
  return {
    score: printed ? 1 : 0,
    why: printed ? 'it has members of Censys hosts' : 'it has no hosts or hits of Censys',
  };
}

/** Of a host or a page over many lines, members that no other format has together. */
const PRINTED = [
  /"ip"\s*:/,
  /"services"\s*:\s*\[/,
  /"(?:service_name|transport_protocol|scan_time|host_v1)"\s*:/,
  /"hits"\s*:\s*\[/,
];

function isCensys(value: unknown): boolean {
  if (hitsOf(value) !== null) return true;
  return kindOfHit(value) !== null;
}

/** The hits of a saved answer; null when the value is no answer with hits. */
function hitsOf(value: unknown): readonly unknown[] | null {
  const hits = member(value, 'result', 'hits');
  if (Array.isArray(hits)) return hits.slice(0, HITS);
  const resource = member(value, 'result', 'resource') ?? member(value, 'result');
  return recordOf(resource) !== null && kindOfHit(resource) !== null ? [resource] : null;
}

type Kind = 'platform' | 'legacy' | 'union' | 'resource';

function kindOfHit(value: unknown): Kind | null {
  if (['host_v1', 'certificate_v1', 'webproperty_v1'].some((name) => member(value, name) !== null)) return 'union';
  if (recordOf(member(value, 'resource')) !== null && kindOfHit(member(value, 'resource')) !== null) return 'resource';
  if (textOf(member(value, 'ip'), TEXT) === null || !Array.isArray(member(value, 'services'))) return null;
  return listOf(member(value, 'services')).some(isLegacyService) ? 'legacy' : 'platform';
}

function rowOf(value: unknown, at: string, options: FormatOptions): readonly FeedItem[] | string {
  const hits = hitsOf(value);
  if (hits === null) return itemsOf(value, at, options) ?? 'no_host';
  if (hits.length === 0) return 'no_hits';
  return hits.flatMap((hit, i) => {
    const place = `${at} hit ${i + 1}`;
    return (
      itemsOf(hit, place, options) ?? [{ type: 'rejection' as const, reason: 'unknown_hit', at: place, excerpt: '' }]
    );
  });
}

function itemsOf(hit: unknown, at: string, options: FormatOptions): readonly FeedItem[] | null {
  const context = { feed: options.feed, now: options.now, at };
  switch (kindOfHit(hit)) {
    case 'union':
      return itemsOfHit(hit, context).map((item) => dated(item, options));
    case 'resource':
      return itemsOf(member(hit, 'resource'), at, options);
    case 'platform':
      return itemsOfHit({ host_v1: { resource: hit } }, context).map((item) => dated(item, options));
    case 'legacy':
      return itemsOfLegacyHost(hit, at, options);
    case null:
      return null;
  }
}

/** A service without a scan time is of the time that the user gives for the file. */
function dated(item: FeedItem, options: FormatOptions): FeedItem {
  if (item.type !== 'sighting' || item.observedAt !== null) return item;
  const time = readObservedAt(options.observedAt, options.now);
  if (!time.ok || time.time === null) return item;
  const evidence = item.evidence === undefined ? {} : { evidence: { ...item.evidence, observedAt: time.time } };
  return { ...item, observedAt: time.time, ...evidence };
}
