// fingerprintx JSON lines: the service of a port. Form: README of fingerprintx 1.0 (at 213a418); 1.1 writes `protocol` for `service` and adds `tls`.
import { integerOf, known, member, parseJson, recordOf, textOf } from '../json.ts';
import { headersOf } from '../read-evidence.ts';
import { detectLines, type FileFormat, type FormatOptions } from './format.ts';
import { type Row, readJsonLines } from './json-lines.ts';
import { type Facts, sightingOf } from './seen.ts';

const TEXT = 1024;
const TRANSPORTS: ReadonlySet<unknown> = new Set(['tcp', 'tcptls', 'udp']);

export const FINGERPRINTX: FileFormat = {
  name: 'fingerprintx',
  title: 'fingerprintx JSON lines (--json)',
  kind: 'sightings',
  detect: ({ lines }) =>
    detectLines(lines, 'JSON objects with service and transport of fingerprintx', (line) =>
      isFingerprintx(parseJson(line)),
    ),
  parse: (input, options) => readJsonLines(input, (value, at) => rowOf(value, at, options)),
};

const serviceOf = (row: unknown): string | null =>
  textOf(member(row, 'service'), TEXT) ?? textOf(member(row, 'protocol'), TEXT);

function isFingerprintx(row: unknown): boolean {
  const place = member(row, 'port') !== null && (member(row, 'ip') !== null || member(row, 'host') !== null);
  return (
    place && serviceOf(row) !== null && TRANSPORTS.has(member(row, 'transport')) && member(row, 'endpoint') === null
  );
}

/** It states no time: the user's for the file is taken. */
function rowOf(row: unknown, at: string, options: FormatOptions): Row {
  if (recordOf(row) === null) return 'not_an_object';
  if (member(row, 'transport') === 'udp') return 'not_tcp';
  const seen = {
    address: textOf(member(row, 'ip'), TEXT),
    name: textOf(member(row, 'host'), TEXT),
    port: member(row, 'port'),
    time: null,
    facts: factsOf(row),
  };
  const sighting = sightingOf(seen, at, options);
  return typeof sighting === 'string' ? sighting : [sighting];
}

/** Its HTTP plugins ask GET / and keep the head. Other services are endpoints without evidence. */
function factsOf(row: unknown): Facts {
  const service = serviceOf(row);
  if (service !== 'http' && service !== 'https') return {};
  const tls = service === 'https' || member(row, 'tls') === true || member(row, 'transport') === 'tcptls';
  const status = integerOf(member(row, 'metadata', 'statusCode'), 100, 999);
  const headers = headersOf(member(row, 'metadata', 'responseHeaders'));
  return {
    transport: tls ? 'tls' : 'plain',
    ...(status === null ? {} : { requests: [{ path: '/', status, ...known({ headers }) }] }),
  };
}
