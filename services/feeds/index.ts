// The list of feed types that a configuration can declare. A new engine is one file and one entry here.
import type { Clock } from '../platform/clock.ts';
import { KubecensusError } from '../platform/errors.ts';
import { CENSYS_BASE_URL, createCensysAggregateFeed, createCensysFeed } from './censys.feed.ts';
import { createStaticCtFeed } from './certificate-transparency/static-log.feed.ts';
import type { Sleep } from './engine-answer.ts';
import type { Feed } from './feed.ts';
import type { HttpClient } from './http.ts';

/** What every type gets to work with. */
export interface FeedTools {
  readonly http: HttpClient;
  readonly sleep: Sleep;
  /** A secret by the name of its environment variable, or null. */
  readonly secret: (variable: string) => string | null;
  readonly now: Clock;
}

interface SettingSpec {
  readonly kind: 'text' | 'integer';
  readonly fallback: string | number | null;
  readonly means: string;
}

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

const CENSYS_ACCESS = {
  baseUrl: { kind: 'text', fallback: CENSYS_BASE_URL, means: 'address of the API' },
  tokenEnv: {
    kind: 'text',
    fallback: 'CENSYS_TOKEN',
    means: 'environment variable that holds the personal access token',
  },
  organizationId: { kind: 'text', fallback: null, means: 'organisation that pays for the credits' },
} as const;

const censysAccess = (settings: Settings, tools: FeedTools) => ({
  baseUrl: settings.text('baseUrl'),
  token: settings.secret('tokenEnv', tools),
  organizationId: settings.optionalText('organizationId'),
  http: tools.http,
  sleep: tools.sleep,
  clock: tools.now,
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
      publicKey: {
        kind: 'text',
        fallback: null,
        required: true,
        means: "the log's key as in the log list: base64 of its SubjectPublicKeyInfo",
      },
      maxEntries: { kind: 'integer', fallback: 256_000, means: 'entries read in one run at most' },
      port: { kind: 'integer', fallback: null, means: "port of the names found (default: the survey's ports)" },
    },
    open: (name, settings, { http, sleep, now }) =>
      createStaticCtFeed({
        name,
        origin: settings.text('origin'),
        monitoringUrl: settings.text('monitoringUrl'),
        publicKeyDer: Buffer.from(settings.text('publicKey'), 'base64'),
        maxEntries: settings.integer('maxEntries'),
        port: settings.optionalInteger('port'),
        http,
        sleep,
        now,
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
          : typeof value === 'string';
    if (!fits)
      mistakes.push(`${key} should be ${spec.kind === 'integer' ? 'a whole number above 0' : 'a text'}: ${spec.means}`);
    values[key] = value;
  }
  if (mistakes.length > 0) throw new KubecensusError('KC_CONFIG', `feeds.${name}: ${mistakes.join('; ')}.`);
  return type.open(name, new Settings(name, values), tools);
}

export interface DeclaredFeed {
  readonly name: string;
  readonly type: string;
  readonly terms: string;
  readonly cost: string;
}

/** What is declared, with terms and cost where the declaration can be opened (secrets are not needed to list). */
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
    const { terms, cost } = openFeed(name, settings, tools);
    return { name, type: settings.type, terms, cost };
  });
}
