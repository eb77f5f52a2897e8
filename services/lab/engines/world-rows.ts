// What each search engine of a whole lab knows: the endpoints of the plan, by the queries that an engine is asked with.
import { COUNTS_ENGINES, SEARCH_ENGINES } from '../../feeds/engines/index.ts';
import { nameText } from '../certificate-plan.ts';
import type { Certificates } from '../certificates.ts';
import { asEngineSaw, engineFinds, engineService } from '../engine-view.ts';
import type { LabHost, LabService, LabWorld } from '../host.ts';
import { seededRandom } from '../random.ts';
import type { LabRow } from './row.ts';

/** Each engine scans by itself and misses a quarter of what is there, so that their lists overlap as real ones do. */
const KNOWN = 0.75;

const PEM_END = '-----END CERTIFICATE-----';

/** One endpoint that scans have seen. */
interface Seen {
  readonly host: LabHost;
  readonly service: LabService;
  readonly row: LabRow;
}

/** Says what the engine of a type answers to a query: the default ones of each component and those of its counts; undefined: no such query. */
export type EngineAnswers = (type: string) => (query: string) => readonly LabRow[] | undefined;

/** Rows are made at the first question of any engine and shared, since most labs are never asked. */
export function engineAnswers(world: LabWorld, certificates: Certificates): EngineAnswers {
  let seen: readonly Seen[] | null = null;
  return (type) => {
    let known: readonly Seen[] | null = null;
    return (query) => {
      const test = testOf(type, query);
      if (test === null) return undefined;
      seen ??= seenBy(world, certificates);
      known ??= knownTo(type, world, seen);
      return known.filter(test).map(({ row }) => row);
    };
  };
}

/** Which endpoints a query is for, or null when the engine does not understand it. */
function testOf(type: string, query: string): ((seen: Seen) => boolean) | null {
  const { queries } = SEARCH_ENGINES.find((engine) => engine.type === type) ?? {};
  if (query === queries?.['kube-apiserver']) return ({ service }) => service.truth.certificateName === true;
  if (query === queries?.kubelet) return ({ service }) => service.kind === 'kubelet';
  if (query === queries?.etcd) return ({ service }) => service.kind === 'etcd-client';
  const counts = COUNTS_ENGINES.some((engine) => engine.type.startsWith(`${type}-`) && engine.query === query);
  return counts ? ({ row }) => row.gitVersion !== null : null;
}

/** How the lab's engines count, whatever an engine calls the field. */
export function countByField({ gitVersion, country }: LabRow, field: string): string | null {
  if (field.endsWith('country')) return country;
  return field === 'product' && gitVersion !== null ? 'Kubernetes' : gitVersion;
}

/** A quarter of the hosts is unknown to each engine, to each another one. */
function knownTo(type: string, { seed }: LabWorld, seen: readonly Seen[]): readonly Seen[] {
  const random = seededRandom(`${seed}/engine/${type}`);
  const hosts = new Set([...new Set(seen.map(({ host }) => host))].filter(() => random.chance(KNOWN)));
  return seen.filter(({ host }) => hosts.has(host));
}

function seenBy(world: LabWorld, certificates: Certificates): readonly Seen[] {
  return world.hosts
    .filter(({ feeds }) => feeds.includes('censys'))
    .flatMap((host) =>
      host.services
        .filter((service) => engineFinds(service) || service.kind === 'etcd-client' || service.kind === 'kubelet')
        .map((service) => ({ host, service, row: rowOf(host, service, world.now, certificates) })),
    );
}

function rowOf(host: LabHost, service: LabService, now: Date, certificates: Certificates): LabRow {
  const seen = engineService(asEngineSaw(host, service), host.stale, now, certificates);
  const endpoints = seen.endpoints ?? [];
  const disclosed = endpoints.find(({ kubernetes }) => kubernetes !== undefined);
  const endpoint = disclosed ?? endpoints[0];
  const { http } = endpoint ?? {};
  const { certificate: plan } = service;
  return {
    address: host.address,
    port: service.port,
    name: host.names[0] ?? null,
    seenAt: `${seen.scan_time.slice(0, 19)}Z`,
    certificate:
      plan === null
        ? null
        : {
            subject: nameText(plan.subject.filter(([attribute]) => attribute === 'CN')).replace(/^CN=/, ''),
            issuer: nameText(plan.issuer.filter(([attribute]) => attribute === 'CN')).replace(/^CN=/, ''),
            dnsNames: plan.dnsNames,
            ipAddresses: plan.ipAddresses,
            sha256: certificates.issue(plan).sha256,
            pem: leafPem(certificates.issue(plan).chainPem),
            notBefore: plan.notBefore.toISOString(),
            notAfter: plan.notAfter.toISOString(),
          },
    answer:
      endpoint === undefined || http === undefined
        ? null
        : {
            path: endpoint.path,
            status: http.status_code,
            headers: Object.fromEntries(
              Object.entries(http.headers ?? {}).map(([name, value]) => [name, [value].flat().join(', ')]),
            ),
            body: http.body ?? '',
          },
    gitVersion: disclosed?.kubernetes?.version_info['git_version'] ?? null,
    country: host.country,
  };
}

const leafPem = (chain: string): string => `${chain.split(PEM_END)[0]}${PEM_END}\n`;
