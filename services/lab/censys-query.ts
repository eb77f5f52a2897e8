// The part of CenQL that the lab's Censys understands: clauses `field : value` and `field = value`, joined by `or`.
import type { LabCensysHost, LabCensysService } from './censys-host.ts';

export interface CensysQuery {
  /** Whether any clause holds for the host. */
  matches(host: LabCensysHost): boolean;
  /** Whether a clause about services holds for this one. */
  matchesService(service: LabCensysService): boolean;
  /** The same, or a clause about the whole host holds: what counts under filter_by_query. */
  covers(host: LabCensysHost, service: LabCensysService): boolean;
}

export type ParsedQuery =
  | { readonly ok: true; readonly query: CensysQuery }
  | { readonly ok: false; readonly says: string };

/** How each field is read: all values of a host, or of one service. Unknown fields are errors, as in the engine. */
interface Field {
  readonly level: 'host' | 'service' | 'endpoint';
  readonly ofHost: (host: LabCensysHost) => readonly string[];
  readonly ofService: (service: LabCensysService) => readonly string[];
}

const serviceField = (level: 'service' | 'endpoint', ofService: Field['ofService']): Field => ({
  level,
  ofService,
  ofHost: (host) => host.services.flatMap(ofService),
});
const hostField = (ofHost: Field['ofHost']): Field => ({ level: 'host', ofHost, ofService: () => [] });

const GIT_VERSION = 'host.services.endpoints.kubernetes.version_info.git_version';

export const FIELDS: ReadonlyMap<string, Field> = new Map([
  ['host.ip', hostField((host) => [host.ip])],
  [
    'host.location.country_code',
    hostField((host) => (host.location === undefined ? [] : [host.location.country_code])),
  ],
  ['host.services.port', serviceField('service', (service) => [String(service.port)])],
  ['host.services.cert.names', serviceField('service', (service) => service.cert?.names ?? [])],
  [
    GIT_VERSION,
    serviceField('endpoint', (service) =>
      (service.endpoints ?? []).flatMap((endpoint) => endpoint.kubernetes?.version_info['git_version'] ?? []),
    ),
  ],
]);

export function isKnownField(name: string): boolean {
  return FIELDS.has(name);
}

const CLAUSE = /^\(?\s*([a-z_.0-9]+)\s*(:|=)\s*(?:"((?:[^"\\]|\\.)*)"|([^\s"()]+))\s*\)?$/;

/** Parses a query. `*` is any value; `:` finds part of a value without regard to case, `=` the whole value. */
export function parseCensysQuery(text: string): ParsedQuery {
  const clauses: Clause[] = [];
  for (const part of text.split(/\s+or\s+/i)) {
    const match = CLAUSE.exec(part.trim());
    if (match === null) return { ok: false, says: `Cannot parse: ${part.trim()}` };
    const field = FIELDS.get(match[1] as string);
    if (field === undefined) return { ok: false, says: `Field not found: ${match[1]}` };
    clauses.push({ field, test: testOf(match[2] as string, (match[3] ?? match[4]) as string) });
  }
  return { ok: true, query: queryOf(clauses) };
}

interface Clause {
  readonly field: Field;
  readonly test: (value: string) => boolean;
}

function testOf(operator: string, wanted: string): Clause['test'] {
  if (wanted === '*') return () => true;
  const lower = wanted.toLowerCase();
  return operator === '=' ? (value) => value === wanted : (value) => value.toLowerCase().includes(lower);
}

function queryOf(clauses: readonly Clause[]): CensysQuery {
  const matchesService = (service: LabCensysService): boolean =>
    clauses.some(({ field, test }) => field.ofService(service).some(test));
  const ofHosts = clauses.filter(({ field }) => field.level === 'host');
  return {
    matches: (host) => clauses.some(({ field, test }) => field.ofHost(host).some(test)),
    matchesService,
    covers: (host, service) =>
      matchesService(service) || ofHosts.some(({ field, test }) => field.ofHost(host).some(test)),
  };
}
