// naabu JSON lines: open ports. Form: jsonResult of naabu v2 (pkg/runner/output.go at 0502799), and the nested port of older versions.
import { member, parseJson, recordOf, textOf } from '../json.ts';
import { detectLines, type FileFormat, type FormatOptions } from './format.ts';
import { type Row, readJsonLines } from './json-lines.ts';
import { sightingOf } from './seen.ts';

const TEXT = 1024;
/** Members that rows of other tools with ip and port have, and naabu's have not. */
const FOREIGN = [
  'transport',
  'service',
  'source',
  'url',
  'probe_status',
  'rec_type',
  'ports',
  'data',
  'endpoint',
  'metadata',
];

export const NAABU: FileFormat = {
  name: 'naabu',
  title: 'naabu JSON lines (-json)',
  kind: 'sightings',
  detect: ({ lines }) =>
    detectLines(lines, 'JSON objects with ip, port and timestamp of naabu', (line) => isNaabu(parseJson(line))),
  parse: (input, options) => readJsonLines(input, (value, at) => rowOf(value, at, options)),
};

function isNaabu(row: unknown): boolean {
  const has = (name: string): boolean => member(row, name) !== null;
  const port = typeof member(row, 'port') === 'number' || recordOf(member(row, 'port')) !== null;
  return has('ip') && port && has('timestamp') && !FOREIGN.some(has);
}

/** Its `tls` says that a handshake began on some ports and nothing on others, so it is no evidence. */
function rowOf(row: unknown, at: string, options: FormatOptions): Row {
  if (recordOf(row) === null) return 'not_an_object';
  const nested = recordOf(member(row, 'port'));
  const protocol = member(row, 'protocol') ?? member(nested, 'Protocol') ?? member(nested, 'protocol');
  if (protocol === 'udp' || protocol === 1) return 'not_tcp';
  const seen = {
    address: textOf(member(row, 'ip'), TEXT),
    name: textOf(member(row, 'host'), TEXT),
    port: nested === null ? member(row, 'port') : (member(nested, 'Port') ?? member(nested, 'port')),
    time: member(row, 'timestamp'),
  };
  const sighting = sightingOf(seen, at, options);
  return typeof sighting === 'string' ? sighting : [sighting];
}
