// Made-up surveys for tests of reports: endpoints drawn with a seed, and every rollup counted from them, so that all numbers agree.

import type {
  FeedRunFacts,
  HeadlineData,
  Rollup,
  SurveyFacts,
  TallyFacts,
} from '../../services/reports/headline-data.ts';
import type { IndicatorCounts, UnitHeadline } from '../../services/rollups/headline.ts';
import { type Cell, type Dimension, ROLLUP_SETS, UNITS, type Unit } from '../../services/rollups/rollup.ts';

type Values = Record<Exclude<Dimension, 'feed'>, string | null> & { feed: readonly string[] };
export interface SampleEndpoint {
  readonly host: string;
  readonly certificate: string | null;
  readonly values: Values;
}

/** Mulberry32: a small seeded generator, good enough to draw samples. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

type Weighted<T> = readonly (readonly [T, number])[];

function draw<T>(random: () => number, choices: Weighted<T>): T {
  let left = random() * choices.reduce((sum, [, weight]) => sum + weight, 0);
  for (const [choice, weight] of choices) {
    left -= weight;
    if (left < 0) return choice;
  }
  return choices.at(-1)![0];
}

const COMPONENTS: Weighted<string | null> = [
  ['kube-apiserver', 620],
  ['kubelet', 140],
  ['etcd-client', 12],
  ['etcd-peer', 8],
  ['etcd-metrics', 6],
  ['kube-controller-manager', 7],
  ['kube-scheduler', 7],
  ['kube-proxy-metrics', 20],
  ['kube-proxy-healthz', 24],
  ['kubelet-healthz', 4],
  ['kubelet-readonly', 15],
  ['rke2-supervisor', 5],
  ['kubernetes-dashboard', 3],
  ['other', 20],
  [null, 250],
];
const PORT_OF: Readonly<Record<string, string>> = {
  kubelet: '10250',
  'etcd-client': '2379',
  'etcd-peer': '2380',
  'etcd-metrics': '2381',
  'kube-controller-manager': '10257',
  'kube-scheduler': '10259',
  'kube-proxy-metrics': '10249',
  'kube-proxy-healthz': '10256',
  'kubelet-healthz': '10248',
  'kubelet-readonly': '10255',
  'rke2-supervisor': '9345',
};
const DISTRIBUTIONS: Weighted<string | null> = [
  ['gke', 340],
  ['eks', 260],
  ['openshift', 70],
  ['iks', 60],
  ['k3s', 55],
  ['vanilla', 150],
  ['aks', 90],
  ['rke2', 20],
  ['ack', 18],
  ['tkg', 12],
  ['cce', 8],
  ['microk8s', 5],
  ['doks', 12],
  ['talos', 4],
  [null, 40],
];
const MINORS: Weighted<number> = [
  [16, 4],
  [17, 5],
  [18, 8],
  [19, 9],
  [20, 14],
  [21, 20],
  [22, 26],
  [23, 34],
  [24, 42],
  [25, 60],
  [26, 74],
  [27, 90],
  [28, 120],
  [29, 150],
  [30, 190],
  [31, 260],
  [32, 320],
  [33, 410],
  [34, 380],
  [35, 300],
  [36, 120],
  [37, 15],
];
const COUNTRIES: Weighted<string | null> = [
  ['US', 510],
  ['DE', 90],
  ['CN', 85],
  ['SG', 40],
  ['IE', 38],
  ['FR', 35],
  ['NL', 34],
  ['JP', 30],
  ['GB', 28],
  ['IN', 26],
  ['BR', 20],
  ['KR', 18],
  ['AU', 16],
  ['CA', 15],
  ['HK', 12],
  ['FI', 9],
  ['RU', 8],
  ['VN', 6],
  ['BA', 2],
  [null, 6],
];
const NETWORKS: Weighted<string | null> = [
  ['396982', 330],
  ['16509', 260],
  ['8075', 90],
  ['36351', 50],
  ['24940', 45],
  ['16276', 40],
  ['14061', 36],
  ['37963', 34],
  ['45102', 20],
  ['63949', 14],
  ['12876', 10],
  ['20473', 10],
  ['51167', 9],
  ['132203', 8],
  ['31898', 8],
  ['197540', 6],
  ['64512', 2],
  [null, 8],
];
const NETWORK_NAMES: Readonly<Record<string, string>> = {
  '396982': 'GOOGLE-CLOUD-PLATFORM',
  '16509': 'AMAZON-02',
  '8075': 'MICROSOFT-CORP-MSN-AS-BLOCK',
  '36351': 'SOFTLAYER',
  '24940': 'Hetzner Online GmbH',
  '16276': 'OVH SAS',
  '14061': 'DIGITALOCEAN-ASN',
  '37963': 'Hangzhou Alibaba Advertising Co.,Ltd.',
  '45102': 'Alibaba US Technology Co., Ltd.',
  '63949': 'Akamai Connected Cloud',
  '12876': 'SCALEWAY S.A.S.',
  '20473': 'The Constant Company, LLC',
  '51167': 'Contabo GmbH',
  '132203': 'Tencent Building, Kejizhongyi Avenue',
  '31898': 'ORACLE-BMC-31898',
  '197540': 'netcup GmbH',
};
const SILENT: Weighted<string> = [
  ['tcp_timeout', 110],
  ['tcp_refused', 80],
  ['not_kubernetes', 60],
  ['tls_alert', 10],
  ['tls_timeout', 8],
  ['tcp_unreachable', 7],
  ['http_timeout', 6],
  ['tls_reset', 5],
  ['blocked_policy', 5],
  ['dns_nxdomain', 5],
  ['http_malformed', 3],
  ['error_ours', 1],
];

/** Endpoints of one survey of 2026-11-23. */
export function sampleEndpoints(count: number, seed: number): SampleEndpoint[] {
  const random = seeded(seed);
  return Array.from({ length: count }, (_, at) => sampleEndpoint(random, at));
}

