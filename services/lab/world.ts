// Plans a whole lab from a seed: the hosts, what they run, who knows them, and the truth about each.
import { buildOf, releasesBetween } from './builds.ts';
import { engineFinds } from './engine-view.ts';
import type { DeadName, LabCluster, LabFeed, LabHost, LabWorld } from './host.ts';
import { quotas } from './quotas.ts';
import { type Random, seededRandom } from './random.ts';
import type { Recipe } from './recipes/recipe.ts';
import { RECIPES } from './recipes/recipes.ts';

/** Places a lab can be in: one per /16 of 127.16.0.0/12. */
export const PLACES = 16;

/** Reserved for tests (RFC 6761) and resolved by nobody but the lab's own DNS server. */
export const LAB_ZONE = 'kubecensus-lab.test';

/** Hosts per /24, so that a survey's pacing by /24 meets several of each; raised when the addresses would not suffice. */
const HOSTS_PER_BLOCK = 24;
/** 127.16.0.0/12 has this many /24s, and a place begins at every 256th. */
const BLOCKS = 4096;
const BLOCKS_PER_PLACE = BLOCKS / PLACES;
const LAST_OCTETS = 250;

/** One time in five the next control plane of a kind belongs to the cluster before it. */
const SAME_CLUSTER = 0.2;
/** Control planes of one cluster; more than three are rare. */
const MEMBERS = 3;

const WORDS = [
  'heron',
  'maple',
  'quartz',
  'ember',
  'tundra',
  'lagoon',
  'falcon',
  'cedar',
  'onyx',
  'delta',
  'pixel',
  'orbit',
] as const;
const COUNTRIES = ['US', 'DE', 'CN', 'NL', 'FR', 'SG', 'JP', 'GB', 'IN', 'KR', 'BR', 'AU'] as const;

export interface WorldOptions {
  readonly seed: string;
  /** 1 to 1,000,000. */
  readonly hosts: number;
  readonly now: Date;
  /** 0 to 15: which /16 of 127.16.0.0/12 the addresses begin in, so that labs can run side by side. Default 0. */
  readonly place?: number;
  /** False where this process may not listen below 1024: what would be on 443 is then on 6443. Default true. */
  readonly lowPorts?: boolean;
  /** Source addresses of probers, each with the share of the hosts that refuse it; a host refuses one at most. Default: none. */
  readonly refusals?: Readonly<Record<string, number>>;
}

/** Pure: the same options give a world that is equal in every field. Throws RangeError outside the bounds. */
export function planWorld(options: WorldOptions): LabWorld {
  const { seed, hosts: total, now, place = 0, lowPorts = true, refusals = {} } = options;
  if (!Number.isInteger(place) || place < 0 || place >= PLACES) throw new RangeError(`there is no place ${place}`);
  if (!Number.isInteger(total) || total < 1 || total > 1_000_000)
    throw new RangeError(`a lab has 1 to 1,000,000 hosts, not ${total}`);
  const random = seededRandom(seed);
  const counts = quotas(
    total,
    RECIPES.map((recipe) => recipe.weight),
  );
  const deck = random
    .fork('deck')
    .shuffle(RECIPES.flatMap((recipe, index) => Array<Recipe>(counts[index] ?? 0).fill(recipe)));
  const addresses = planAddresses(total, place, random.fork('addresses'));
  const lastCluster = new Map<string, { cluster: LabCluster; members: string[] }>();
  const hosts = deck.map((recipe, index) =>
    planHost(recipe, index, addresses[index] ?? '', now, random.fork(`host ${index}`), lastCluster),
  );
  return {
    seed,
    now,
    zone: LAB_ZONE,
    hosts: refusing(lowPorts ? hosts : hosts.map(withoutLowPorts), refusals, random.fork('refusals')),
    deadNames: planDeadNames(total, random.fork('dead names')),
  };
}

function refusing(hosts: readonly LabHost[], refusals: Readonly<Record<string, number>>, random: Random): LabHost[] {
  const left = random.shuffle(hosts.map((_, index) => index));
  const refused = new Map(
    Object.entries(refusals).flatMap(([source, share]) =>
      left.splice(0, Math.round(share * hosts.length)).map((index) => [index, source] as const),
    ),
  );
  return hosts.map((host, index) => {
    const refuses = refused.get(index);
    return refuses === undefined ? host : { ...host, refuses };
  });
}

/** No recipe uses both 443 and 6443, so nothing collides. */
function withoutLowPorts(host: LabHost): LabHost {
  return {
    ...host,
    services: host.services.map((service) => (service.port === 443 ? { ...service, port: 6443 } : service)),
  };
}

