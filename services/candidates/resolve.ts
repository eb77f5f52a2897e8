// Names to addresses, once per survey: every answer is judged by the policy and the survivors are pinned. (This file does I/O: DNS.)
import { promises as dns } from 'node:dns';
import { KubecensusError } from '../platform/errors.ts';
import { type Address, compareAddresses, parseAddress } from '../platform/net/address.ts';
import { canonicalSuffix, endsInNumber } from './name.ts';
import type { Policy } from './policy.ts';

export interface ResolverOptions {
  /** "192.0.2.53", "192.0.2.53:5353", "[2001:db8::53]:5353"; empty means the system's servers. */
  readonly servers: readonly string[];
  /** For one question to one server, in milliseconds. A resolution ends within timeoutMs x tries x servers. */
  readonly timeoutMs: number;
  readonly tries: number;
  readonly policy: Policy;
  /** Addresses kept per name: a name with hundreds is a load balancer or a trap, and a few stand for it. */
  readonly maxAnswers: number;
  readonly family: 'v4' | 'v6' | 'both';
}

export type ResolutionFlag =
  /** Some answers may not be probed and were dropped. */
  | 'dns_mixed_private'
  /** More addresses than maxAnswers; the lowest were kept. */
  | 'dns_many_addresses'
  /** One family was answered, the other failed. */
  | 'dns_partial';

/** What became of a name. Never an exception. */
export type Resolution =
  | { readonly outcome: null; readonly addresses: readonly Address[]; readonly flags: readonly ResolutionFlag[] }
  | {
      readonly outcome: 'dns_nxdomain' | 'dns_servfail' | 'dns_timeout' | 'dns_no_public_address' | 'invalid_target';
      readonly flags: readonly ResolutionFlag[];
    };

export interface Resolver {
  /** Asks for A, AAAA or both, once; a canonical name only, else `invalid_target`. Does not retry beyond `tries`, does not cache. */
  resolve(name: string): Promise<Resolution>;
  /** Ends the questions under way; their names resolve as dns_servfail. */
  close(): void;
}

/** Enough for a sensible set-up; what a resolver is asked for must stay bounded whatever the configuration says. */
export const DEFAULT_MAX_ANSWERS = 8;

type Failure = 'nxdomain' | 'nodata' | 'timeout' | 'servfail';
type Answer = { readonly texts: readonly string[] } | { readonly failure: Failure };

/** c-ares codes as the outcomes tell them apart. Everything else (SERVFAIL, REFUSED, bad answers, no server) is "could not answer". */
const FAILURES: Readonly<Record<string, Failure>> = { ENOTFOUND: 'nxdomain', ENODATA: 'nodata', ETIMEOUT: 'timeout' };

/**
 * Opens a resolver over node's c-ares: no hosts file, no search domains. Throws KC_RESOLVER for a server that is no address.
 *
 * Every name has a c-ares channel of its own (about 45 microseconds). A channel that has seen fast answers shortens its timeout to fit
 * them, to a second whatever it was told (seen with c-ares 1.34), and would then call slow zones dead.
 */
export function createResolver(options: ResolverOptions): Resolver {
  const { policy, maxAnswers, family, timeoutMs, tries } = options;
  const underWay = new Set<dns.Resolver>();
  const openChannel = (): dns.Resolver => {
    const channel = new dns.Resolver({ timeout: timeoutMs, tries, maxTimeout: timeoutMs });
    if (options.servers.length > 0) setServers(channel, options.servers);
    return channel;
  };
  openChannel(); // a bad server is an error now, not at the first name
  return {
    resolve: async (name) => {
      if (!isCanonical(name)) return { outcome: 'invalid_target', flags: [] };
      const channel = openChannel();
      underWay.add(channel);
      const answers = await Promise.all(ask(channel, name, family));
      underWay.delete(channel);
      return judge(answers, policy, maxAnswers);
    },
    close: () => {
      for (const channel of underWay) channel.cancel();
    },
  };
}

function ask(channel: dns.Resolver, name: string, family: ResolverOptions['family']): Promise<Answer>[] {
  const absolute = `${name}.`; // the final dot keeps any resolver from trying a search domain
  const questions: Promise<string[]>[] = [];
  if (family !== 'v6') questions.push(channel.resolve4(absolute));
  if (family !== 'v4') questions.push(channel.resolve6(absolute));
  return questions.map(async (question) =>
    question.then(
      (texts) => ({ texts }),
      (error: NodeJS.ErrnoException) => ({ failure: FAILURES[error.code ?? ''] ?? 'servfail' }),
    ),
  );
}

/** Answers to a resolution: unreadable or denied addresses are dropped, the rest sorted, so that a shuffled answer changes nothing. */
function judge(answers: readonly Answer[], policy: Policy, maxAnswers: number): Resolution {
  const texts = [...new Set(answers.flatMap((answer) => ('texts' in answer ? answer.texts : [])))];
  const failures = answers.flatMap((answer) => ('failure' in answer ? [answer.failure] : []));
  const allowed = texts.flatMap((text) => {
    const address = parseAddress(text);
    return address !== null && policy.decide(address).allowed ? [address] : [];
  });
  const distinct = [...new Map(allowed.map((address) => [address.text, address])).values()].sort(compareAddresses);
  const flags: ResolutionFlag[] = [];
  if (allowed.length > 0 && allowed.length < texts.length) flags.push('dns_mixed_private');
  if (distinct.length > maxAnswers) flags.push('dns_many_addresses');
  if (failures.some((failure) => failure === 'timeout' || failure === 'servfail') && texts.length > 0)
    flags.push('dns_partial');
  if (distinct.length > 0) return { outcome: null, addresses: distinct.slice(0, maxAnswers), flags };
  return { outcome: outcomeOf(failures), flags };
}

/** Without an address: NXDOMAIN speaks for every type; a family that was not answered might still have one; then there is none. */
function outcomeOf(
  failures: readonly Failure[],
): 'dns_nxdomain' | 'dns_timeout' | 'dns_servfail' | 'dns_no_public_address' {
  if (failures.includes('nxdomain')) return 'dns_nxdomain';
  if (failures.includes('timeout')) return 'dns_timeout';
  return failures.includes('servfail') ? 'dns_servfail' : 'dns_no_public_address';
}

/** Internal suffixes are the name policy's business; here a name only has to be spelled canonically. */
function isCanonical(name: string): boolean {
  return canonicalSuffix(name) === name && !endsInNumber(name);
}

function setServers(resolver: dns.Resolver, servers: readonly string[]): void {
  try {
    resolver.setServers(servers);
  } catch (cause) {
    throw new KubecensusError('KC_RESOLVER', `DNS servers that cannot be read: ${servers.join(', ')}.`, { cause });
  }
}