function sampleEndpoint(random: () => number, at: number): SampleEndpoint {
  const component = draw(random, COMPONENTS);
  const isApi = component === 'kube-apiserver';
  const isKubernetes = component !== null && component !== 'other';
  const distribution = isApi ? draw(random, DISTRIBUTIONS) : null;
  const shows = isApi && distribution !== 'aks' && distribution !== null && random() < 0.82;
  const named = isApi && random() < (shows ? 0.86 : 0.9);
  const minor = draw(random, MINORS);
  const support =
    minor <= 33 ? 'end-of-life' : minor === 34 ? 'end-of-life' : minor === 35 || minor === 36 ? 'supported' : 'unknown';
  const feeds = (['certificate-log', 'censys', 'import:list.txt'] as const).filter(
    (_, which) => random() < [0.45, 0.8, 0.05][which]!,
  );
  const honeypot = isKubernetes
    ? draw(random, [
        ['none', 960],
        ['low', 25],
        ['medium', 10],
        ['high', 5],
      ])
    : 'none';
  return {
    host: `host-${Math.floor(at * 0.93)}`,
    certificate: named || isApi ? `certificate-${Math.floor(at * 0.8)}` : null,
    values: {
      component,
      grade: !isKubernetes
        ? 'not'
        : shows
          ? 'confirmed'
          : draw(random, [
              ['confirmed', 50],
              ['probable', 35],
              ['possible', 15],
            ]),
      indicator: named && shows ? 'both' : named ? 'certificate-name' : shows ? 'version-endpoint' : 'neither',
      outcome: shows
        ? 'k8s_version_open'
        : isApi
          ? 'k8s_auth_required'
          : isKubernetes
            ? draw(random, [
                ['k8s_component', 60],
                ['k8s_auth_required', 30],
                ['tls_client_cert_required', 10],
              ])
            : component === 'other'
              ? 'not_kubernetes'
              : draw(random, SILENT),
      distribution,
      minor: shows ? `1.${minor}` : null,
      version: shows
        ? `v1.${minor}.${Math.floor(random() * 12)}${distribution === 'gke' ? `-gke.${Math.floor(random() * 9) * 100 + 1000}` : distribution === 'eks' ? '-eks-1a2b3c4' : ''}`
        : null,
      support: shows ? support : null,
      country: draw(random, COUNTRIES),
      asn: draw(random, NETWORKS),
      port:
        PORT_OF[component ?? ''] ??
        draw(random, [
          ['6443', 55],
          ['443', 45],
        ]),
      feed: feeds.length === 0 ? ['censys'] : feeds,
      authentication: shows
        ? 'anonymous-public'
        : isApi
          ? draw(random, [
              ['anonymous-denied', 60],
              ['required', 40],
            ])
          : component?.startsWith('etcd-')
            ? 'client-certificate'
            : isKubernetes
              ? 'none'
              : null,
      honeypot,
      method: 'active',
    },
  };
}

