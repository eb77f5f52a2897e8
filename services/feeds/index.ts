// The list of feed types that a configuration can declare. A new engine is one file and one entry in the list of engines.
import { KubecensusError } from '../platform/errors.ts';
import { COUNTS_ENGINES, SEARCH_ENGINES } from './engines/index.ts';
import { CENSYS_TYPES } from './families/censys.feed.ts';
import { CERTIFICATE_LOG_TYPES } from './families/certificate-logs.feed.ts';
import { CERTIFICATE_SEARCH_TYPES } from './families/certificate-search.feed.ts';
import { countsType, searchType } from './families/engines.feed.ts';
import type { Feed } from './feed.ts';
import type { FeedTools, FeedType } from './feed-type.ts';
import { checkSettings, mayPublish } from './settings.ts';

export const FEED_TYPES: Readonly<Record<string, FeedType>> = {
  ...CERTIFICATE_LOG_TYPES,
  ...CERTIFICATE_SEARCH_TYPES,
  ...CENSYS_TYPES,
  ...Object.fromEntries(SEARCH_ENGINES.map((engine) => [engine.type, searchType(engine)])),
  ...Object.fromEntries(COUNTS_ENGINES.map((engine) => [engine.type, countsType(engine)])),
};

/** Opens a declared feed. Throws KC_CONFIG listing every wrong setting, KC_FEED_CREDENTIALS when a secret is missing. */
export function openFeed(
  name: string,
  declared: Readonly<Record<string, unknown>> & { type: string },
  tools: FeedTools,
): Feed {
  const type = Object.hasOwn(FEED_TYPES, declared.type) ? FEED_TYPES[declared.type] : undefined;
  if (type === undefined)
    throw new KubecensusError(
      'KC_CONFIG',
      `feeds.${name}: there is no feed type ${declared.type}; there are: ${Object.keys(FEED_TYPES).join(', ')}.`,
    );
  const feed = type.open(name, checkSettings(name, declared, type.settings), tools);
  // Counts are kept to be stated beside ours: there is nothing else to do with them.
  if (feed.kind === 'counts' && !mayPublish(declared))
    throw new KubecensusError('KC_CONFIG', `feeds.${name}: publish: false is for feeds of rows, not of counts.`);
  return feed;
}
