// The feed types that search certificates or listen to them as they are logged.
import { KubecensusError } from '../../platform/errors.ts';
import { createCertstreamFeed } from '../certificate-search/certstream.feed.ts';
import { CRTSH_BASE_URL, createCrtshFeed } from '../certificate-search/crtsh.feed.ts';
import { CRTSH_DATABASE_URL, createCrtshPostgresFeed } from '../certificate-search/crtsh-postgres.feed.ts';
import { createSslmateFeed, SSLMATE_BASE_URL } from '../certificate-search/sslmate.feed.ts';
import type { Feed } from '../feed.ts';
import type { FeedTools, FeedType } from '../feed-type.ts';
import type { GuestOpener } from '../guest-database.ts';
import { commaSeparated, type Settings } from '../settings.ts';
import type { SocketOpener } from '../web-socket.ts';
import { NAMES_PORT } from './names-port.ts';

/** Settings of searches for names in certificates. */
const DOMAINS = {
  kind: 'text',
  fallback: null,
  required: true,
  means: 'domains below which certificates are looked for, separated by commas',
} as const;
const SEARCHED_NAMES = {
  all: { kind: 'boolean', fallback: false, means: 'every name, not only those that look like Kubernetes' },
  port: NAMES_PORT,
} as const;

const noSocket: SocketOpener = () => {
  throw new KubecensusError('KC_INTERNAL', 'A feed that listens was opened without a way to connect.');
};

const noGuest: GuestOpener = () => {
  throw new KubecensusError('KC_INTERNAL', 'A feed that reads a database was opened without a way to connect.');
};

/** By its web server, or by its database. */
function openCrtsh(name: string, settings: Settings, tools: FeedTools): Feed {
  const common = {
    name,
    domains: commaSeparated(settings.text('domains')),
    all: settings.flag('all'),
    expired: settings.flag('expired'),
    port: settings.optionalInteger('port'),
  };
  switch (settings.text('interface')) {
    case 'json': {
      const access = { http: tools.http, sleep: tools.sleep, clock: tools.now, secrets: [] };
      return createCrtshFeed({ ...common, baseUrl: settings.text('baseUrl'), access });
    }
    case 'postgres':
      return createCrtshPostgresFeed({
        ...common,
        databaseUrl: settings.text('databaseUrl'),
        password: settings.optionalText('passwordEnv') === null ? null : settings.secret('passwordEnv', tools),
        maxPages: settings.integer('maxPages'),
        openGuest: tools.openGuest ?? noGuest,
        sleep: tools.sleep,
      });
    default:
      throw new KubecensusError('KC_CONFIG', `feeds.${name}: interface is json or postgres.`);
  }
}

export const CERTIFICATE_SEARCH_TYPES: Readonly<Record<string, FeedType>> = {
  crtsh: {
    title: 'crt.sh: names in certificates below given domains',
    settings: {
      domains: DOMAINS,
      ...SEARCHED_NAMES,
      expired: { kind: 'boolean', fallback: false, means: 'also certificates that have expired' },
      interface: {
        kind: 'text',
        fallback: 'json',
        means: 'json (its web server, at most 10,000 certificates a domain) or postgres (its database, page by page)',
      },
      baseUrl: { kind: 'text', fallback: CRTSH_BASE_URL, means: 'json: address of the service' },
      databaseUrl: {
        kind: 'text',
        fallback: CRTSH_DATABASE_URL,
        means: 'postgres: address of the database, without a password',
      },
      passwordEnv: {
        kind: 'text',
        fallback: null,
        means: 'postgres: environment variable that holds the password, where the server asks for one',
      },
      maxPages: { kind: 'integer', fallback: 100, means: 'postgres: pages of 1,000 certificates in one run at most' },
    },
    open: openCrtsh,
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
};
