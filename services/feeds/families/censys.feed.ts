// The feed types of Censys: hosts with evidence, and counts.
import { CENSYS_BASE_URL, createCensysAggregateFeed, createCensysFeed } from '../censys.feed.ts';
import type { FeedTools, FeedType } from '../feed-type.ts';
import type { Settings } from '../settings.ts';
import { SPENDING, spendingOf } from './spending.ts';

/** Both headline indicators: certificate names, and a disclosed version. */
const CENSYS_QUERY =
  'host.services.cert.names: "kubernetes.default.svc.cluster.local" or host.services.endpoints.kubernetes.version_info.git_version: *';

const CENSYS_ACCESS = {
  baseUrl: { kind: 'text', fallback: CENSYS_BASE_URL, means: 'address of the API' },
  tokenEnv: {
    kind: 'text',
    fallback: 'CENSYS_TOKEN',
    means: 'environment variable that holds the personal access token',
  },
  organizationId: { kind: 'text', fallback: null, means: 'organisation that pays for the credits' },
  ...SPENDING,
} as const;

const censysAccess = (settings: Settings, tools: FeedTools) => ({
  baseUrl: settings.text('baseUrl'),
  token: settings.secret('tokenEnv', tools),
  organizationId: settings.optionalText('organizationId'),
  http: tools.http,
  sleep: tools.sleep,
  clock: tools.now,
  ...spendingOf(settings),
});

export const CENSYS_TYPES: Readonly<Record<string, FeedType>> = {
  censys: {
    title: 'Censys search: hosts with evidence',
    settings: {
      ...CENSYS_ACCESS,
      query: { kind: 'text', fallback: CENSYS_QUERY, means: 'CenQL' },
      maxPages: { kind: 'integer', fallback: 100, means: 'pages of 100 hosts in one run at most' },
    },
    open: (name, settings, tools) =>
      createCensysFeed({
        ...censysAccess(settings, tools),
        name,
        query: settings.text('query'),
        maxPages: settings.integer('maxPages'),
      }),
  },
  'censys-aggregate': {
    title: 'Censys aggregate: hosts by version, counts only',
    settings: {
      ...CENSYS_ACCESS,
      query: {
        kind: 'text',
        fallback: 'host.services.endpoints.kubernetes.version_info.git_version: *',
        means: 'CenQL',
      },
      field: {
        kind: 'text',
        fallback: 'host.services.endpoints.kubernetes.version_info.git_version',
        means: 'field that is counted',
      },
      buckets: { kind: 'integer', fallback: 1000, means: 'distinct values at most' },
      countByLevel: { kind: 'text', fallback: '.', means: "what is counted: '.' is hosts" },
    },
    open: (name, settings, tools) =>
      createCensysAggregateFeed({
        ...censysAccess(settings, tools),
        name,
        query: settings.text('query'),
        field: settings.text('field'),
        buckets: settings.integer('buckets'),
        countByLevel: settings.text('countByLevel'),
      }),
  },
};
