// The feed types of certificate logs: one log of either protocol, and every log of a list.
import { DEFAULT_MAX_ENTRIES, DEFAULT_RATES } from '../certificate-transparency/default-budget.ts';
import { createLogListFeed, FOLLOWED_STATES } from '../certificate-transparency/log-list.feed.ts';
import { createRfc6962Feed } from '../certificate-transparency/rfc6962.feed.ts';
import { createStaticCtFeed } from '../certificate-transparency/static-log.feed.ts';
import type { FeedTools, FeedType } from '../feed-type.ts';
import { commaSeparated, type Settings } from '../settings.ts';
import { NAMES_PORT } from './names-port.ts';

/** Settings that all feeds of certificate logs share. */
const LOG_SETTINGS = {
  publicKey: {
    kind: 'text',
    fallback: null,
    required: true,
    means: "the log's key as in the log list: base64 of its SubjectPublicKeyInfo",
  },
  maxEntries: { kind: 'integer', fallback: DEFAULT_MAX_ENTRIES, means: 'entries read in one run at most' },
  port: NAMES_PORT,
} as const;

const rateSetting = (fallback: number) =>
  ({ kind: 'integer', fallback, means: 'requests a second at most, for all that the log is asked' }) as const;

const logOptions = (settings: Settings, { http, sleep, now, hasContact = true }: FeedTools) => ({
  maxEntries: settings.integer('maxEntries'),
  port: settings.optionalInteger('port'),
  http,
  sleep,
  now,
  hasContact,
});

export const CERTIFICATE_LOG_TYPES: Readonly<Record<string, FeedType>> = {
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
      requestsPerSecond: rateSetting(DEFAULT_RATES.static),
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
        requestsPerSecond: settings.integer('requestsPerSecond'),
        names: settings.flag('names'),
      }),
  },
  rfc6962: {
    title: 'a Certificate Transparency log that serves get-entries (RFC 6962)',
    settings: {
      url: { kind: 'text', fallback: null, required: true, means: 'prefix of the log, before /ct/v1/' },
      ...LOG_SETTINGS,
      requestsPerSecond: rateSetting(DEFAULT_RATES.rfc6962),
    },
    open: (name, settings, tools) =>
      createRfc6962Feed({
        ...logOptions(settings, tools),
        name,
        url: settings.text('url'),
        publicKeyDer: Buffer.from(settings.text('publicKey'), 'base64'),
        requestsPerSecond: settings.integer('requestsPerSecond'),
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
      listKey: {
        kind: 'text',
        fallback: null,
        means:
          "file: public key of the list's publisher, PEM or DER; then a list whose detached signature does not verify is refused",
      },
      signature: {
        kind: 'text',
        fallback: null,
        means: 'file: the detached signature (default: beside the list, with .sig in place of .json)',
      },
      requestsPerSecond: {
        kind: 'integer',
        fallback: null,
        means: `requests a second to each log at most (default: ${DEFAULT_RATES.static} to logs of tiles, ${DEFAULT_RATES.rfc6962} to others)`,
      },
    },
    open: (name, settings, tools) => {
      const rate = settings.optionalInteger('requestsPerSecond');
      return createLogListFeed({
        ...logOptions(settings, tools),
        name,
        path: settings.text('path'),
        states: commaSeparated(settings.text('states')),
        listKey: settings.optionalText('listKey'),
        signature: settings.optionalText('signature'),
        requestsPerSecond: rate === null ? DEFAULT_RATES : { static: rate, rfc6962: rate },
      });
    },
  },
};
