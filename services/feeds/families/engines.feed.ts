// The feed types of a declared search engine: its rows, and its counts.
import { KubecensusError } from '../../platform/errors.ts';
import { createCountsFeed } from '../counts.feed.ts';
import { COMPONENTS, type CountsEngine, type Engine, type SearchEngine } from '../engines/declaration.ts';
import type { FeedTools, FeedType } from '../feed-type.ts';
import { createSearchFeed } from '../search.feed.ts';
import type { Settings } from '../settings.ts';
import { SPENDING, spendingOf } from './spending.ts';

/** Enough for 10,000 rows at a hundred a page, which is where most engines end. */
const PAGES = 100;

const engineSettings = ({ baseUrl, keyEnv }: Engine) =>
  ({
    baseUrl: { kind: 'text', fallback: baseUrl, means: 'address of the API' },
    keyEnv: { kind: 'text', fallback: keyEnv, means: 'environment variable that holds the key' },
    ...SPENDING,
  }) as const;

const engineAccount = (settings: Settings, { http, sleep, now: clock, secret }: FeedTools) => ({
  baseUrl: settings.text('baseUrl'),
  key: settings.secret('keyEnv', { secret }),
  http,
  sleep,
  clock,
  ...spendingOf(settings),
});

export function searchType(engine: SearchEngine): FeedType {
  return {
    title: `${engine.title}: endpoints`,
    settings: {
      ...engineSettings(engine),
      component: {
        kind: 'text',
        fallback: COMPONENTS[0],
        means: `whose query is used: ${COMPONENTS.map((name) => `${name} (${engine.queries[name]})`).join(', ')}`,
      },
      query: { kind: 'text', fallback: null, means: `a query of your own instead: ${engine.language}` },
      maxPages: {
        kind: 'integer',
        fallback: PAGES,
        means: `pages of ${engine.paging.size} rows in one pass at most`,
      },
    },
    open: (name, settings, tools) => {
      const component = COMPONENTS.find((one) => one === settings.text('component'));
      if (component === undefined)
        throw new KubecensusError('KC_CONFIG', `feeds.${name}: component is one of ${COMPONENTS.join(', ')}.`);
      return createSearchFeed(engine, {
        ...engineAccount(settings, tools),
        name,
        query: settings.optionalText('query') ?? engine.queries[component],
        maxPages: settings.integer('maxPages'),
      });
    },
  };
}

export function countsType(engine: CountsEngine): FeedType {
  return {
    title: engine.title,
    settings: {
      ...engineSettings(engine),
      query: { kind: 'text', fallback: engine.query, means: engine.language },
      field: { kind: 'text', fallback: engine.field, means: engine.fieldMeans },
      buckets: { kind: 'integer', fallback: 1000, means: 'distinct values at most, where the engine lets one choose' },
    },
    open: (name, settings, tools) =>
      createCountsFeed(engine, {
        ...engineAccount(settings, tools),
        name,
        query: settings.text('query'),
        field: settings.text('field'),
        buckets: settings.integer('buckets'),
      }),
  };
}
