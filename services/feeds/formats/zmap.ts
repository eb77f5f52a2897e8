// ZMap results: CSV by its header or without one, and JSON lines. Form: zmap(1) output fields and output modules csv and json (zmap at 8de8833).
import type { FeedItem, Rejection } from '../feed.ts';
import { member, parseJson, textOf } from '../json.ts';
import { excerptOf } from '../lines.ts';
import { columnsOf, fieldsOf, readCsv } from './csv.ts';
import { type Detection, detectLines, type FileFormat, type FormatOptions, type Head, shareOf } from './format.ts';
import { type Row, readJsonLines } from './json-lines.ts';
import { sightingOf } from './seen.ts';
import { readByStart } from './start.ts';
import { ofEpochSeconds, withZoneColon } from './times.ts';

const TEXT = 256;
/** Columns of a table whose address column is not `saddr`: what zmap writes for zgrab2, and nothing of anybody else's. */
const PLAIN_COLUMNS: ReadonlySet<string> = new Set(['ip', 'port', '']);
/** A row for zgrab2 without a header: address and port, with two blank columns between (domain and tag) or without. */
const BARE_ROW = /^(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-fA-F]*:[0-9a-fA-F:.]+),(?:\s*,\s*,)?\s*\d{1,5}$/;

export const ZMAP: FileFormat = {
  name: 'zmap',
  title: 'ZMap CSV or JSON lines',
  kind: 'sightings',
  takesPort: true,
  detect,
  parse: (input, options) =>
    readByStart(input, (start, whole) =>
      start.startsWith('{')
        ? readJsonLines(whole, (value, at) => rowOf(jsonGetter(value), at, options))
        : readTable(whole, options),
    ),
};

function detect({ lines }: Head): Detection {
  const first = lines[0] ?? '';
  if (first.startsWith('{'))
    return detectLines(lines, 'JSON objects with saddr', (line) => member(parseJson(line), 'saddr') !== null);
  const columns = columnsOf(fieldsOf(first) ?? []);
  if (isHeader(columns)) {
    const hint = columns.includes('sport') || columns.includes('port') ? '' : ' and no ports: --port says which';
    return { score: 1, why: `its header names ${columns.filter((name) => name !== '').join(', ')}${hint}` };
  }
  const bare = shareOf(lines, (line) => BARE_ROW.test(line));
  return { score: bare, why: `${Math.round(bare * 100)} % of the first ${lines.length} lines are address and port` };
}

function isHeader(columns: readonly string[]): boolean {
  return columns.includes('saddr') || (columns.includes('ip') && columns.every((name) => PLAIN_COLUMNS.has(name)));
}

type Get = (column: string) => string | number | boolean | null;

function jsonGetter(row: unknown): Get {
  return (column) => {
    const value = member(row, column);
    return typeof value === 'number' || typeof value === 'boolean' ? value : textOf(value, TEXT);
  };
}

async function* readTable(input: AsyncIterable<Uint8Array>, options: FormatOptions): AsyncGenerator<FeedItem> {
  let columns: readonly string[] | null = null;
  for await (const batch of readCsv(input)) {
    for (const record of batch) {
      if (record.type === 'rejection') {
        yield record;
        continue;
      }
      const { fields, at, text } = record;
      if (columns === null) {
        const names = columnsOf(fields);
        columns = isHeader(names) ? names : ['ip', ...Array<string>(Math.max(0, fields.length - 2)).fill(''), 'port'];
        if (columns === null || isHeader(names)) continue;
      }
      const known: readonly string[] = columns;
      const get: Get = (column) => {
        const index = known.indexOf(column);
        return index === -1 ? null : (fields[index] ?? '').trim() || null;
      };
      const items = fields.length === known.length ? rowOf(get, at, options) : 'column_count';
      if (typeof items !== 'string') yield* items;
      else yield { type: 'rejection', reason: items, at, excerpt: excerptOf(text) } satisfies Rejection;
    }
  }
}

/**
 * A host that answered the SYN with a SYN-ACK. Unfiltered output also holds resets, ICMP errors (`not_open`) and answers that came again
 * (`repeat`): zmap's own default filter is success = 1 && repeat = 0.
 */
function rowOf(get: Get, at: string, options: FormatOptions): Row {
  const classification = get('classification');
  const success = get('success');
  if (success !== null && !isTrue(success)) return 'not_open';
  if (classification !== null && classification !== 'synack') return 'not_open';
  if (isTrue(get('repeat'))) return 'repeat';
  const address = get('saddr') ?? get('ip');
  const seen = {
    address: typeof address === 'string' ? address : null,
    port: get('sport') ?? get('port'),
    time: withZoneColon(get('timestamp_str')) ?? ofEpochSeconds(get('timestamp_ts')),
  };
  const sighting = sightingOf(seen, at, options);
  return typeof sighting === 'string' ? sighting : [sighting];
}

const isTrue = (value: string | number | boolean | null): boolean =>
  value === 1 || value === '1' || value === true || value === 'true';
