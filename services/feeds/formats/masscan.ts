// masscan results in its four text forms: -oJ (also broken), -oD, -oL, -oX. Forms: out-json.c, out-ndjson.c, out-text.c, out-xml.c of masscan 1.3.
import type { FeedItem, Rejection } from '../feed.ts';
import { listOf, member, parseJson, recordOf, textOf } from '../json.ts';
import { excerptOf, JSON_LINE_BYTES, readLines } from '../lines.ts';
import { type Detection, detectLines, type FileFormat, type FormatOptions, type Head } from './format.ts';
import { gather } from './gather.ts';
import { isBlank, type Row } from './json-lines.ts';
import { readJsonValues } from './json-values.ts';
import { type MasscanEvent, rowOfEvent, unescapeBanner } from './masscan-event.ts';
import { childrenOf, readScan, type XmlElement } from './nmap-xml.ts';
import { readByStart } from './start.ts';

const TEXT = 256;
/** masscan cuts banners at 64 kB, which escapes make up to six times as long. */
const BANNER = 512 * 1024;

const ROOT = /<nmaprun\b[^<>]*\bscanner="masscan"/;
const LIST_ROW = /^(open|closed|banner) (\w+) (\d+) (\S+) (\d+)(?: (\S+) ?(.*))?$/s;
const LIST_END = /^#\s*end\s*$/;
/** The last element of outputs before 1.0.4, which is no JSON. */
const FINISHED = /^\{\s*"?finished"?\s*:/;

export const MASSCAN: FileFormat = {
  name: 'masscan',
  title: 'masscan (-oJ, -oD, -oL, -oX)',
  kind: 'sightings',
  detect,
  parse: (input, options) => gather(readByStart(input, (start, whole) => formOf(start, whole, options))),
};

function detect({ lines }: Head): Detection {
  const text = lines.join('\n');
  if (ROOT.test(text)) return { score: 1, why: 'its root element says scanner="masscan"' };
  if (text.startsWith('<')) return { score: 0, why: 'its root element is not of masscan' };
  const rows = lines.filter((line) => !/^\s*(?:[[\],]|#.*|\{\s*finished.*)\s*$/.test(line));
  if (rows.length === 0 && lines[0]?.startsWith('#masscan') === true)
    return { score: 1, why: 'it begins with #masscan and is empty' };
  return detectLines(rows, "masscan's list or JSON", (line) => LIST_ROW.test(line) || isEvent(parseJson(bare(line))));
}

/** An element of an array that stands on a line with its commas and brackets. */
const bare = (line: string): string => line.slice(0, line.lastIndexOf('}') + 1).replace(/^[\s[,]+/, '');

function isEvent(value: unknown): boolean {
  if (textOf(member(value, 'ip'), TEXT) === null) return false;
  const ports = listOf(member(value, 'ports'));
  return member(value, 'rec_type') !== null || (ports.length > 0 && member(ports[0], 'proto') !== null);
}

/** The first character tells the form. */
function formOf(start: string, whole: AsyncIterable<Uint8Array>, options: FormatOptions): AsyncIterable<FeedItem> {
  if (start.startsWith('<')) return readXmlForm(whole, options);
  if (!/^[[{,]/.test(start)) return readList(whole, options);
  return readJsonValues(
    whole,
    (value, at) => rowOfJson(value, at, options),
    (text) => FINISHED.test(text),
  );
}

function rowOfJson(value: unknown, at: string, options: FormatOptions): Row {
  if (recordOf(value) === null) return 'not_an_object';
  if (member(value, 'finished') !== null) return [];
  const events = member(value, 'rec_type') === null ? eventsOfElement(value) : [eventOfLine(value)];
  if (events.length === 0) return 'no_port';
  const items: FeedItem[] = [];
  for (const event of events) {
    const row = rowOfEvent(event, at, options);
    if (typeof row !== 'string') items.push(...row);
    else if (events.length === 1) return row;
    else
      items.push({
        type: 'rejection',
        reason: row,
        at,
        excerpt: excerptOf(JSON.stringify([event.address, event.port, event.service])),
      });
  }
  return items;
}

/** -oJ: one element per event, its port in a list. */
function eventsOfElement(value: unknown): MasscanEvent[] {
  return listOf(member(value, 'ports')).map((port) => ({
    address: textOf(member(value, 'ip'), TEXT),
    port: member(port, 'port'),
    protocol: textOf(member(port, 'proto'), TEXT),
    timestamp: member(value, 'timestamp'),
    status: textOf(member(port, 'status'), TEXT),
    service: textOf(member(port, 'service', 'name'), TEXT),
    banner: textOf(member(port, 'service', 'banner'), BANNER),
  }));
}

/** -oD: flat, with what was seen under data. */
function eventOfLine(value: unknown): MasscanEvent {
  return {
    address: textOf(member(value, 'ip'), TEXT),
    port: member(value, 'port'),
    protocol: textOf(member(value, 'proto'), TEXT),
    timestamp: member(value, 'timestamp'),
    status: textOf(member(value, 'data', 'status'), TEXT),
    service: textOf(member(value, 'data', 'service_name'), TEXT),
    banner: textOf(member(value, 'data', 'banner'), BANNER),
  };
}

async function* readList(input: AsyncIterable<Uint8Array>, options: FormatOptions): AsyncGenerator<FeedItem> {
  let begun = false;
  let ended = false;
  for await (const batch of readLines(input, JSON_LINE_BYTES)) {
    for (const line of batch) {
      if (line.type === 'rejection') {
        yield line;
        continue;
      }
      begun ||= line.text.startsWith('#masscan');
      ended = LIST_END.test(line.text) || (ended && isBlank(line.text));
      if (isBlank(line.text) || line.text.startsWith('#')) continue;
      const at = `line ${line.number}`;
      const event = eventOfRow(line.text);
      const items = event === null ? 'bad_row' : rowOfEvent(event, at, options);
      if (typeof items !== 'string') yield* items;
      else yield { type: 'rejection', reason: items, at, excerpt: excerptOf(line.text) } satisfies Rejection;
    }
  }
  if (begun && !ended) yield { type: 'note', partial: 'cut_short' };
}

function eventOfRow(text: string): MasscanEvent | null {
  const match = LIST_ROW.exec(text);
  if (match === null) return null;
  const [, kind, protocol, port, address, timestamp, service, banner] = match;
  return {
    address: address as string,
    port: port as string,
    protocol: protocol as string,
    timestamp: timestamp as string,
    status: kind === 'banner' ? null : (kind as string),
    service: service ?? null,
    banner: banner === undefined ? null : unescapeBanner(banner),
  };
}

async function* readXmlForm(input: AsyncIterable<Uint8Array>, options: FormatOptions): AsyncGenerator<FeedItem> {
  for await (const item of readScan(input, 'masscan')) {
    if (item.type === 'note') {
      yield item;
      continue;
    }
    for (const event of eventsOfHost(item.host)) {
      const items = rowOfEvent(event, item.at, options);
      if (typeof items !== 'string') yield* items;
      else {
        const excerpt = excerptOf(JSON.stringify([event.address, event.port, event.service]));
        yield { type: 'rejection', reason: items, at: item.at, excerpt } satisfies Rejection;
      }
    }
  }
}

/** -oX: one host element per event; the address's type says ipv4 for IPv6, too. */
function eventsOfHost(host: XmlElement): MasscanEvent[] {
  const address = childrenOf(host, 'address')[0]?.attributes.get('addr') ?? null;
  return childrenOf(host, 'ports', 'port').map((port) => {
    const service = childrenOf(port, 'service')[0]?.attributes;
    const banner = service?.get('banner');
    return {
      address,
      port: port.attributes.get('portid') ?? null,
      protocol: port.attributes.get('protocol') ?? null,
      timestamp: host.attributes.get('endtime') ?? null,
      status: childrenOf(port, 'state')[0]?.attributes.get('state') ?? null,
      service: service?.get('name') ?? null,
      banner: banner === undefined ? null : unescapeBanner(banner),
    };
  });
}
