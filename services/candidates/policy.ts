// The policy: may this address, or this name, be asked? Denies by table and fails closed; no setting turns a row of the table off.
import { createHash } from 'node:crypto';
import { KubecensusError } from '../platform/errors.ts';
import { type Address, type Prefix, parsePrefix } from '../platform/net/address.ts';
import { createPrefixSet, type PrefixSet } from '../platform/net/prefix-set.ts';
import { canonicalName, type NameOptions, type NameRejection } from './name.ts';
import { IPV6_ALLOWED, NEVER_PROBE, type NeverProbeReason, SNAPSHOT_DATE } from './never-probe.ts';
import type { OptOuts } from './opt-out.ts';
import type { Scope } from './scope.ts';

export type PolicyReason =
  | NeverProbeReason
  | 'not_global_unicast'
  | 'outside_lab'
  | 'own_address'
  | 'opted_out'
  | 'out_of_scope'
  | 'bad_address';

export type Decision<Reason extends string = PolicyReason> =
  | { readonly allowed: true }
  | { readonly allowed: false; readonly reason: Reason };

export interface PolicyOptions {
  /** Addresses or prefixes of our own: interfaces, gateway, resolvers, database, queue, the scanner's public addresses. */
  readonly own: readonly string[];
  readonly optOuts: OptOuts;
  readonly scope: Scope;
  /** True only in the lab's composition: 127.0.0.0/8 and ::1 instead of the internet, and nothing else. */
  readonly loopbackLab: boolean;
  /** The AS number of an address; needed as soon as an AS number has opted out. */
  readonly asnOf?: (address: string) => number | null;
}

export interface Policy {
  /** Pure and fast; the reasons are stable words, the first that applies in the order of PolicyReason's checks. */
  decide(address: Address): Decision;
  /** A canonical name: has its suffix opted out? */
  decideName(name: string): Decision<'opted_out'>;
  /** The SHA-256 of a subject public key info, in hex: has its owner opted out? Known only after a handshake. */
  decideKey(spkiSha256: string): Decision<'opted_out'>;
  /** For the manifest: what this policy was made of. The opt-out list itself is never written down. */
  describe(): PolicySnapshot;
}

export interface PolicySnapshot {
  readonly neverProbeDate: string;
  readonly neverProbeSha256: string;
  readonly loopbackLab: boolean;
  readonly optOutVersion: string;
  readonly optOutCount: number;
  readonly optOutIPv4Addresses: number;
  /** How many opt-outs of each kind, and the share of the address space that addresses and networks among them take. */
  readonly optOutCounts: OptOuts['counts'];
  readonly optOutCoverage: OptOuts['coverage'];
  readonly ownCount: number;
  readonly scope: readonly string[];
}

const ALLOWED = { allowed: true } as const;
const LAB_RANGES = ['127.0.0.0/8', '::1/128'];

const NEVER_PROBE_SET = createPrefixSet(NEVER_PROBE.map((row) => tablePrefix(row.prefix)));
const REASONS = new Map(NEVER_PROBE.map((row) => [row.prefix, row.reason]));
const GLOBAL_UNICAST = createPrefixSet([tablePrefix(IPV6_ALLOWED)]);
const LAB = createPrefixSet(LAB_RANGES.map(tablePrefix));

/**
 * Builds a policy. Order of the checks: never-probe table (or the lab's range), own addresses, opt-outs, scope.
 * Throws KC_POLICY when an own address cannot be read, or when an AS number has opted out and nothing tells AS numbers:
 * a rule that cannot be kept stops the survey.
 */
export function createPolicy(options: PolicyOptions): Policy {
  const { optOuts, scope, loopbackLab, asnOf } = options;
  const own = parseOwn(options.own);
  if (optOuts.counts.asn > 0 && asnOf === undefined && !loopbackLab) {
    throw new KubecensusError(
      'KC_POLICY',
      'AS numbers have opted out, but there is no database that tells the AS of an address.',
    );
  }
  const tableReason = loopbackLab ? labReason : neverProbeReason;
  const optedOut = (address: Address): boolean => {
    if (optOuts.hasAddress(address)) return true;
    const asn = optOuts.counts.asn > 0 ? (asnOf?.(address.text) ?? null) : null;
    return asn !== null && optOuts.hasAsn(asn);
  };
  const decide = (address: Address): Decision => {
    const reason = tableReason(address);
    if (reason !== null) return deny(reason);
    if (own.has(address)) return deny('own_address');
    if (optedOut(address)) return deny('opted_out');
    return scope.has(address) ? ALLOWED : deny('out_of_scope');
  };
  return {
    decide,
    decideName: (name) => (optOuts.hasName(name) ? deny('opted_out') : ALLOWED),
    decideKey: (spkiSha256) => (optOuts.hasCertificateKey(spkiSha256) ? deny('opted_out') : ALLOWED),
    describe: () => ({
      neverProbeDate: SNAPSHOT_DATE,
      neverProbeSha256: createHash('sha256').update(JSON.stringify(NEVER_PROBE)).digest('hex'),
      loopbackLab,
      optOutVersion: optOuts.version,
      optOutCount: optOuts.size,
      optOutIPv4Addresses: optOuts.ipv4Addresses,
      optOutCounts: optOuts.counts,
      optOutCoverage: optOuts.coverage,
      ownCount: own.size,
      scope: scope.describe().prefixes,
    }),
  };
}

export interface NamePolicy {
  /** A name as a feed wrote it: may it be resolved at all? */
  decide(name: string): Decision<NameRejection | 'opted_out'>;
}

/** Builds the policy for names: what canonicalName refuses, and the suffixes that opted out. Its addresses are judged after resolving. */
export function createNamePolicy(options: NameOptions & { readonly optOuts: OptOuts }): NamePolicy {
  return {
    decide: (text) => {
      const result = canonicalName(text, options);
      if (!result.ok) return deny(result.reason);
      return options.optOuts.hasName(result.name) ? deny('opted_out') : { allowed: true };
    },
  };
}

function deny<Reason extends string>(reason: Reason): { readonly allowed: false; readonly reason: Reason } {
  return { allowed: false, reason };
}

/** The row of the never-probe table that holds an address, by its reason; null when none does. */
export function neverProbeReason(address: Address): PolicyReason | null {
  const row = NEVER_PROBE_SET.find(address);
  if (row !== null) return REASONS.get(row.text) ?? 'special_purpose';
  if (address.bytes.length === 4 && address.family === 4) return null;
  if (address.bytes.length !== 16 || address.family !== 6) return 'bad_address';
  return GLOBAL_UNICAST.has(address) ? null : 'not_global_unicast';
}

function labReason(address: Address): PolicyReason | null {
  return LAB.has(address) ? null : 'outside_lab';
}

function parseOwn(texts: readonly string[]): PrefixSet {
  const parsed = texts.map((text) => ({ text, prefix: parsePrefix(text, { bare: true, hostBits: 'clear' }) }));
  const bad = parsed.filter(({ prefix }) => prefix === null).map(({ text }) => JSON.stringify(text));
  if (bad.length > 0) throw new KubecensusError('KC_POLICY', `Own addresses that cannot be read: ${bad.join(', ')}.`);
  return createPrefixSet(parsed.flatMap(({ prefix }) => prefix ?? []));
}

/** A row of our own tables; its text must be canonical, because reasons are found by it. */
function tablePrefix(text: string): Prefix {
  const prefix = parsePrefix(text);
  if (prefix?.text !== text)
    throw new KubecensusError('KC_POLICY', `The never-probe table holds ${text}, which is no canonical prefix.`);
  return prefix;
}
