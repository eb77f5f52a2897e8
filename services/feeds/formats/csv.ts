// Records of CSV (RFC 4180) by the names in their header, one at a time; bad bytes and cut rows cost themselves only.
import { KubecensusError } from '../../platform/errors.ts';
import type { FeedItem, Rejection } from '../feed.ts';
import { excerptOf, readLines, TEXT_LINE_BYTES } from '../lines.ts';
import { isBlank, type Row } from './json-lines.ts';

export interface CsvRecord {
  readonly type: 'record';
  readonly fields: readonly string[];
  /** The line where the record begins. */
  readonly at: string;
  readonly text: string;
}

/**
 * Records in order; quoted fields may hold commas, quotes and newlines. A line that is no text becomes a rejection.
 * Throws KC_FEED_NOT_DATA when a quote stays open for more than 64 kB: it would swallow the rest of the file row by row.
 */
export async function* readCsv(input: AsyncIterable<Uint8Array>): AsyncGenerator<readonly (CsvRecord | Rejection)[]> {
  let open = '';
  let at = '';
  for await (const batch of readLines(input, TEXT_LINE_BYTES)) {
    const records: (CsvRecord | Rejection)[] = [];
    for (const line of batch) {
      if (line.type === 'rejection') {
        if (open !== '') throw unclosed(at);
        records.push(line);
        continue;
      }
      if (open === '') {
        if (isBlank(line.text)) continue;
        at = `line ${line.number}`;
      }
      const text = open === '' ? line.text : `${open}\n${line.text}`;
      const fields = fieldsOf(text);
      if (fields !== null) {
        records.push({ type: 'record', fields, at, text });
        open = '';
      } else if (text.length > TEXT_LINE_BYTES) throw unclosed(at);
      else open = text;
    }
    if (records.length > 0) yield records;
  }
  if (open !== '') throw unclosed(at);
}

function unclosed(at: string): KubecensusError {
  return new KubecensusError(
    'KC_FEED_NOT_DATA',
    `A quote that opens at ${at} is not closed: the rest of the file would be one row.`,
  );
}

/** The fields of one record, or null when a quote is still open. A quote inside an unquoted field is text, as most readers take it. */
export function fieldsOf(text: string): readonly string[] | null {
  if (!text.includes('"')) return text.split(',');
  const fields: string[] = [];
  for (let start = 0; ; ) {
    if (text[start] !== '"') {
      const comma = text.indexOf(',', start);
      fields.push(text.slice(start, comma === -1 ? text.length : comma));
      if (comma === -1) return fields;
      start = comma + 1;
      continue;
    }
    let quote = text.indexOf('"', start + 1);
    while (quote !== -1 && text[quote + 1] === '"') quote = text.indexOf('"', quote + 2);
    if (quote === -1) return null;
    const quoted = text.slice(start + 1, quote).replaceAll('""', '"');
    const comma = text.indexOf(',', quote);
    fields.push(quoted + text.slice(quote + 1, comma === -1 ? text.length : comma));
    if (comma === -1) return fields;
    start = comma + 1;
  }
}

/** A record by the names of its columns. */
export interface NamedRecord {
  /** The field, without space around it; null when the column is missing or the field is empty. */
  readonly get: (column: string) => string | null;
  /** Whether the table has the column. */
  readonly has: (column: string) => boolean;
}

/** Names of columns: lower case, without space around them. */
export function columnsOf(fields: readonly string[]): readonly string[] {
  return fields.map((field) => field.trim().toLowerCase());
}

/**
 * Reads records under a header, whatever the order of the columns; what is not known is passed over. A record with more or fewer fields than the
 * header is rejected (column_count). Throws KC_FEED_NOT_DATA when a required column is missing, or stands there twice.
 */
export async function* readCsvRows(
  input: AsyncIterable<Uint8Array>,
  required: readonly string[],
  row: (record: NamedRecord, at: string) => Row,
): AsyncGenerator<FeedItem> {
  let columns: ReadonlyMap<string, number> | null = null;
  let width = 0;
  for await (const batch of readCsv(input)) {
    for (const record of batch) {
      if (record.type === 'rejection') {
        yield record;
        continue;
      }
      if (columns === null) {
        columns = headerOf(record.fields, required);
        width = record.fields.length;
        continue;
      }
      const at = columns;
      const get = (column: string): string | null => record.fields[at.get(column) ?? -1]?.trim() || null;
      const items =
        record.fields.length === width ? row({ get, has: (column) => at.has(column) }, record.at) : 'column_count';
      if (typeof items !== 'string') yield* items;
      else yield { type: 'rejection', reason: items, at: record.at, excerpt: excerptOf(record.text) };
    }
  }
}

function headerOf(fields: readonly string[], required: readonly string[]): ReadonlyMap<string, number> {
  const names = columnsOf(fields);
  const missing = required.filter((name) => !names.includes(name));
  const twice = names.filter((name, i) => name !== '' && names.indexOf(name) !== i);
  if (missing.length > 0 || twice.length > 0) {
    const wrong = missing.length > 0 ? `has no column ${missing.join(', ')}` : `has the column ${twice[0]} twice`;
    throw new KubecensusError('KC_FEED_NOT_DATA', `The table ${wrong}.`);
  }
  return new Map(names.map((name, i) => [name, i]));
}
