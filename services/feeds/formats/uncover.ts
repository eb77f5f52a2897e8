// uncover JSON lines: hits of search engines. Form: sources.Result of uncover (sources/result.go at 92e6147).
import { member, parseJson, recordOf, textOf } from '../json.ts';
import { isAddressText } from './certificates.ts';
import { detectLines, type FileFormat, type FormatOptions } from './format.ts';
import { type Row, readJsonLines } from './json-lines.ts';
import { sightingOf } from './seen.ts';

const TEXT = 1024;

export const UNCOVER: FileFormat = {
  name: 'uncover',
  title: 'uncover JSON lines (-json)',
  kind: 'sightings',
  detect: ({ lines }) =>
    detectLines(lines, 'JSON objects with source, ip and port of uncover', (line) => isUncover(parseJson(line))),
  parse: (input, options) => readJsonLines(input, (value, at) => rowOf(value, at, options)),
};

function isUncover(row: unknown): boolean {
  const has = (name: string): boolean => member(row, name) !== null;
  const own = typeof member(row, 'source') === 'string' && typeof member(row, 'timestamp') === 'number';
  return own && has('port') && (has('ip') || has('host')) && !has('endpoint');
}

/** Its `timestamp` is when uncover ran, which says nothing about when the engine looked: the user's time for the file is taken, or none. */
function rowOf(row: unknown, at: string, options: FormatOptions): Row {
  if (recordOf(row) === null) return 'not_an_object';
  const host = textOf(member(row, 'host'), TEXT);
  const seen = {
    address: textOf(member(row, 'ip'), TEXT) || null,
    name: host !== null && !isAddressText(host) ? host : null,
    port: member(row, 'port'),
    time: null,
  };
  const sighting = sightingOf(seen, at, options);
  return typeof sighting === 'string' ? sighting : [sighting];
}
