// A survey as it is asked for: refused without scope and contact, recorded with everything that is needed to repeat it.
import { readScope } from './candidates/scope-text.ts';
import type { Config } from './config.ts';
import { lastRuns } from './feeds/feed-run.store.ts';
import { mayPublish } from './feeds/settings.ts';
import { RELEASES } from './fingerprints/data/releases.ts';
import type { Parts } from './parts.ts';
import { KubecensusError } from './platform/errors.ts';
import { createSurvey } from './surveys/survey.store.ts';
import type { SurveyPlan } from './surveys/survey.ts';

/** What the configuration says about every survey. */
export function surveyDefaults(config: Config): Omit<SurveyPlan, 'id' | 'feeds'> {
  return {
    method: 'active',
    seed: 'kubecensus',
    sample: null,
    ports: config.ports,
    portsOnly: false,
    scope: config.scope,
    vantage: config.vantage,
    rate: config.rate,
    firstPass: 'none',
    clientCas: false,
  };
}

/**
 * Records a survey; the scheduler plans and issues it. An active survey without a scope is refused with KC_NO_SCOPE, one of the internet
 * without a contact with KC_NO_CONTACT, one that would draw on a feed that may not be published with KC_FEED_WITHHELD. Throws KC_SCOPE for a
 * scope that cannot be read.
 */
export async function beginSurvey(plan: SurveyPlan, parts: Parts): Promise<void> {
  const { config } = parts;
  const feeds = await publishable(plan.feeds, parts);
  if (plan.method === 'active') {
    if (plan.scope.length === 0)
      throw new KubecensusError('KC_NO_SCOPE', 'An active survey needs networks that may be probed.');
    const contact = config['contact.url'] !== null && config['contact.email'] !== null;
    if (!readScope(plan.scope).loopbackLab && !contact) throw new KubecensusError('KC_NO_CONTACT', '');
  }
  const scope = plan.scope.length === 0 ? ['0.0.0.0/0', '::/0'] : plan.scope;
  const policy = await parts.policyFor(scope);
  const geo = await parts.geo();
  const manifest = {
    codeVersion: parts.codeVersion,
    node: process.version,
    openssl: process.versions.openssl,
    userAgent: parts.userAgent,
    policy: policy.describe(),
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
