// What the lab's search engine knows of a host: truthful data, equal to what a probe would read, except where it is stale.
import { portPlan } from '../surveys/ports.ts';
import type { Moment } from './behaviours/answer.ts';
import { BEHAVIOURS } from './behaviours/behaviours.ts';
import { buildBefore } from './builds.ts';
import type { LabCensysEndpoint, LabCensysHost, LabCensysService } from './censys-host.ts';
import { nameText } from './certificate-plan.ts';
import type { Certificates } from './certificates.ts';
import type { LabHost, LabService, LabWorld } from './host.ts';

/** The query that finds every endpoint whose `engineFinds` is true, and nothing else. */
export const LAB_CENSYS_QUERY =
  'host.services.cert.names: "kubernetes.default.svc" or host.services.endpoints.kubernetes.version_info.git_version: *';

/** Hours since the engine's scan; stale data is weeks old. */
const FRESH_HOURS = 9;
const STALE_HOURS = 24 * 40;

/** True for services that the engine's Kubernetes query returns: by a certificate name, or because /version states a gitVersion. */
export function engineFinds(service: LabService): boolean {
  if (service.kind === 'konnectivity' || service.kind === 'hostile') return false;
  return service.truth.certificateName === true || statesVersion(service);
}

function statesVersion({ kind, truth }: LabService): boolean {
  return truth.versionEndpoint === true || kind === 'python-stub' || kind === 'aggregated-apiserver';
}

/** The service as the engine saw it last: of a stale host, the build before an upgrade. */
export function asEngineSaw(host: LabHost, service: LabService): LabService {
  const { build, cluster, truth } = service;
  if (!host.stale || build === null || cluster === null || truth.versionEndpoint !== true) return service;
  const before = buildBefore(build, build.distribution === 'vanilla' ? 'plain' : build.distribution);
  return { ...service, build: before, truth: { ...truth, gitVersion: before.gitVersion } };
}

/** Hosts of the engine: those of the 'censys' feed, and a few that no Kubernetes query finds. */
export function engineHosts(world: LabWorld, certificates: Certificates): LabCensysHost[] {
  return world.hosts
    .filter(
      ({ feeds, services }) =>
        feeds.includes('censys') || services.some(({ kind }) => kind === 'nginx' || kind === 'web'),
    )
    .map((host) => ({
      ip: host.address,
      services: host.services
        .filter(({ kind }) => kind !== 'hostile' && kind !== 'konnectivity')
        .map((service) => engineService(asEngineSaw(host, service), host.stale, world.now, certificates)),
      location: { country: host.country, country_code: host.country },
    }));
}

/** One service as the engine's scan left it. */
export function engineService(
  service: LabService,
  stale: boolean,
  now: Date,
  certificates: Certificates,
): LabCensysService {
  const { certificate } = service;
  const scannedAt = new Date(now.getTime() - (stale ? STALE_HOURS : FRESH_HOURS) * 3_600_000);
  return {
    port: service.port,
    scan_time: scannedAt.toISOString(),
    ...(certificate === null
      ? {}
      : {
          cert: {
            names: [...certificate.dnsNames, ...certificate.ipAddresses],
            fingerprint_sha256: certificates.issue(certificate).sha256,
            subject_dn: nameText(certificate.subject).replaceAll(',', ', '),
            issuer_dn: nameText(certificate.issuer).replaceAll(',', ', '),
          },
        }),
    ...(service.clientCertificate === 'required' ? {} : { endpoints: engineEndpoints(service, scannedAt) }),
  };
}

function engineEndpoints(service: LabService, scannedAt: Date): LabCensysEndpoint[] {
  if (service.kind === 'hostile') return [];
  const behaviour = BEHAVIOURS[service.kind];
  const moment: Moment = {
    service,
    now: scannedAt,
    startedAt: scannedAt,
    uuid: () => '00000000-0000-4000-8000-000000000000',
  };
  return portPlan(service.port).paths.map((path) => {
    const { bytes } = behaviour({ method: 'GET', path, userAgent: 'engine', lastOne: true }, moment);
    const answer = readAnswer(bytes);
    const info = path === '/version' && statesVersion(service) ? versionInfo(answer.body) : null;
    return { path, http: answer, ...(info === null ? {} : { kubernetes: { version_info: info } }) };
  });
}

/** Splits a whole answer of the lab's own behaviours. */
function readAnswer(bytes: string): { status_code: number; headers: Record<string, string>; body: string } {
  const end = bytes.indexOf('\r\n\r\n');
  const [statusLine = '', ...lines] = bytes.slice(0, end).split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line): [string, string] => {
      const colon = line.indexOf(': ');
      return [line.slice(0, colon), line.slice(colon + 2)];
    }),
  );
  return { status_code: Number(statusLine.split(' ')[1]), headers, body: bytes.slice(end + 4) };
}

/** camelCase as Kubernetes prints it to the engine's snake_case; the engine keeps no emulation fields. */
function versionInfo(body: string): Record<string, string> {
  const fields = JSON.parse(body) as Record<string, string>;
  return Object.fromEntries(
    Object.entries(fields)
      .filter(([name]) => !/emulation|Compatibility/.test(name))
      .map(([name, value]) => [name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), value]),
  );
}
