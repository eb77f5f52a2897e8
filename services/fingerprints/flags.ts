// Short remarks on a verdict that counts and reports can filter by.
import { someAnswer } from './answer.ts';
import type { Facts } from './facts.ts';
import type { Indicators } from './rungs/list.ts';
import { isUtcSeconds } from './utc-time.ts';
import type { Authentication, ComponentName } from './verdict.ts';
import type { ClassifiedVersion } from './version.ts';

export interface FlagCase {
  readonly facts: Facts;
  readonly indicators: Indicators;
  readonly component: ComponentName | null;
  readonly authentication: Authentication | null;
  readonly named: ClassifiedVersion | null;
  /** True when fields of the evidence were left out. */
  readonly ignored: boolean;
  /** True when the sources of the ranges differ about one of them. */
  readonly disputed: boolean;
}

interface Flag {
  readonly name: string;
  readonly says: string;
  readonly holds: (it: FlagCase) => boolean;
}

/** Slugs of version strings that upstream itself builds; every other is a vendor's build, which carries fixes of its own. */
const UPSTREAM: ReadonlySet<string> = new Set([
  'vanilla',
  'prerelease',
  'unstamped',
  'unknown',
  'fabricated',
  'client-only',
  'not-an-apiserver',
]);

export const FLAGS: readonly Flag[] = [
  {
    name: 'discloses_version',
    says: 'The version can be read without credentials. This is the default of Kubernetes.',
    holds: ({ indicators }) => indicators.versionEndpoint === true,
  },
  {
    name: 'anonymous_full',
    says: 'Requests without credentials are authorised beyond health and version.',
    holds: ({ authentication }) => authentication === 'anonymous-full',
  },
  {
    name: 'plain_http',
    says: 'The port speaks HTTP without TLS.',
    holds: ({ indicators, component }) => component !== null && indicators.plainTransport === true,
  },
  {
    name: 'invalid_version_body',
    says: 'The answer to /version is one that no build of Kubernetes prints.',
    holds: ({ indicators }) => indicators.partialVersionBody === true,
  },
  {
    name: 'fabricated_version',
    says: 'The version body contradicts itself or is a fake.',
    holds: ({ named }) => named?.slug === 'fabricated',
  },
  {
    name: 'vendor_backports',
    says: "A vendor's build: it may carry fixes that upstream's calendar and ranges do not know of.",
    holds: ({ named }) => named !== null && !UPSTREAM.has(named.slug),
  },
  {
    name: 'range_sources_differ',
    says: 'The sources do not agree whether one of the ranges contains this version.',
    holds: ({ disputed }) => disputed,
  },
  {
    name: 'foreign_service_names',
    says: 'The certificate names other services of a cluster beside the API server.',
    holds: ({ indicators }) => indicators.certificateName === true && indicators.foreignServiceName === true,
  },
  {
    name: 'kubeadm_style_certificates',
    says: 'Subject CN=kube-apiserver from CN=kubernetes: kubeadm and everything built on it, also managed services.',
    holds: ({ facts }) =>
      facts.certificate?.commonName === 'kube-apiserver' && facts.certificate.issuerCommonName === 'kubernetes',
  },
  {
    name: 'public_certificate',
    says: 'An API server behind a certificate without Kubernetes names.',
    holds: ({ component, indicators }) =>
      component === 'kube-apiserver' && indicators.certificateName === false && indicators.clusterIssuer === false,
  },
  {
    name: 'behind_proxy',
    says: 'A Server header, or an API server of 1.20 or later in the clear, which has no port for that: something stands before it.',
    holds: ({ component, indicators }) =>
      (component !== null && component !== 'other' && indicators.serverHeader === true) ||
      (component === 'kube-apiserver' && indicators.plainTransport === true && indicators.flowSchema === true),
  },
  {
    name: 'unwell',
    says: 'Its health check fails.',
    holds: ({ indicators, facts }) =>
      indicators.healthzFailed === true || (indicators.proxyHealth === true && facts.healthz?.status === 503),
  },
  {
    name: 'starting_or_throttled',
    says: 'It answers 503 or 429: try later.',
    holds: ({ component, facts }) =>
      component !== null &&
      someAnswer(
        facts.answers,
        ({ status }) => status === 429 || (status === 503 && !facts.healthz?.body?.includes('lastUpdated')),
      ),
  },
  {
    name: 'certificate_expired',
    says: 'The certificate had expired when it was seen.',
    holds: ({ facts }) => isExpired(facts),
  },
  {
    name: 'one_of_the_controllers',
    says: 'A controller manager, a scheduler or an extension server: neither port nor certificate tells which.',
    holds: ({ facts, component, indicators }) =>
      component === 'kube-controller-manager' &&
      facts.port !== 10257 &&
      facts.port !== 10252 &&
      indicators.controllerManagerCertificate !== true,
  },
  {
    name: 'observed_at_assumed',
    says: 'The evidence does not say when it was seen: support and dates are judged as of the time of judging.',
    holds: ({ facts }) => facts.atAssumed,
  },
  {
    name: 'evidence_fields_ignored',
    says: 'Fields of the evidence have the wrong type or size and were left out.',
    holds: ({ ignored }) => ignored,
  },
];

/** Combinations that occurred, by their bits. */
const combinations = new Map<number, readonly string[]>();

/** The flags of a verdict, in the order of the table. The same list for the same flags: it is shared. */
export function flagsOf(it: FlagCase): readonly string[] {
  let bits = 0;
  for (let at = 0; at < FLAGS.length; at++) if (FLAGS[at]!.holds(it)) bits |= 1 << at;
  let flags = combinations.get(bits);
  if (flags === undefined) {
    flags = Object.freeze(FLAGS.filter((_, at) => (bits & (1 << at)) !== 0).map(({ name }) => name));
    combinations.set(bits, flags);
  }
  return flags;
}

/** "2026-11-24T12:00:00" */
const TO_THE_SECOND = 19;

function isExpired({ certificate, at, atUtc }: Facts): boolean {
  const notAfter = certificate?.notAfter ?? null;
  if (notAfter === null) return false;
  if (atUtc && isUtcSeconds(notAfter)) {
    const [end, seen] = [notAfter.slice(0, TO_THE_SECOND), at.slice(0, TO_THE_SECOND)];
    if (end !== seen) return end < seen;
  }
  const end = Date.parse(notAfter);
  const seen = Date.parse(at);
  return !Number.isNaN(end) && !Number.isNaN(seen) && end < seen;
}