function indicators(endpoint: SampleEndpoint): { name: boolean; version: boolean } {
  const { indicator } = endpoint.values;
  return {
    name: indicator === 'both' || indicator === 'certificate-name',
    version: indicator === 'both' || indicator === 'version-endpoint',
  };
}

function keyOf(endpoint: SampleEndpoint, unit: Unit, at: number): string | null {
  return unit === 'endpoint' ? String(at) : unit === 'host' ? endpoint.host : endpoint.certificate;
}

/** Counts by every rollup set and unit; `weight` stands for how many real endpoints each drawn one is. */
export function sampleRollups(endpoints: readonly SampleEndpoint[], weight: number): Rollup[] {
  return UNITS.flatMap((unit) =>
    ROLLUP_SETS.map((dims) => {
      const seen = new Map<string, Set<string>>();
      for (const [at, endpoint] of endpoints.entries()) {
        const key = keyOf(endpoint, unit, at);
        if (key === null) continue;
        for (const feed of dims.includes('feed') ? endpoint.values.feed : [null]) {
          const cell = JSON.stringify(dims.map((dim) => (dim === 'feed' ? feed : endpoint.values[dim])));
          seen.set(cell, (seen.get(cell) ?? new Set()).add(key));
        }
      }
      const cells: Cell[] = [...seen].map(([values, keys]) => ({
        values: Object.fromEntries(dims.map((dim, at) => [dim, (JSON.parse(values) as (string | null)[])[at] ?? null])),
        count: keys.size * weight,
      }));
      return { unit, dims, cells };
    }),
  );
}

function unitHeadline(endpoints: readonly SampleEndpoint[], unit: Unit, weight: number): UnitHeadline {
  const counts = (suspects: boolean): IndicatorCounts => {
    const things = new Map<string, { name: boolean; version: boolean }>();
    for (const [at, endpoint] of endpoints.entries()) {
      const key = keyOf(endpoint, unit, at);
      if (key === null || (!suspects && ['medium', 'high'].includes(endpoint.values.honeypot ?? ''))) continue;
      const before = things.get(key) ?? { name: false, version: false };
      const now = indicators(endpoint);
      things.set(key, { name: before.name || now.name, version: before.version || now.version });
    }
    const count = (test: (thing: { name: boolean; version: boolean }) => boolean): number =>
      [...things.values()].filter(test).length * weight;
    return {
      certificateName: count((one) => one.name),
      versionEndpoint: count((one) => one.version),
      both: count((one) => one.name && one.version),
      onlyCertificateName: count((one) => one.name && !one.version),
      onlyVersionEndpoint: count((one) => one.version && !one.name),
      either: count((one) => one.name || one.version),
    };
  };
  const observed =
    new Set(endpoints.map((endpoint, at) => keyOf(endpoint, unit, at)).filter((key) => key !== null)).size * weight;
  return { observed, all: counts(true), withoutSuspects: counts(false) };
}

/** The two indicators of some endpoints, in every unit. */
export function sampleHeadline(endpoints: readonly SampleEndpoint[], weight: number): Record<Unit, UnitHeadline> {
  return {
    endpoint: unitHeadline(endpoints, 'endpoint', weight),
    host: unitHeadline(endpoints, 'host', weight),
    certificate: unitHeadline(endpoints, 'certificate', weight),
  };
}

export function sampleSurvey(over: Partial<SurveyFacts>): SurveyFacts {
  return {
    id: '2026-11-23-a',
    method: 'active',
    state: 'complete',
    seed: '8f14e45fceea167a',
    sample: null,
    ports: [443, 6443],
    feeds: ['certificate-log', 'censys', 'import:list.txt'],
    scope: ['0.0.0.0/0'],
    vantage: 'lab',
    rate: 500,
    targetCount: 2000,
    excludedBy: { opt_out: 3, special_purpose: 41, duplicate_name: 120 },
    chunks: { total: 4, committed: 4 },
    createdAt: '2026-11-23T03:55:00.000Z',
    startedAt: '2026-11-23T04:00:00.000Z',
    finishedAt: '2026-11-23T05:10:00.000Z',
    manifest: { policy: { snapshot: '2026-07-18', sha256: '00' } },
    ...over,
  };
}

