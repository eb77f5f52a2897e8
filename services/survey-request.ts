// A survey as it is asked for: refused without scope and contact, recorded with everything that is needed to repeat it.
import { neverProbeReason } from './candidates/policy.ts';
import { readScope } from './candidates/scope-text.ts';
import { type Config, settingsDigest } from './config.ts';
import { lastRuns } from './feeds/feed-run.store.ts';
import { mayPublish } from './feeds/settings.ts';
import { RELEASES } from './fingerprints/data/releases.ts';
import type { Parts } from './parts.ts';
import { KubecensusError } from './platform/errors.ts';
import { type Address, parseAddress } from './platform/net/address.ts';
import { DEFAULT_LIMITS } from './probes/tls.probe.ts';
import { type Attribution, attributionOf, isServed } from './surveys/attribution.probe.ts';
import { ORDER_ALGORITHM } from './surveys/order.ts';
import { createSurvey } from './surveys/survey.store.ts';
import type { SurveyPlan } from './surveys/survey.ts';

/** What the configuration says about every survey. */
export function surveyDefaults(config: Config): Omit<SurveyPlan, 'id' | 'feeds'> {
  return {
    ...seenFrom(config.vantages.length === 0 ? [config.vantage] : config.vantages, config),
    method: 'active',
    seed: 'kubecensus',
    sample: null,
    ports: config.ports,
    portsOnly: false,
    scope: config.scope,
    rate: config.rate,
    firstPass: 'none',
    clientCas: false,
  };
}

/** A survey that every one of these vantages makes, one after the other at each network. */
export function seenFrom(
  vantages: readonly string[],
  config: Config,
): Required<Pick<SurveyPlan, 'vantage' | 'vantages' | 'vantageSpacingMs'>> {
  // Two visits to one address are two connections to it, whoever makes them.
  const spacing = Math.max(config['pace.vantageSpacingMs'], config['pace.addressSpacingMs']);
  return { vantage: vantages.join(','), vantages, vantageSpacingMs: vantages.length === 1 ? 0 : spacing };
}

/**
 * Records a survey; the scheduler plans and issues it. An active survey without a scope is refused with KC_NO_SCOPE, one of the internet
 * without a contact with KC_NO_CONTACT, or without a probe description file that can be read with KC_NO_PROBING_FILE unless
 * `withoutProbingFile` says why it begins all the same; one that would draw on a feed that may not be published with KC_FEED_WITHHELD. Throws
 * KC_SCOPE for a scope that cannot be read.
 */
export async function beginSurvey(
  plan: SurveyPlan,
  parts: Parts,
  { withoutProbingFile = null }: { readonly withoutProbingFile?: string | null } = {},
): Promise<void> {
  const { config } = parts;
  const feeds = await publishable(plan.feeds, parts);
  const attribution = plan.method === 'active' ? await attributable(plan, parts, withoutProbingFile) : null;
  const scope = plan.scope.length === 0 ? ['0.0.0.0/0', '::/0'] : plan.scope;
  const policy = await parts.policyFor(scope);
  const geo = await parts.geo();
  const manifest = {
    codeVersion: parts.codeVersion,
    node: process.version,
    openssl: process.versions.openssl,
    userAgent: parts.userAgent,
    policy: policy.describe(),
    attribution,
    sourceAddresses: config.sourceAddresses,
    settingsSha256: settingsDigest(config),
    order: ORDER_ALGORITHM,
    limits: DEFAULT_LIMITS,
    geo: geo.sources,
    newestRelease: RELEASES.at(-1) ?? null,
    pace: {
      rate: config.rate,
      inFlight: config.inFlight,
      addressSpacingMs: config['pace.addressSpacingMs'],
      networkSpacingMs: config['pace.networkSpacingMs'],
      networkInFlight: config['pace.networkInFlight'],
    },
  };
  await createSurvey(parts.db, { ...plan, feeds, scope }, manifest, parts.now());
}

/** How whoever is asked can look up who asks, as the manifest says it. */
interface RecordedAttribution extends Attribution {
  readonly checkedAt: string;
  /** Why the survey began although no file was served; null: one was. */
  readonly withoutProbingFile: string | null;
}

/** Refuses an active survey that nobody could be asked about; what was found is kept with one of the internet. Null in a lab. */
async function attributable(
  plan: SurveyPlan,
  parts: Parts,
  reason: string | null,
): Promise<RecordedAttribution | null> {
  const { config } = parts;
  if (plan.scope.length === 0)
    throw new KubecensusError('KC_NO_SCOPE', 'An active survey needs networks that may be probed.');
  if (readScope(plan.scope).loopbackLab) return null;
  if (config['contact.url'] === null || config['contact.email'] === null)
    throw new KubecensusError('KC_NO_CONTACT', '');
  const network = { http: parts.guardedHttp, servers: config['dns.servers'] };
  const now = parts.now();
  const found = await attributionOf(config, publicSources(config), network, now);
  if (!isServed(found.probingFile) && reason === null)
    throw new KubecensusError('KC_NO_PROBING_FILE', `${found.probingFile.found}.`);
  const withoutProbingFile = isServed(found.probingFile) ? null : reason;
  const { probingFile, reverseNames } = found;
  if (reverseNames.status !== 'ok')
    parts.log.warn({ found: reverseNames.found }, 'who asks cannot be told by reverse names');
  return { checkedAt: now.toISOString(), probingFile, reverseNames, withoutProbingFile };
}

/** The addresses that whoever is asked may see, as far as the configuration names them. */
function publicSources({ ownAddresses, sourceAddresses }: Config): Address[] {
  const named = [...ownAddresses, ...sourceAddresses].flatMap((text) => parseAddress(text) ?? []);
  return [...new Map(named.map((address) => [address.text, address])).values()].filter(
    (address) => neverProbeReason(address) === null,
  );
}

/** The feeds that a survey draws on: those that it names, or all (none named) without those that are declared to stay with their holder. */
async function publishable(named: readonly string[], { db, config }: Parts): Promise<readonly string[]> {
  const withheld = Object.keys(config.feeds).filter((name) => !mayPublish(config.feeds[name] ?? {}));
  const refused = named.filter((name) => withheld.includes(name));
  if (refused.length > 0)
    throw new KubecensusError('KC_FEED_WITHHELD', `Declared with publish: false: ${refused.join(', ')}.`);
  if (named.length > 0 || withheld.length === 0) return named;
  const others = (await lastRuns(db)).map(({ feed }) => feed).filter((feed) => !withheld.includes(feed));
  if (others.length === 0)
    throw new KubecensusError('KC_FEED_WITHHELD', `No other feed was pulled than ${withheld.join(', ')}.`);
  return others.sort();
}
