// A verdict as JSON: byte for byte what JSON.stringify writes, put together from parts that were written before.
import type { Judgement } from './match.ts';

/** Parts that many verdicts share (versions, distributions, lists) are the same objects again and again. */
const written = new WeakMap<object, string>();

/** The JSON of an object that is shared and never changes. */
function sharedJson(value: object): string {
  let json = written.get(value);
  if (json === undefined) {
    json = JSON.stringify(value);
    written.set(value, json);
  }
  return json;
}

const orNull = (value: object | null): string => (value === null ? 'null' : sharedJson(value));
/** Words of our own vocabulary: letters, digits and hyphens, which JSON writes as they are. */
const word = (value: string | null): string => (value === null ? 'null' : `"${value}"`);

/** One line without a newline. */
export function verdictLine({ verdict, placing }: Judgement): string {
  const { id, authentication, version, distribution, support } = verdict;
  const keys = verdict.cluster.keys;
  return (
    `{"id":${id === null ? 'null' : JSON.stringify(id)},${placing.json}` +
    `,"authentication":${word(authentication)},"version":${orNull(version)},"distribution":${orNull(distribution)}` +
    `,"support":${word(support)},"ranges":${sharedJson(verdict.ranges)},"honeypot":${sharedJson(verdict.honeypot)}` +
    `,"cluster":{"keys":[${keys.length === 0 ? '' : `"${keys.join('","')}"`}]}` +
    `,"flags":${sharedJson(verdict.flags)},"advice":${sharedJson(verdict.advice)}}`
  );
}
