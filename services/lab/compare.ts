// Holds a census of the lab against the truth, endpoint by endpoint.
import { GRADES } from '../fingerprints/verdict.ts';
import type { ObservedEndpoint } from '../observations/observation.ts';
import type { ExpectedEndpoint } from './truth.ts';

const FIELDS = [
  'outcome',
  'component',
  'certificateName',
  'versionEndpoint',
  'gitVersion',
  'distribution',
  'authentication',
] as const;

/** Every way in which the census differs from the truth, one line each; none when they are equal. */
export function differences(expected: readonly ExpectedEndpoint[], observed: readonly ObservedEndpoint[]): string[] {
  const left = new Map(observed.map((row) => [keyOf(row.address, row.host, row.port), row]));
  const lines = expected.flatMap(({ address, port, serverName, truth }) => {
    const key = keyOf(address, serverName, port);
    const row = left.get(key);
    left.delete(key);
    if (row === undefined) return [`${key}: not observed`];
    const fields = FIELDS.filter((field) => row[field] !== truth[field]).map(
      (field) => `${field} is ${row[field]}, not ${truth[field]}`,
    );
    const grade = isGradeAtLeast(row.grade, truth.gradeAtLeast)
      ? []
      : [`grade is ${row.grade}, not ${truth.gradeAtLeast}`];
    return [...fields, ...grade].map((words) => `${key} (${truth.component ?? 'nothing of Kubernetes'}): ${words}`);
  });
  return [...lines, ...[...left.keys()].map((key) => `${key}: observed, but not expected`)];
}

/** Names that lead nowhere are observed once, whatever the port. */
const keyOf = (address: string | null, name: string | null, port: number | null): string =>
  address === null ? `name ${name}` : `${address}:${port}`;

/** 'not' must be exactly that; the others may be surer than the truth asks for. */
function isGradeAtLeast(grade: string, least: string): boolean {
  const order: readonly string[] = GRADES;
  return least === 'not' ? grade === 'not' : order.indexOf(grade) <= order.indexOf(least);
}
