// What a census of the lab must find, counted from the plan alone: a test compares a survey with it exactly.
import { OUTCOMES, type Outcome } from '../probes/outcome.ts';
import { asEngineSaw, engineFinds } from './engine-view.ts';
import type { DeadName, LabFeed, LabHost, LabTruth, LabWorld } from './host.ts';

export interface CensusQuestion {
  /** Ports that are asked where a feed names none. */
  readonly ports: readonly number[];
  /** Feeds that the survey draws on; all three by default. */
  readonly feeds?: readonly LabFeed[];
  /** True when endpoints that a feed names with another port are left out; false (default) when they are surveyed, too. */
  readonly portsOnly?: boolean;
  /** 'passive': what the search engine's evidence says, without a packet. Default 'active'. */
  readonly method?: 'active' | 'passive';
}

/** One endpoint that the survey must hold, or one name that leads to none. */
export interface ExpectedEndpoint {
  /** null for a name without an address. */
  readonly address: string | null;
  readonly port: number | null;
  /** A name through which a feed knows the host, else null. */
  readonly serverName: string | null;
  /** The feeds of the question that know this endpoint. */
  readonly feeds: readonly LabFeed[];
  readonly truth: LabTruth;
}

/** Numbers of endpoints. Records hold no zeros; null values are counted under 'none'. */
export interface ExpectedCounts {
  readonly endpoints: number;
  /** Distinct addresses with at least one positive outcome. */
  readonly hosts: number;
  readonly outcome: Readonly<Record<string, number>>;
  readonly component: Readonly<Record<string, number>>;
  /** 'kubernetes' where the grade is possible or better, 'not' where it is not. */
  readonly gradeClass: Readonly<Record<string, number>>;
  /** The two headline indicators and their overlap. */
  readonly indicators: {
    readonly certificateName: number;
    readonly versionEndpoint: number;
    readonly both: number;
    readonly onlyCertificateName: number;
    readonly onlyVersionEndpoint: number;
  };
  readonly gitVersion: Readonly<Record<string, number>>;
  readonly distribution: Readonly<Record<string, number>>;
  readonly authentication: Readonly<Record<string, number>>;
}

const NOTHING: Omit<LabTruth, 'outcome'> = {
  component: null,
  gradeAtLeast: 'not',
  certificateName: null,
  versionEndpoint: null,
  gitVersion: null,
  distribution: null,
  authentication: null,
};

/** A name with only private addresses, or with none, has no address that may be probed. */
const DEAD: Readonly<Record<DeadName['answer'], Outcome>> = {
  nxdomain: 'dns_nxdomain',
  servfail: 'dns_servfail',
  timeout: 'dns_timeout',
  private: 'dns_no_public_address',
  empty: 'dns_no_public_address',
};

const ALL_FEEDS: readonly LabFeed[] = ['list', 'ct', 'censys'];

/** Every endpoint of the census, in the world's order. A bare address or a name stands for all ports, an engine's hit for its own. */
export function expectedEndpoints(world: LabWorld, question: CensusQuestion): readonly ExpectedEndpoint[] {
  const feeds = question.feeds ?? ALL_FEEDS;
  if (question.method === 'passive') return world.hosts.flatMap((host) => passiveEndpoints(host, question, feeds));
  const dead = feeds.includes('ct')
    ? world.deadNames.map(
        ({ name, answer }): ExpectedEndpoint => ({
          address: null,
          port: null,
          serverName: name,
          feeds: ['ct'],
          truth: { ...NOTHING, outcome: DEAD[answer] },
        }),
      )
    : [];
  return [...world.hosts.flatMap((host) => activeEndpoints(host, question, feeds)), ...dead];
}

function activeEndpoints(host: LabHost, question: CensusQuestion, feeds: readonly LabFeed[]): ExpectedEndpoint[] {
  const known = host.feeds.filter((feed) => feeds.includes(feed));
  const byPort = new Map<number, LabFeed[]>();
  for (const feed of known) {
    for (const port of feed === 'censys' ? enginePorts(host, question) : question.ports) {
      byPort.set(port, [...(byPort.get(port) ?? []), feed]);
    }
  }
  const serverName = known.includes('ct') ? (host.names[0] ?? null) : null;
  return [...byPort].map(([port, by]) => ({
    address: host.address,
    port,
    serverName: by.includes('ct') ? serverName : null,
    feeds: by,
    truth: host.services.find((service) => service.port === port)?.truth ?? { ...NOTHING, outcome: 'tcp_refused' },
  }));
}

function enginePorts(host: LabHost, { ports, portsOnly }: CensusQuestion): number[] {
  return host.services
    .filter((service) => engineFinds(service) && (portsOnly !== true || ports.includes(service.port)))
    .map(({ port }) => port);
}

function passiveEndpoints(host: LabHost, question: CensusQuestion, feeds: readonly LabFeed[]): ExpectedEndpoint[] {
  if (!host.feeds.includes('censys') || !feeds.includes('censys')) return [];
  const ports = enginePorts(host, question);
  return host.services
    .filter(({ port }) => ports.includes(port))
    .map((service) => ({
      address: host.address,
      port: service.port,
      serverName: null,
      feeds: ['censys'],
      truth: asEngineSaw(host, service).truth,
    }));
}

/** The exact census of the question. */
export function expectedCounts(world: LabWorld, question: CensusQuestion): ExpectedCounts {
  const endpoints = expectedEndpoints(world, question);
  const truths = endpoints.map(({ truth }) => truth);
  const where = (test: (truth: LabTruth) => boolean) => truths.filter(test).length;
  const positive = endpoints.filter(({ truth }) => OUTCOMES[truth.outcome].class === 'positive');
  return {
    endpoints: endpoints.length,
    hosts: new Set(positive.map(({ address }) => address)).size,
    outcome: countBy(truths, ({ outcome }) => outcome),
    component: countBy(truths, ({ component }) => component),
    gradeClass: countBy(truths, ({ gradeAtLeast }) => (gradeAtLeast === 'not' ? 'not' : 'kubernetes')),
    indicators: {
      certificateName: where((truth) => truth.certificateName === true),
      versionEndpoint: where((truth) => truth.versionEndpoint === true),
      both: where((truth) => truth.certificateName === true && truth.versionEndpoint === true),
      onlyCertificateName: where((truth) => truth.certificateName === true && truth.versionEndpoint !== true),
      onlyVersionEndpoint: where((truth) => truth.certificateName !== true && truth.versionEndpoint === true),
    },
    gitVersion: countBy(truths, ({ gitVersion }) => gitVersion),
    distribution: countBy(truths, ({ distribution }) => distribution),
    authentication: countBy(truths, ({ authentication }) => authentication),
  };
}

function countBy(truths: readonly LabTruth[], keyOf: (truth: LabTruth) => string | null): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const truth of truths) {
    const key = keyOf(truth) ?? 'none';
    counts[key] = (counts[key] ?? 0) + 1;
  }
  return counts;
}
