// Evidence NDJSON (docs/method.md): what `kubecensus fingerprint` reads and `export` of another installation writes.
import { member, parseJson, recordOf } from '../json.ts';
import { readObservedAt } from '../observed-at.ts';
import { evidenceOf } from '../read-evidence.ts';
import { type FileFormat, type FormatOptions, shareOf } from './format.ts';
import { type Row, readJsonLines } from './json-lines.ts';

/** Fields that only evidence has; one of them beside a port makes a row without `endpoint` a capture. */
const OWN_FIELDS = ['requests', 'tls', 'certificate', 'transport'];

export const EVIDENCE: FileFormat = {
  name: 'evidence',
  title: 'Evidence NDJSON of kubecensus',
  kind: 'sightings',
  detect(head) {
    const score = shareOf(head.lines, (line) => isEvidence(parseJson(line)));
    return {
      score,
      why: `${Math.round(score * 100)} % of the first ${head.lines.length} lines are JSON objects with an endpoint`,
    };
  },
  parse: (input, options) => readJsonLines(input, (value, at) => rowOf(value, at, options)),
};

function isEvidence(value: unknown): boolean {
  if (recordOf(member(value, 'endpoint')) !== null) return true;
  return member(value, 'port') !== null && OWN_FIELDS.some((field) => member(value, field) !== null);
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
  const evidence = { ...seen, source: options.feed, ...(observedAt === null ? {} : { observedAt }) };
  return [{ type: 'sighting', host: address, port, observedAt, evidence, at }];
}
