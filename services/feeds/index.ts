// The list of feed types that a configuration can declare. A new engine is one file and one entry here.
import type { Clock } from '../platform/clock.ts';
import { KubecensusError } from '../platform/errors.ts';
import { CENSYS_BASE_URL, createCensysAggregateFeed, createCensysFeed } from './censys.feed.ts';
import { createCertstreamFeed } from './certificate-search/certstream.feed.ts';
import { CRTSH_BASE_URL, createCrtshFeed } from './certificate-search/crtsh.feed.ts';
import { createSslmateFeed, SSLMATE_BASE_URL } from './certificate-search/sslmate.feed.ts';
import { createLogListFeed, FOLLOWED_STATES } from './certificate-transparency/log-list.feed.ts';
import { createRfc6962Feed } from './certificate-transparency/rfc6962.feed.ts';
import { createStaticCtFeed } from './certificate-transparency/static-log.feed.ts';
import { createCountsFeed } from './counts.feed.ts';
import type { Sleep } from './engine-answer.ts';
import { COMPONENTS, type CountsEngine, type Engine, type SearchEngine } from './engines/declaration.ts';
import { COUNTS_ENGINES, SEARCH_ENGINES } from './engines/index.ts';
import type { Feed } from './feed.ts';
import type { HttpClient } from './http.ts';
import { createSearchFeed } from './search.feed.ts';
import type { SocketOpener } from './web-socket.ts';

/** What every type gets to work with. */
export interface FeedTools {
  readonly http: HttpClient;
  /** Missing where feeds are only listed. */
  readonly openSocket?: SocketOpener;
  readonly sleep: Sleep;
  /** A secret by the name of its environment variable, or null. */
  readonly secret: (variable: string) => string | null;
  readonly now: Clock;
}

interface SettingSpec {
  readonly kind: 'text' | 'integer' | 'boolean';
  readonly fallback: string | number | boolean | null;
  readonly means: string;
}

const KINDS = { text: 'a text', integer: 'a whole number above 0', boolean: 'true or false' } as const;

interface FeedType {
  readonly title: string;
  /** Settings of the type; those without a fallback are required. */
  readonly settings: Readonly<Record<string, SettingSpec & { readonly required?: true }>>;
  readonly open: (name: string, settings: Settings, tools: FeedTools) => Feed;
}

/** Checked settings. */
class Settings {
  readonly #feed: string;
  readonly #values: Readonly<Record<string, unknown>>;

  constructor(feed: string, values: Readonly<Record<string, unknown>>) {
    this.#feed = feed;
    this.#values = values;
  }

