// What an unauthenticated client may do, read from which paths answered how. Table: docs/fingerprints.md, decision matrix.
import type { Facts } from './facts.ts';
import type { Indicators } from './rungs/list.ts';
import type { Authentication } from './verdict.ts';

/** The last minor with an insecure port that can be switched on (1.24 removed its flags). */
const LAST_INSECURE_MINOR = 23;

/** API servers and what is built with their library: /version, /healthz and / tell the six cases apart. */
export function apiServerAuthentication(facts: Facts, indicators: Indicators): Authentication | null {
  if (indicators.rootPaths === true) return 'anonymous-full';
  const version = facts.version?.status ?? null;
  const health = facts.healthz?.status ?? facts.livez?.status ?? null;
  if (indicators.plainTransport === true && version === 200 && hasInsecurePort(facts)) return 'anonymous-full';
  if (version === 200) return 'anonymous-public';
  const refused = version ?? facts.root?.status ?? null;
  if ((version === 401 || version === 403) && (health === 200 || health === 500)) return 'anonymous-health';
  if (refused === 403) return 'anonymous-denied';
  if (refused === 401 || health === 401) return 'required';
  if (health === 403) return 'anonymous-denied';
  return indicators.clientCertificateDemanded === true ? 'client-certificate' : null;
}

/** Controller manager and scheduler: the health paths are always open, the rest is not. */
export function controllerAuthentication(facts: Facts, indicators: Indicators): Authentication | null {
  if (indicators.plainTransport === true) return 'none';
  const health = facts.healthz?.status ?? null;
  if (health === 200 || health === 500) return 'anonymous-health';
  if (facts.root?.status === 403 || facts.metrics?.status === 403) return 'anonymous-denied';
  return health === 401 || facts.root?.status === 401 ? 'required' : null;
}

/** The kubelet: 401 text without credentials; 403 text when anonymous requests are let in and refused; 200 when all may. */
export function kubeletAuthentication(facts: Facts, indicators: Indicators): Authentication | null {
  if (indicators.unauthorizedText === true) return 'required';
  if (indicators.forbiddenNodesText === true || facts.healthz?.status === 403) return 'anonymous-denied';
  if (indicators.healthzOk === true) return 'anonymous-full';
  return indicators.clientCertificateDemanded === true ? 'client-certificate' : null;
}

/** etcd and other services that know client certificates or nothing. */
export function certificateOrNone(facts: Facts, indicators: Indicators): Authentication | null {
  if (indicators.clientCertificateDemanded === true) return 'client-certificate';
  return facts.answers.length > 0 ? 'none' : null;
}

/** Services without any authentication. */
export function noAuthentication(facts: Facts): Authentication | null {
  return facts.answers.length > 0 ? 'none' : null;
}

/** Token services: the status says it. */
export function tokenAuthentication(facts: Facts): Authentication | null {
  const statuses = facts.answers.map((answer) => answer.status);
  if (statuses.includes(401)) return 'required';
  return statuses.includes(403) ? 'anonymous-denied' : null;
}

function hasInsecurePort({ port, versionBody }: Facts): boolean {
  if (port !== 8080 || versionBody?.kind !== 'kubernetes') return false;
  const minor = Number.parseInt(
    versionBody.build.fields.minor ?? /^v1\.(\d+)/.exec(versionBody.build.fields.gitVersion ?? '')?.[1] ?? '',
    10,
  );
  return minor <= LAST_INSECURE_MINOR;
}
