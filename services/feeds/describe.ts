// What is declared, and what could be: queries, terms, costs and whether the key is there, without asking anybody.
import type { Feed } from './feed.ts';
import type { FeedTools } from './feed-type.ts';
import { FEED_TYPES, openFeed } from './index.ts';
import { mayPublish } from './settings.ts';

type Declared = Readonly<Record<string, unknown>> & { readonly type: string };

export interface DescribedFeed {
  readonly name: string;
  readonly type: string;
  readonly title: string;
  /** Why it cannot run yet, in one sentence; null when it can. */
  readonly missing: string | null;
  /** Credits of one run at most; null where nothing is counted in credits. */
  readonly credits: number | null;
  readonly query: string;
  readonly upstreams: readonly string[];
  readonly terms: string;
  readonly cost: string;
}

/** Declared feeds. `secret` says whether a variable is set, as for a run; its value is not looked at. */
export function describeFeeds(
  declared: Readonly<Record<string, Declared>>,
  secret: FeedTools['secret'],
): DescribedFeed[] {
  return Object.entries(declared).map(([name, settings]) => {
    const { feed, variables } = openToLook(name, settings);
    const unset = variables.filter((variable) => (secret(variable) ?? '') === '');
    const { terms, ...shown } = described(
      feed,
      settings.type,
      unset.length === 0 ? null : `set ${unset.join(' and ')}`,
    );
    return { ...shown, terms: mayPublish(settings) ? terms : `Not to be published: no survey draws on it. ${terms}` };
  });
}

/** Types that no feed is declared of, with the query, terms and cost that they would have. */
export function describeTypes(declared: Readonly<Record<string, Declared>>): DescribedFeed[] {
  const used = new Set(Object.values(declared).map(({ type }) => type));
  return Object.entries(FEED_TYPES)
    .filter(([type]) => !used.has(type))
    .map(([type, { title, settings }]) => {
      const required = Object.keys(settings).filter((key) => settings[key]?.required === true);
      if (required.length > 0) {
        const missing = `declare it with ${required.join(', ')}`;
        return { name: '', type, title, missing, credits: null, query: '', upstreams: [], terms: '', cost: '' };
      }
      const { feed, variables } = openToLook('', { type });
      return described(feed, type, `declare it and set ${variables.join(' and ')}`);
    });
}

function described(feed: Feed, type: string, missing: string | null): DescribedFeed {
  const { name, title, query, upstreams, terms, cost, spending } = feed;
  return { name, type, title, missing, credits: spending?.most ?? null, query, upstreams, terms, cost };
}

/** The feed, and the variables that it wants its secrets from. */
function openToLook(name: string, settings: Declared): { feed: Feed; variables: string[] } {
  const variables: string[] = [];
  const feed = openFeed(name, settings, {
    http: () => Promise.reject(new Error('listing asks nothing')),
    sleep: () => Promise.resolve(),
    secret: (variable) => {
      variables.push(variable);
      return 'not needed';
    },
    now: () => new Date(0),
  });
  return { feed, variables };
}
