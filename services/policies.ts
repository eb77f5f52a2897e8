// The policies of this installation: one per scope, made anew when opt-outs changed; the door of candidates; the last look before a byte is sent.
import type { Door } from './candidates/collect.job.ts';
import type { NameOptions } from './candidates/name.ts';
import { optOutRows } from './candidates/opt-out.store.ts';
import { createOptOuts, type OptOuts } from './candidates/opt-out.ts';
import { createNamePolicy, createPolicy, type Policy } from './candidates/policy.ts';
import { readScope } from './candidates/scope-text.ts';
import { counted } from './metering.ts';
import type { Parts } from './parts.ts';
import type { Geo } from './platform/geo.ts';
import { fresh, kept } from './platform/lazy.ts';
import { parseAddress } from './platform/net/address.ts';
import { ownAddresses } from './platform/net/own-addresses.ts';

/** Opt-outs take effect within this time, also for queued work. */
const OPT_OUT_FRESH_MS = 15_000;
/** What is not denied by the table, for those who name no scope and dial nothing. */
const EVERYWHERE = ['0.0.0.0/0', '::/0'];

export interface Policies {
  /** Policy for a scope as written (lab: included), with opt-outs at most 15 s old. Throws KC_SCOPE, KC_POLICY. */
  readonly policyFor: (scope: readonly string[]) => Promise<Policy>;
  /** What candidates must pass: the configured scope for addresses, opt-outs for names. A pull may last for days: the opt-outs are read anew meanwhile. */
  readonly door: (names: NameOptions) => Promise<Door>;
  /** Asked on the connected socket, whatever the survey: the never-probe table and our own addresses, or the lab when that is configured. */
  readonly guard: () => Promise<(address: string) => boolean>;
}

export function createPolicies(
  { config, db, geo, now, metrics }: Pick<Parts, 'config' | 'db' | 'geo' | 'now' | 'metrics'>,
  freshMs = OPT_OUT_FRESH_MS,
): Policies {
  const optOuts = fresh(async () => {
    const read = createOptOuts(await optOutRows(db));
    metrics.set('optout_entries', read.size);
    metrics.set('optout_refresh_timestamp_seconds', now().getTime() / 1000);
    return read;
  }, freshMs);
  const own = ownAddresses({
    further: config.ownAddresses,
    resolvers: config['dns.servers'],
    urls: [config.databaseUrl, config.redisUrl],
  });
  const made = new Map<string, { optOuts: OptOuts; policy: Policy }>();
  const policyFor = async (texts: readonly string[]): Promise<Policy> => {
    const current = await optOuts();
    const known = made.get(texts.join());
    if (known?.optOuts === current) return known.policy;
    const { scope, loopbackLab } = readScope(texts);
    const asnOf = current.counts.asn > 0 ? asnLookup(await geo()) : null;
    const judge = createPolicy({
      own: loopbackLab ? [] : own,
      optOuts: current,
      scope,
      loopbackLab,
      ...(asnOf === null ? {} : { asnOf }),
    });
    const policy = counted(judge, metrics);
    made.set(texts.join(), { optOuts: current, policy });
    return policy;
  };
  return {
    policyFor,
    door: async (options) => {
      const judges = await kept(
        async () => ({
          policy: await policyFor(config.scope.length === 0 ? EVERYWHERE : config.scope),
          names: createNamePolicy({ ...options, optOuts: await optOuts() }),
        }),
        freshMs,
      );
      return (candidate) => {
        const { policy, names } = judges();
        const address = candidate.kind === 'address' ? parseAddress(candidate.host) : null;
        if (candidate.kind === 'address' && address === null) return 'bad_address';
        const decision = address === null ? names.decide(candidate.host) : policy.decide(address);
        return decision.allowed ? null : decision.reason;
      };
    },
    guard: async () => {
      const lab = config.scope.length > 0 && readScope(config.scope).loopbackLab;
      const policy = await policyFor(lab ? config.scope : EVERYWHERE);
      return (text) => {
        const address = parseAddress(text);
        return address !== null && policy.decide(address).allowed;
      };
    },
  };
}

const asnLookup = (geo: Geo) => (address: string) => geo.lookup(address).asn;
