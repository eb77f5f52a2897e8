// What reports leave this installation by: a relay, a store, and the guard in front of webhooks, as the configuration says.
import { feedHostReason } from './candidates/feed-host.ts';
import { neverProbeReason } from './candidates/policy.ts';
import type { Config } from './config.ts';
import { KubecensusError } from './platform/errors.ts';
import { once } from './platform/lazy.ts';
import { createMailer } from './platform/mailer.ts';
import { parseAddress } from './platform/net/address.ts';
import { createClient } from './platform/net/client.ts';
import type { DialGuard } from './platform/net/guard.ts';
import { createObjectStorage, type ObjectStorageSettings } from './platform/object-storage.ts';
import { openRasterizer } from './platform/rasterizer.ts';
import type { Means } from './reports/delivery/delivery.ts';
import { readDestination } from './reports/delivery/destination.ts';
import { UNSUBSCRIBE_PATH, writeToken } from './reports/delivery/unsubscribe.ts';
import { SECRETS } from './secrets.ts';

/** A receiver should put the message aside and answer; Standard Webhooks names 15 to 30 seconds. */
const WEBHOOK_MS = 20_000;
/** Of a reply nothing but its status is used. */
const MAX_REPLY_BYTES = 1024 * 1024;

export interface Deliveries extends Means {
  readonly close: () => Promise<void>;
}

/** Builds the means; nothing is read or connected before the first delivery. `signingSecret`: signs links of the API to unsubscribe by; null: there are none. */
export function createDeliveries(
  config: Config,
  userAgent: string,
  signingSecret: (() => Promise<string>) | null = null,
): Deliveries {
  const allowedHosts = config['webhook.allowHosts'];
  const client = createClient({ userAgent, guard: webhookGuard(allowedHosts), totalTimeoutMs: WEBHOOK_MS });
  const storage = once(async () => createObjectStorage(storageSettings(config)));
  const closers = [() => client.close()];
  return {
    mail: mailMeans(config, signingSecret),
    webhook: {
      post: ({ url, headers, body }) => {
        const signal = AbortSignal.timeout(WEBHOOK_MS);
        return client.request({ url, method: 'POST', headers, body, maxBytes: MAX_REPLY_BYTES, signal });
      },
      secret: config.secret,
      allowedHosts,
    },
    storage: async (object) => {
      const opened = await storage();
      if (closers.length === 1) closers.push(async () => opened.close());
      await opened.put(object);
    },
    reportsUrl: config['reports.url'],
    close: async () => {
      for (const closer of closers.splice(0)) await closer();
    },
  };
}

/**
 * Why a webhook may not be sent to an address, or null: what is never probed is not spoken to either, whatever name leads there, unless the
 * operator allows the host by name. Every address of a name is judged, and the connection goes to one that was.
 */
export function webhookGuard(allowedHosts: readonly string[]): DialGuard {
  return (address, name) => {
    if (allowedHosts.includes(name ?? address)) return null;
    const parsed = parseAddress(address);
    return parsed === null ? 'bad_address' : neverProbeReason(parsed);
  };
}

function mailMeans(config: Config, signingSecret: (() => Promise<string>) | null): Means['mail'] {
  const [host, from, user] = [config['smtp.host'], config['mail.from'], config['smtp.user']];
  if (host === null || from === null) return null;
  const rasterizer = once(async () => openRasterizer());
  return {
    settings: { from, unsubscribeMail: config['mail.unsubscribe'] ?? config['contact.email'] ?? from },
    unsubscribeUrl: async (schedule, recipient) => {
      const [page, api] = [config['mail.unsubscribeUrl'], config['api.publicUrl']];
      if (page !== null)
        return page
          .replaceAll('{schedule}', encodeURIComponent(schedule))
          .replaceAll('{recipient}', encodeURIComponent(recipient));
      if (api === null || signingSecret === null) return null;
      const token = writeToken(schedule, `mailto:${recipient}`, await signingSecret());
      return `${api.replace(/\/+$/, '')}${UNSUBSCRIBE_PATH}${token}`;
    },
    send: (message) => {
      const password = user === null ? null : needed(config, SECRETS.smtpPassword);
      return createMailer({
        host,
        port: config['smtp.port'],
        security: config['smtp.security'],
        login: user === null || password === null ? null : { user, password },
      })(message);
    },
    pictureOf: async (svg, width) => (await (await rasterizer())?.(svg, width)) ?? null,
  };
}

function storageSettings(config: Config): ObjectStorageSettings {
  return {
    endpoint: config['s3.endpoint'],
    region: config['s3.region'],
    accessKeyId: needed(config, SECRETS.s3Key),
    secretAccessKey: needed(config, SECRETS.s3Secret),
    sessionToken: config.secret(SECRETS.s3Session) || null,
    encryption: config['s3.encryption'],
    // The operator's own setting: a store may be private, under whatever name. Metadata is never a store.
    guard: (address) => feedHostReason(address, null),
  };
}

function needed(config: Config, variable: string): string {
  const value = config.secret(variable);
  if (value === null || value === '') throw new KubecensusError('KC_DELIVERY', `${variable} is not set.`);
  return value;
}

/** What a destination still needs before it can be served, in one line each; [] when everything is configured here. Throws KC_CONFIG for an unreadable file of secrets. */
export function missingFor(destination: string, config: Config): string[] {
  const place = readDestination(destination);
  const settings = (keys: readonly ('smtp.host' | 'mail.from')[]): string[] =>
    keys.filter((key) => config[key] === null).map((key) => `the setting ${key}`);
  const secrets = (variables: readonly string[]): string[] =>
    variables.filter((variable) => (config.secret(variable) ?? '') === '').map((variable) => `the secret ${variable}`);
  switch (place?.kind) {
    case 'mailto':
      return [
        ...settings(['smtp.host', 'mail.from']),
        ...(config['smtp.user'] === null ? [] : secrets([SECRETS.smtpPassword])),
      ];
    case 'webhook':
      return secrets([place.secrets]);
    case 's3':
      return secrets([SECRETS.s3Key, SECRETS.s3Secret]);
    default:
      return [];
  }
}