export function sampleRun(over: Partial<FeedRunFacts>): FeedRunFacts {
  return {
    feed: 'censys',
    kind: 'sightings',
    query: 'services.tls.certificates.leaf_data.names: kubernetes.default.svc.cluster.local',
    sourceSha256: null,
    upstreams: ['certificate-log'],
    state: 'complete',
    partialReason: null,
    claimedTotal: 1700,
    read: 1700,
    accepted: 1610,
    duplicate: 80,
    rejected: 10,
    rejectedBy: { no_host: 7, bad_port: 3 },
    capHit: false,
    startedAt: '2026-11-23T02:00:00.000Z',
    ...over,
  };
}

/** Monthly tallies of one feed; the buckets of each day sum to 90 % of its total. */
export function sampleTallies(days: number): TallyFacts[] {
  return Array.from({ length: days }, (_, at) => {
    const total = 1_000_000 + at * 30_000;
    return {
      feed: 'census',
      observedAt: new Date(Date.UTC(2022, 8 + at, 12)).toISOString(),
      query: 'version: *',
      field: 'version',
      unit: 'hosts',
      total,
      omitted: null,
      deviation: 0,
      byDistribution: { gke: total * 0.5, eks: total * 0.3, vanilla: total * 0.1 },
      byMinor: { '1.24': total * 0.4, '1.25': total * 0.4, '': total * 0.1 },
      bySupport: { supported: total * 0.5, 'end-of-life': total * 0.3, unknown: total * 0.1 },
    };
  });
}

export interface SampleOptions {
  readonly endpoints: number;
  readonly weight: number;
  readonly seed: number;
  readonly tallies?: readonly TallyFacts[];
}

export function sampleData(options: SampleOptions): HeadlineData {
  const endpoints = sampleEndpoints(options.endpoints, options.seed);
  const scale = (value: number): number => value * options.weight;
  return {
    generatedAt: '2026-11-23T06:00:00.000Z',
    codeVersion: '0.1.0',
    survey: sampleSurvey({ targetCount: scale(options.endpoints) }),
    headline: sampleHeadline(endpoints, options.weight),
    rollups: sampleRollups(endpoints, options.weight),
    feedRuns: [
      sampleRun({
        claimedTotal: scale(1700),
        read: scale(1400),
        accepted: scale(1310),
        duplicate: scale(80),
        rejected: scale(10),
        rejectedBy: { no_host: scale(7), bad_port: scale(3) },
        state: 'partial',
        partialReason: 'credits ran out',
        capHit: true,
      }),
      sampleRun({
        feed: 'certificate-log',
        query: 'log.example/2026h2',
        upstreams: [],
        claimedTotal: null,
        read: scale(900),
        accepted: scale(880),
        duplicate: scale(20),
        rejected: 0,
        rejectedBy: {},
      }),
      sampleRun({
        feed: 'import:list.txt',
        query: 'list.txt',
        upstreams: [],
        claimedTotal: null,
        read: 101,
        accepted: 100,
        duplicate: 0,
        rejected: 1,
        rejectedBy: { bad_address: 1 },
      }),
    ],
    tallies: options.tallies ?? [],
    networkNames: NETWORK_NAMES,
    geo: [
      {
        gives: 'country',
        name: 'geo-whois-asn-country',
        version: '2.3.20260617',
        licence: 'CC BY 4.0',
        attribution: 'Number Resource Organization (nro.net)',
        caveat: 'The publisher says that this data has known errors.',
      },
      {
        gives: 'asn',
        name: 'asn',
        version: '2.3.20260617',
        licence: 'CC BY 4.0',
        attribution: 'RouteViews; DB-IP; NRO',
        caveat: 'The publisher says that this data has known errors.',
      },
    ],
    compare: null,
  };
}

/** A survey in which nothing was found, and nothing looked at. */
export function emptyData(): HeadlineData {
  return { ...sampleData({ endpoints: 0, weight: 1, seed: 1 }), feedRuns: [], geo: [], networkNames: {} };
}