/** Distinct addresses of 127.16.0.0/12, filled /24 by /24 with gaps, from the place on and round the end. */
function planAddresses(total: number, place: number, random: Random): string[] {
  const perBlock = Math.max(HOSTS_PER_BLOCK, Math.ceil(total / BLOCKS));
  const octets = Array.from({ length: LAST_OCTETS }, (_, index) => index + 1);
  const addresses: string[] = [];
  for (let next = place * BLOCKS_PER_PLACE; addresses.length < total; next += 1) {
    const block = next % BLOCKS;
    const chosen = random.shuffle(octets).slice(0, Math.min(perBlock, total - addresses.length));
    for (const octet of chosen) addresses.push(`127.${16 + (block >> 8)}.${block & 255}.${octet}`);
  }
  return addresses;
}

function planHost(
  recipe: Recipe,
  index: number,
  address: string,
  now: Date,
  random: Random,
  lastCluster: Map<string, { cluster: LabCluster; members: string[] }>,
): LabHost {
  const word = random.pick(WORDS);
  const names = random.chance(recipe.named) ? planNames(recipe, word, index, random) : [];
  const cluster = (distribution: string, oldest: number, newest: number): LabCluster => {
    const last = lastCluster.get(recipe.name);
    if (last !== undefined && last.members.length < MEMBERS && random.chance(SAME_CLUSTER)) {
      last.members.push(address);
      return last.cluster;
    }
    const members = [address];
    const made = planCluster(
      `${recipe.name}-${index}`,
      `${word}-${index}`,
      distribution,
      oldest,
      newest,
      now,
      random,
      members,
    );
    lastCluster.set(recipe.name, { cluster: made, members });
    return made;
  };
  const services = recipe.plan({ address, node: `${word}-${index}`, names, now, random, cluster });
  const feeds = planFeeds(names.length > 0, services.some(engineFinds), random);
  return {
    address,
    recipe: recipe.name,
    services,
    names,
    dns: random.chance(0.1) ? 'truncated' : random.chance(0.05) ? 'mixed' : 'plain',
    country: random.pick(COUNTRIES),
    feeds,
    stale: feeds.includes('censys') && random.chance(0.1),
  };
}

function planCluster(
  id: string,
  name: string,
  distribution: string,
  oldest: number,
  newest: number,
  now: Date,
  random: Random,
  members: readonly string[],
): LabCluster {
  const build = buildOf(distribution, random.pick(releasesBetween(oldest, newest)));
  const pair = () => ({ schema: random.uuid(), level: random.uuid() });
  const probes = pair();
  // Health checks have a schema of their own since 1.22; before, one schema takes all.
  const other = build.minor >= 22 ? pair() : probes;
  // A cluster is as old as its build allows, and at least a day.
  const span = Math.max(1, Math.floor((now.getTime() - Date.parse(build.buildDate)) / 86_400_000) - 1);
  return {
    id,
    name,
    build,
    createdAt: new Date(
      Math.floor(now.getTime() / 1000) * 1000 - (1 + random.integer(span)) * 86_400_000 - random.integer(86_400) * 1000,
    ),
    // RSA is what kubeadm makes by default and costs the lab three times the CPU: a share keeps both in the picture.
    key: random.chance(0.3) ? 'rsa' : 'ec',
    flow: { probes, other },
    uuid: random.uuid(),
    hex: random.hex(32),
    members,
  };
}

function planNames(recipe: Recipe, word: string, index: number, random: Random): string[] {
  const organisation = `${word}${index}`;
  const forms = [
    `api.${recipe.name}-${index}.${LAB_ZONE}`,
    `k8s.${organisation}.${LAB_ZONE}`,
    `kubernetes.${organisation}.${LAB_ZONE}`,
    `kube-api.${organisation}.${LAB_ZONE}`,
  ];
  return [random.pick(forms)];
}

/** Feeds overlap, as they do outside: most hosts are in one or two, some in three. A host that nobody would find is put on the list. */
function planFeeds(named: boolean, known: boolean, random: Random): LabFeed[] {
  const feeds: LabFeed[] = [];
  if (random.chance(0.6)) feeds.push('list');
  if (named && random.chance(0.9)) feeds.push('ct');
  if (known && random.chance(0.5)) feeds.push('censys');
  return feeds.length === 0 ? ['list'] : feeds;
}

/** About one certificate name in a hundred hosts leads nowhere, in each of the ways there are. */
function planDeadNames(total: number, random: Random): DeadName[] {
  const ways = ['nxdomain', 'servfail', 'timeout', 'private', 'empty'] as const;
  const each = Math.max(1, Math.round(total / 500));
  return ways.flatMap((answer) =>
    Array.from({ length: each }, (_, index) => ({
      name: `api.${random.pick(WORDS)}-${answer}-${index}.${LAB_ZONE}`,
      answer,
    })),
  );
}