  text(key: string): string {
    return String(this.#values[key]);
  }

  optionalText(key: string): string | null {
    const value = this.#values[key];
    return value === null ? null : String(value);
  }

  flag(key: string): boolean {
    return this.#values[key] === true;
  }

  integer(key: string): number {
    return Number(this.#values[key]);
  }

  optionalInteger(key: string): number | null {
    const value = this.#values[key];
    return value === null ? null : Number(value);
  }

  /** The secret in the environment variable that the setting names. */
  secret(key: string, tools: FeedTools): string {
    const variable = this.text(key);
    const value = tools.secret(variable);
    if (value === null || value === '')
      throw new KubecensusError(
        'KC_FEED_CREDENTIALS',
        `The feed ${this.#feed} needs its secret in the environment variable ${variable}.`,
      );
    return value;
  }
}

/** Both headline indicators: certificate names, and a disclosed version. */
const CENSYS_QUERY =
  'host.services.cert.names: "kubernetes.default.svc.cluster.local" or host.services.endpoints.kubernetes.version_info.git_version: *';

/** A whole pass of the dearest feed at its default length: 100 pages of Censys on its smallest plan. */
const CONFIRM_CREDITS = 500;

/** What paid feeds have in common. */
const SPENDING = {
  maxCredits: {
    kind: 'integer',
    fallback: null,
    means: 'credits of one run at most; what would cost more is not asked for',
  },
  confirmCredits: {
    kind: 'integer',
    fallback: CONFIRM_CREDITS,
    means: 'a person agrees before a run that may cost more credits',
  },
} as const;

const spendingOf = (settings: Settings) => ({
  maxCredits: settings.optionalInteger('maxCredits'),
  confirmCredits: settings.integer('confirmCredits'),
});

const engineSettings = ({ baseUrl, keyEnv }: Engine) =>
  ({
    baseUrl: { kind: 'text', fallback: baseUrl, means: 'address of the API' },
    keyEnv: { kind: 'text', fallback: keyEnv, means: 'environment variable that holds the key' },
    ...SPENDING,
  }) as const;

const engineAccount = (settings: Settings, { http, sleep, now: clock, ...tools }: FeedTools) => ({
  baseUrl: settings.text('baseUrl'),
  key: settings.secret('keyEnv', { http, sleep, now: clock, ...tools }),
  http,
  sleep,
  clock,
  ...spendingOf(settings),
});

function searchType(engine: SearchEngine): FeedType {
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

function countsType(engine: CountsEngine): FeedType {
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

/** Enough for 10,000 rows at a hundred a page, which is where most engines end. */
const PAGES = 100;

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

/** Settings that all feeds of certificate logs share. */
const LOG_SETTINGS = {
  publicKey: {
    kind: 'text',
    fallback: null,
    required: true,
    means: "the log's key as in the log list: base64 of its SubjectPublicKeyInfo",
  },
  maxEntries: { kind: 'integer', fallback: 256_000, means: 'entries read in one run at most' },
  port: { kind: 'integer', fallback: null, means: "port of the names found (default: the survey's ports)" },
} as const;

/** Settings of searches for names in certificates. */
const DOMAINS = {
  kind: 'text',
  fallback: null,
  required: true,
  means: 'domains below which certificates are looked for, separated by commas',
} as const;
const SEARCHED_NAMES = {
  all: { kind: 'boolean', fallback: false, means: 'every name, not only those that look like Kubernetes' },
  port: LOG_SETTINGS.port,
} as const;

const noSocket: SocketOpener = () => {
  throw new KubecensusError('KC_INTERNAL', 'A feed that listens was opened without a way to connect.');
};

const logOptions = (settings: Settings, { http, sleep, now }: FeedTools) => ({
  maxEntries: settings.integer('maxEntries'),
  port: settings.optionalInteger('port'),
  http,
  sleep,
  now,
});

export const FEED_TYPES: Readonly<Record<string, FeedType>> = {
  'static-ct': {
    title: 'a Certificate Transparency log that serves tiles (static-ct-api)',
    settings: {
      origin: {
        kind: 'text',
        fallback: null,
        required: true,
        means: 'submission prefix without scheme and trailing slash, from the log list',
      },
      monitoringUrl: { kind: 'text', fallback: null, required: true, means: 'monitoring prefix' },
      ...LOG_SETTINGS,
      names: {
        kind: 'boolean',
        fallback: false,
        means: 'read names tiles where the log has them: a twentieth of the octets, and not authenticated by the log',
      },
    },
    open: (name, settings, tools) =>
      createStaticCtFeed({
        ...logOptions(settings, tools),
        name,
        origin: settings.text('origin'),
        monitoringUrl: settings.text('monitoringUrl'),
        publicKeyDer: Buffer.from(settings.text('publicKey'), 'base64'),
        names: settings.flag('names'),
      }),
  },
  rfc6962: {
    title: 'a Certificate Transparency log that serves get-entries (RFC 6962)',
    settings: {
      url: { kind: 'text', fallback: null, required: true, means: 'prefix of the log, before /ct/v1/' },
      ...LOG_SETTINGS,
    },
    open: (name, settings, tools) =>
      createRfc6962Feed({
        ...logOptions(settings, tools),
        name,
        url: settings.text('url'),
        publicKeyDer: Buffer.from(settings.text('publicKey'), 'base64'),
      }),
  },
  'ct-list': {
    title: 'every Certificate Transparency log of a log list file, of either protocol',
    settings: {
      path: { kind: 'text', fallback: null, required: true, means: 'file: a log list of version 3' },
      states: {
        kind: 'text',
        fallback: FOLLOWED_STATES.join(','),
        means: 'states of the logs that are followed, separated by commas',
      },
      maxEntries: { ...LOG_SETTINGS.maxEntries, means: 'entries read of each log in one run at most' },
      port: LOG_SETTINGS.port,
    },
    open: (name, settings, tools) =>
      createLogListFeed({
        ...logOptions(settings, tools),
        name,
        path: settings.text('path'),
        states: commaSeparated(settings.text('states')),
      }),
  },
  crtsh: {
    title: 'crt.sh: names in certificates below given domains',
    settings: {
      domains: DOMAINS,
      ...SEARCHED_NAMES,
      expired: { kind: 'boolean', fallback: false, means: 'also certificates that have expired' },
      baseUrl: { kind: 'text', fallback: CRTSH_BASE_URL, means: 'address of the service' },
    },
    open: (name, settings, tools) =>
      createCrtshFeed({
        name,
        baseUrl: settings.text('baseUrl'),
        domains: commaSeparated(settings.text('domains')),
        all: settings.flag('all'),
        expired: settings.flag('expired'),
        port: settings.optionalInteger('port'),
        access: { http: tools.http, sleep: tools.sleep, clock: tools.now, secrets: [] },
      }),
  },
  sslmate: {
    title: "SSLMate's CT Search API: certificates issued below given domains",
    settings: {
      domains: DOMAINS,
      ...SEARCHED_NAMES,
      tokenEnv: { kind: 'text', fallback: 'SSLMATE_API_KEY', means: 'environment variable that holds the API key' },
      maxPages: { kind: 'integer', fallback: 100, means: 'pages in one run at most' },
      baseUrl: { kind: 'text', fallback: SSLMATE_BASE_URL, means: 'address of the API' },
    },
    open: (name, settings, tools) => {
      const token = settings.secret('tokenEnv', tools);
      return createSslmateFeed({
        name,
        baseUrl: settings.text('baseUrl'),
        token,
        domains: commaSeparated(settings.text('domains')),
        all: settings.flag('all'),
        maxPages: settings.integer('maxPages'),
        port: settings.optionalInteger('port'),
        access: { http: tools.http, sleep: tools.sleep, clock: tools.now, secrets: [token] },
      });
    },
  },
  certstream: {
    title: 'a certstream WebSocket: names as certificate logs publish them',
    settings: {
      url: { kind: 'text', fallback: null, required: true, means: 'ws or wss address of the server' },
      seconds: { kind: 'integer', fallback: 3600, means: 'how long one run listens' },
      queue: {
        kind: 'integer',
        fallback: 20_000,
        means: 'messages kept while the database is busy; more are dropped and counted',
      },
      ...SEARCHED_NAMES,
    },
    open: (name, settings, tools) =>
      createCertstreamFeed({
        name,
        url: settings.text('url'),
        seconds: settings.integer('seconds'),
        queue: settings.integer('queue'),
        all: settings.flag('all'),
        port: settings.optionalInteger('port'),
        openSocket: tools.openSocket ?? noSocket,
        sleep: tools.sleep,
      }),
  },
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
  const mistakes = Object.keys(declared).flatMap((key) =>
    key === 'type' || Object.hasOwn(type.settings, key) ? [] : [`${key} is no setting of ${declared.type}`],
  );
  const values: Record<string, unknown> = {};
  for (const [key, spec] of Object.entries(type.settings)) {
    const value = declared[key] ?? spec.fallback;
    const fits =
      value === null
        ? spec.required !== true
        : spec.kind === 'integer'
          ? Number.isSafeInteger(value) && Number(value) > 0
          : typeof value === (spec.kind === 'boolean' ? 'boolean' : 'string');
    if (!fits) mistakes.push(`${key} should be ${KINDS[spec.kind]}: ${spec.means}`);
    values[key] = value;
  }
  if (mistakes.length > 0) throw new KubecensusError('KC_CONFIG', `feeds.${name}: ${mistakes.join('; ')}.`);
  return type.open(name, new Settings(name, values), tools);
}

export interface DeclaredFeed {
  readonly name: string;
  readonly type: string;
  readonly query: string;
  readonly upstreams: readonly string[];
  readonly terms: string;
  readonly cost: string;
}

/** What is declared, with its query, terms and cost where the declaration can be opened (secrets are not needed to list). */
export function describeFeeds(
  declared: Readonly<Record<string, Readonly<Record<string, unknown>> & { type: string }>>,
): DeclaredFeed[] {
  const tools: FeedTools = {
    http: () => Promise.reject(new Error('listing asks nothing')),
    sleep: () => Promise.resolve(),
    secret: () => 'not needed',
    now: () => new Date(0),
  };
  return Object.entries(declared).map(([name, settings]) => {
    const { query, upstreams, terms, cost } = openFeed(name, settings, tools);
    return { name, type: settings.type, query, upstreams, terms, cost };
  });
}

/** The parts of a list in one text. */
function commaSeparated(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
