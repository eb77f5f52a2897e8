// Evidence NDJSON (docs/method.md): what `kubecensus fingerprint` reads and `export` of another installation writes.
import type { Evidence } from '../evidence.ts';
import { member, parseJson, recordOf } from '../json.ts';
import { readObservedAt } from '../observed-at.ts';
import { evidenceOf } from '../read-evidence.ts';
import { detectLines, type FileFormat, type FormatOptions } from './format.ts';
import { type Row, readJsonLines } from './json-lines.ts';

/** Fields that only evidence has; one of them beside a port makes a row without `endpoint` a capture. */
const OWN_FIELDS = ['requests', 'tls', 'certificate', 'transport'];
/** How other tools call the host: a row with one of these is theirs, whatever else it holds. */
const FOREIGN_FIELDS = ['ip', 'ip_str', 'ipv6', 'host', 'url', 'saddr'];

export const EVIDENCE: FileFormat = {
  name: 'evidence',
  title: 'Evidence NDJSON of kubecensus',
  kind: 'sightings',
  detect: ({ lines }) => detectLines(lines, 'JSON objects with an endpoint', (line) => isEvidence(parseJson(line))),
  parse: (input, options) => readJsonLines(input, (value, at) => rowOf(value, at, options)),
};

function isEvidence(value: unknown): boolean {
  if (recordOf(member(value, 'endpoint')) !== null) return true;
  const has = (field: string): boolean => member(value, field) !== null;
  return has('port') && OWN_FIELDS.some(has) && !FOREIGN_FIELDS.some(has);
}

function rowOf(value: unknown, at: string, options: FormatOptions): Row {
  const read = evidenceOf(value);
  if (!read.ok) return read.reason;
  const time = readObservedAt(member(value, 'observedAt') ?? options.observedAt, options.now);
  if (!time.ok) return time.reason;
  const { address, port } = read.evidence.endpoint;
  const observedAt = time.time;
  // What was seen at an unknown address cannot be counted there: such a row is a hint where to look, without its evidence.
  if (address === '') {
    const name = read.evidence.serverName;
    return name === undefined || name === '' ? 'no_host' : [{ type: 'sighting', host: name, port, observedAt, at }];
  }
  const { observedAt: _given, ...seen } = read.evidence;
  const evidence: Evidence = {
    ...seen,
    source: options.feed,
    ...(observedAt === null ? {} : { observedAt }),
    ...(read.ignored === true ? { fieldsIgnored: true } : {}),
  };
  return [{ type: 'sighting', host: address, port, observedAt, evidence, at }];
}
