// File and environment become one frozen Config; every mistake is reported at once. The only reader of the environment.
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { readScope } from './candidates/scope-text.ts';
import { KubecensusError } from './platform/errors.ts';
import { SMTP_SECURITY } from './platform/mailer.ts';
import { STORAGE_ENCRYPTION } from './platform/object-storage.ts';
import { readSecretFile, secretFileRemark } from './platform/secret-file.ts';
import { WEBHOOK_SECRETS } from './reports/delivery/destination.ts';
import { DEFAULT_K, SMALLEST_K } from './rollups/suppress.ts';
import type { Periods } from './schedules/retention.ts';

/** One setting: where it comes from, how its text is read, what it means. docs/configuration.md is tested against this table. */
interface Setting<T> {
  readonly env: string;
  readonly fallback: T;
  readonly means: string;
  /** May stand in a file of its own, which the variable with _FILE behind names. */
  readonly secret?: true;
  /** Turns text or a JSON value into the setting, or says in one sentence what is expected instead. */
  readonly read: (value: unknown) => { ok: true; value: T } | { ok: false; expected: string };
}

const text = (env: string, fallback: string, means: string): Setting<string> => ({
  env,
  fallback,
  means,
  read: (value) =>
    typeof value === 'string' && value !== '' ? { ok: true, value } : { ok: false, expected: 'a text' },
});

const optional = (env: string, means: string): Setting<string | null> => ({
  ...text(env, '', means),
  fallback: null,
  read: text(env, '', means).read,
});

const matching = (env: string, pattern: RegExp, expected: string, means: string): Setting<string | null> => ({
  env,
  fallback: null,
  means,
  read: (value) => (typeof value === 'string' && pattern.test(value) ? { ok: true, value } : { ok: false, expected }),
});

const secret = <T>(setting: Setting<T>): Setting<T> & { readonly secret: true } => ({ ...setting, secret: true });

const number = (env: string, fallback: number, range: readonly [number, number], means: string): Setting<number> => ({
  env,
  fallback,
  means,
  read: (value) => {
    const parsed = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
    if (typeof parsed === 'number' && parsed >= range[0] && parsed <= range[1]) return { ok: true, value: parsed };
    return { ok: false, expected: `a number from ${range[0]} to ${range[1]}` };
  },
});

const whole = (env: string, fallback: number, range: readonly [number, number], means: string): Setting<number> => {
  const setting = number(env, fallback, range, means);
  const read: Setting<number>['read'] = (value) => {
    const result = setting.read(value);
    if (result.ok && Number.isInteger(result.value)) return result;
    return { ok: false, expected: `a whole number from ${range[0]} to ${range[1]}` };
  };
  return { ...setting, read };
};

/** A list: a JSON array in the file, comma-separated in the environment. */
const list = (env: string, fallback: readonly string[], means: string): Setting<readonly string[]> => ({
  env,
  fallback,
  means,
  read: (value) => {
    const items = typeof value === 'string' ? value.split(',').map((item) => item.trim()) : value;
    if (Array.isArray(items) && items.every((item) => typeof item === 'string' && item !== ''))
      return { ok: true, value: items };
    return { ok: false, expected: 'a list of texts' };
  },
});

/** Vantages are parts of queue names and labels of metrics. */
const VANTAGE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const VANTAGE_FORM = 'of letters, digits, dots, dashes and underscores, 64 at most';

const readVantage: Setting<string>['read'] = (value) =>
  typeof value === 'string' && VANTAGE_NAME.test(value)
    ? { ok: true, value }
    : { ok: false, expected: `a name ${VANTAGE_FORM}` };

const vantageList = (env: string, means: string): Setting<readonly string[]> => {
  const plain = list(env, [], means);
  return {
    ...plain,
    read: (value) => {
      const read = plain.read(value);
      if (read.ok && read.value.every((name) => VANTAGE_NAME.test(name)) && isDistinct(read.value)) return read;
      return { ok: false, expected: `a list of different names ${VANTAGE_FORM}` };
    },
  };
};

const isDistinct = (values: readonly unknown[]): boolean => new Set(values).size === values.length;

/** Our own addresses, at most one of each family. */
const sources = (env: string, means: string): Setting<readonly string[]> => {
  const plain = list(env, [], means);
  return {
    ...plain,
    read: (value) => {
      const read = plain.read(value);
      if (read.ok && read.value.every((address) => isIP(address) !== 0) && isDistinct(read.value.map(isIP)))
        return read;
      return { ok: false, expected: 'a list of addresses, one of each family at most' };
    },
  };
};

/** Networks as a survey takes them; what is wrong with one is said with all other mistakes. */
const scope = (env: string, means: string): Setting<readonly string[]> => {
  const plain = list(env, [], means);
  return {
    ...plain,
    read: (value) => {
      const read = plain.read(value);
      if (!read.ok) return read;
      try {
        readScope(read.value);
        return read;
      } catch (error) {
        return { ok: false, expected: `networks that may be probed (${(error as Error).message.replace(/\.$/, '')})` };
      }
    },
  };
};

const ports = (env: string, fallback: readonly number[], means: string): Setting<readonly number[]> => ({
  env,
  fallback,
  means,
  read: (value) => {
    const items = (typeof value === 'string' ? value.split(',') : Array.isArray(value) ? value : []).map(Number);
    if (items.length > 0 && items.every((port) => Number.isInteger(port) && port > 0 && port <= 65535))
      return { ok: true, value: items };
    return { ok: false, expected: 'a list of ports from 1 to 65535' };
  },
});

/** A yes or no: a JSON boolean in the file, one of two words in the environment. */
const flag = (env: string, fallback: boolean, means: string): Setting<boolean> => ({
  env,
  fallback,
  means,
  read: (value) =>
    value === true || value === 'true'
      ? { ok: true, value: true }
      : value === false || value === 'false'
        ? { ok: true, value: false }
        : { ok: false, expected: 'true or false' },
});

/** One of a closed set of words. */
const word = <Word extends string>(
  env: string,
  fallback: Word,
  words: readonly Word[],
  means: string,
): Setting<Word> => ({
  env,
  fallback,
  means,
  read: (value) => {
    const found = words.find((one) => one === value);
    return found === undefined ? { ok: false, expected: `one of ${words.join(', ')}` } : { ok: true, value: found };
  },
});

/** Where a server listens. */
export interface Listen {
  readonly host: string;
  readonly port: number;
}

/** "127.0.0.1:8650", "[::1]:8650", "localhost:8650"; port 0 takes any that is free. */
const listen = (env: string, fallback: string, means: string): Setting<string> => ({
  env,
  fallback,
  means,
  read: (value) =>
    typeof value === 'string' && readListen(value) !== null
      ? { ok: true, value }
      : { ok: false, expected: 'an address and a port such as 127.0.0.1:8650 or [::1]:8650' },
});

const listenOrNot = (env: string, means: string): Setting<string | null> => ({
  ...listen(env, '', means),
  fallback: null,
});

/** The parts of a listen address, or null when it is none. */
export function readListen(text: string): Listen | null {
  const [, six, name, digits] = /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9.-]+)):([0-9]{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  return digits === undefined || port > 65535 ? null : { host: six ?? name ?? '', port };
}

/** A web address that a path may be added to. */
const WEB_ADDRESS = /^https?:\/\/[^\s/?#]+(\/[^\s?#]*)?$/;
const MAIL_ADDRESS = /^[^\s@<>]+@[^\s@<>]+$/;

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'silent'];

export const SETTINGS = {
  dataDir: text('KUBECENSUS_DATA_DIR', './kubecensus-data', 'Home of the embedded database and of stored reports.'),
  databaseUrl: secret(
    matching(
      'DATABASE_URL',
      /^postgres(ql)?:\/\//,
      'a postgres:// URL',
      'Your Postgres, 15 to 18. Unset: the embedded one.',
    ),
  ),
  redisUrl: secret(
    matching(
      'REDIS_URL',
      /^rediss?:\/\//,
      'a redis:// or rediss:// URL',
      'Redis or Valkey for the queue. Unset: the queue lives in Postgres.',
    ),
  ),
  'contact.url': matching(
    'KUBECENSUS_CONTACT_URL',
    /^https:\/\/[^\s]+$/,
    'an https:// URL',
    'The page that says who surveys and how to opt out; sent with every request.',
  ),
  'contact.email': matching(
    'KUBECENSUS_CONTACT_EMAIL',
    MAIL_ADDRESS,
    'an e-mail address',
    'A role mailbox; sent with every request.',
  ),
  scope: scope('KUBECENSUS_SCOPE', 'Networks that may be probed, as CIDR. Empty: no active survey.'),
  ports: ports('KUBECENSUS_PORTS', [6443, 443], 'Ports of a survey for candidates without a port.'),
  vantage: { ...text('KUBECENSUS_VANTAGE', 'local', 'Name of the place that probes leave from.'), read: readVantage },
  vantages: vantageList(
    'KUBECENSUS_VANTAGES',
    'Vantages that a survey demands, each of which visits every target. Empty: the one of whoever begins it.',
  ),
  sourceAddresses: sources(
    'KUBECENSUS_SOURCE_ADDRESSES',
    'Addresses of this machine that probes leave from, one of each family at most. Unset: the system chooses.',
  ),
  rate: number('KUBECENSUS_RATE', 60, [0.1, 100_000], 'New connections per second over all targets.'),
  inFlight: whole('KUBECENSUS_IN_FLIGHT', 500, [1, 20_000], 'Connections open at once in one worker.'),
  'pace.networkSpacingMs': number(
    'KUBECENSUS_NETWORK_SPACING_MS',
    1000,
    [0, 3_600_000],
    'Milliseconds between new connections into one /24 or /48.',
  ),
  'pace.networkInFlight': whole(
    'KUBECENSUS_NETWORK_IN_FLIGHT',
    2,
    [1, 1000],
    'Connections open at once into one /24 or /48.',
  ),
  'pace.addressSpacingMs': number(
    'KUBECENSUS_ADDRESS_SPACING_MS',
    60_000,
    [0, 86_400_000],
    'Milliseconds between connections to one address.',
  ),
  'pace.vantageSpacingMs': number(
    'KUBECENSUS_VANTAGE_SPACING_MS',
    1_800_000,
    [0, 86_400_000],
    'Milliseconds between the visits of two vantages to the same targets; never less than pace.addressSpacingMs.',
  ),
  'survey.hours': number(
    'KUBECENSUS_SURVEY_HOURS',
    20,
    [0.1, 8760],
    'Hours within which a survey should end: how many workers are wanted is reckoned from it.',
  ),
  'dns.servers': list(
    'KUBECENSUS_DNS_SERVERS',
    [],
    'Resolvers as address or address:port. Empty: those of this system.',
  ),
  ownAddresses: list(
    'KUBECENSUS_OWN_ADDRESSES',
    [],
    'Further addresses of our own that are never probed. Name the public ones that probes leave from: a survey of the internet looks up their reverse names and their probing.txt.',
  ),
  'geo.countryMmdb': optional('KUBECENSUS_COUNTRY_MMDB', 'A MaxMind-format country database of yours.'),
  'geo.asnMmdb': optional('KUBECENSUS_ASN_MMDB', 'A MaxMind-format AS number database of yours.'),
  clusterKey: secret(
    optional(
      'KUBECENSUS_CLUSTER_KEY',
      'Secret that keys the hashes which join endpoints of one cluster. Unset: one is made in the data directory.',
    ),
  ),
  'api.listen': listen(
    'KUBECENSUS_API_LISTEN',
    '127.0.0.1:8650',
    'Address and port of the API. Put a proxy that speaks TLS in front before it listens beyond this machine.',
  ),
  'api.publicUrl': matching(
    'KUBECENSUS_API_PUBLIC_URL',
    WEB_ADDRESS,
    'an http:// or https:// URL without query',
    'The URL by which others reach the API; mails then carry a link of it to unsubscribe by. Unset: the address that it listens on.',
  ),
  'api.publicAggregates': flag(
    'KUBECENSUS_API_PUBLIC_AGGREGATES',
    false,
    'Whether aggregates are answered without a key.',
  ),
  'api.publicNetworks': whole(
    'KUBECENSUS_API_PUBLIC_NETWORKS',
    DEFAULT_K,
    [SMALLEST_K, 1_000_000],
    'Networks that a count answered without a key stands for at least; smaller ones are held back.',
  ),
  'api.requestsPerMinute': whole(
    'KUBECENSUS_API_REQUESTS_PER_MINUTE',
    600,
    [1, 1_000_000],
    'Requests of one API key per minute and process.',
  ),
  'api.publicRequestsPerMinute': whole(
    'KUBECENSUS_API_PUBLIC_REQUESTS_PER_MINUTE',
    60,
    [1, 1_000_000],
    'Requests of one address (or IPv6 /64) without a valid key per minute and process.',
  ),
  'api.trustedProxies': list(
    'KUBECENSUS_API_TRUSTED_PROXIES',
    [],
    'Addresses or networks of proxies whose X-Forwarded-For names the client.',
  ),
  'reports.url': matching(
    'KUBECENSUS_REPORTS_URL',
    WEB_ADDRESS,
    'an http:// or https:// URL without query',
    'Where the directory of reports is served to those who get them; mails and webhooks link there. Unset: no link.',
  ),
  'smtp.host': optional('KUBECENSUS_SMTP_HOST', 'The relay that takes mail. Unset: no mail is sent.'),
  'smtp.port': whole('KUBECENSUS_SMTP_PORT', 587, [1, 65_535], 'Its port.'),
  'smtp.security': word(
    'KUBECENSUS_SMTP_SECURITY',
    'starttls',
    SMTP_SECURITY,
    'starttls (must succeed), tls (from the first byte, usually port 465) or none.',
  ),
  'smtp.user': optional('KUBECENSUS_SMTP_USER', 'User at the relay. Unset: it asks for no password.'),
  'mail.from': matching(
    'KUBECENSUS_MAIL_FROM',
    /^(?:[^<>@\r\n]*<[^\s@<>]+@[^\s@<>]+>|[^\s@<>]+@[^\s@<>]+)$/,
    'an address, or a name and <an address>',
    'Sender of mails. Unset: no mail is sent.',
  ),
  'mail.unsubscribe': matching(
    'KUBECENSUS_MAIL_UNSUBSCRIBE',
    MAIL_ADDRESS,
    'an e-mail address',
    'Who reads unsubscriptions. Unset: contact.email, else mail.from.',
  ),
  'mail.unsubscribeUrl': matching(
    'KUBECENSUS_MAIL_UNSUBSCRIBE_URL',
    /^https:\/\/[^\s<>]+$/,
    'an https:// URL',
    'A page of yours that takes a one-click unsubscription (RFC 8058); {schedule} and {recipient} are put in. Unset: the API does, where api.publicUrl is set.',
  ),
  'webhook.allowHosts': list(
    'KUBECENSUS_WEBHOOK_ALLOW_HOSTS',
    [],
    'Names or addresses of receivers that may be private or speak plain HTTP. All others must be public and speak TLS.',
  ),
  's3.endpoint': matching(
    'KUBECENSUS_S3_ENDPOINT',
    WEB_ADDRESS,
    'an http:// or https:// URL without query',
    "An S3-compatible store. Unset: Amazon's of the region.",
  ),
  's3.region': text('KUBECENSUS_S3_REGION', 'us-east-1', 'Its region.'),
  's3.encryption': word(
    'KUBECENSUS_S3_ENCRYPTION',
    'none',
    STORAGE_ENCRYPTION,
    'Encryption at rest that the store is asked for: none, AES256 or aws:kms.',
  ),
  'retention.observationDays': whole(
    'KUBECENSUS_RETENTION_OBSERVATION_DAYS',
    90,
    [1, 36_500],
    'Days that observations, evidence, planned targets, refused rows and reports on single hosts are kept.',
  ),
  'retention.stateDays': whole(
    'KUBECENSUS_RETENTION_STATE_DAYS',
    30,
    [1, 36_500],
    'Days that the state of an endpoint is kept after it stopped answering.',
  ),
  'retention.exportDays': whole(
    'KUBECENSUS_RETENTION_EXPORT_DAYS',
    30,
    [1, 36_500],
    'Days that files of exports are kept in the data directory.',
  ),
  'retention.reportDays': whole(
    'KUBECENSUS_RETENTION_REPORT_DAYS',
    800,
    [1, 36_500],
    'Days that stored reports are kept which name no host.',
  ),
  'metrics.listen': listenOrNot(
    'KUBECENSUS_METRICS_LISTEN',
    'Address and port of /metrics for Prometheus. Unset: only the API answers it.',
  ),
  'tracing.endpoint': matching(
    'OTEL_EXPORTER_OTLP_ENDPOINT',
    WEB_ADDRESS,
    'an http:// or https:// URL without query',
    'A collector of OpenTelemetry traces that takes OTLP over HTTP in JSON; /v1/traces is added. Unset: nothing is traced.',
  ),
  'log.level': {
    env: 'KUBECENSUS_LOG_LEVEL',
    fallback: 'info',
    means: `One of ${LOG_LEVELS.join(', ')}.`,
    read: (value: unknown) =>
      typeof value === 'string' && LOG_LEVELS.includes(value)
        ? { ok: true, value }
        : { ok: false, expected: `one of ${LOG_LEVELS.join(', ')}` },
  } satisfies Setting<string>,
} as const;

/** Secrets that no file of settings holds: each stands in this variable, or in the file that VARIABLE_FILE names. */
export const SECRETS = {
  databasePassword: 'DATABASE_PASSWORD',
  redisPassword: 'REDIS_PASSWORD',
  proberPassword: 'KUBECENSUS_PROBER_PASSWORD',
  schedulerPassword: 'KUBECENSUS_SCHEDULER_PASSWORD',
  apiPassword: 'KUBECENSUS_API_PASSWORD',
  traceHeaders: 'OTEL_EXPORTER_OTLP_HEADERS',
  smtpPassword: 'KUBECENSUS_SMTP_PASSWORD',
  webhook: WEBHOOK_SECRETS,
  s3Key: 'AWS_ACCESS_KEY_ID',
  s3Secret: 'AWS_SECRET_ACCESS_KEY',
  s3Session: 'AWS_SESSION_TOKEN',
} as const;

/** What each is, for docs/configuration.md. */
export const SECRET_MEANINGS: Readonly<Record<keyof typeof SECRETS, string>> = {
  databasePassword: 'Password for DATABASE_URL, where that names a host and holds none.',
  redisPassword: 'The same for REDIS_URL.',
  proberPassword:
    'Password that `kubecensus migrate --roles` gives the database role census_prober. Unset: that role cannot log in.',
  schedulerPassword: 'The same for census_scheduler.',
  apiPassword: 'The same for census_api.',
  traceHeaders: 'Fields of every request to tracing.endpoint, as name=value separated by commas.',
  smtpPassword: 'Password of smtp.user at the relay.',
  webhook:
    'Secrets that sign webhooks, as whsec_BASE64, newest first: every message is signed with each. A destination that ends in #NAME uses the variable with _NAME behind.',
  s3Key: 'Key of the object store.',
  s3Secret: 'Its secret.',
  s3Session: 'Token of temporary credentials, where there is one.',
};

type Values = { readonly [K in keyof typeof SETTINGS]: (typeof SETTINGS)[K] extends Setting<infer T> ? T : never };

/** The settings of one declared feed: `type` names an entry of the list of feed types; the rest is that type's own. */
export type FeedSettings = Readonly<Record<string, unknown>> & { readonly type: string };

export interface Config extends Values {
  /** Declared feeds by name, from the file's `feeds`. Secrets stand in the environment variable that `tokenEnv` names. */
  readonly feeds: Readonly<Record<string, FeedSettings>>;
  /**
   * Reads a secret that a feed declares by the name of its environment variable, or from the file that NAME_FILE names; null when both are unset.
   * Kept out of the values so that it is never printed. Throws KC_CONFIG for a file that cannot be read.
   */
  readonly secret: (variable: string) => string | null;
  /** What is not wrong and should be looked at: files of secrets that others may read. One sentence each. */
  readonly remarks: readonly string[];
}

/**
 * Builds the configuration: defaults, then the JSON file, then the environment, then `overrides` (command line).
 * Throws KC_CONFIG once, listing every unknown key and every wrong value with what is expected.
 */
export function loadConfig(
  environment: Readonly<Record<string, string | undefined>>,
  file: string | null,
  overrides: Readonly<Record<string, unknown>> = {},
): Config {
  const mistakes: string[] = [];
  const fromFile = file === null ? {} : readConfigFile(file, mistakes);
  const values: Record<string, unknown> = {};
  const secretOf = (variable: string): string | null =>
    environment[variable] || readSecretFile(environment[`${variable}_FILE`], `${variable}_FILE`);
  const givenSecret = (variable: string): string | null => {
    try {
      return secretOf(variable) || null;
    } catch (error) {
      mistakes.push((error as Error).message.replace(/\.$/, ''));
      return null;
    }
  };
  for (const [key, setting] of Object.entries(SETTINGS) as [string, Setting<unknown>][]) {
    const sources: [unknown, string][] = [
      [overrides[key], `option ${key}`],
      [environment[setting.env] === '' ? undefined : environment[setting.env], setting.env],
      [setting.secret === true ? (givenSecret(setting.env) ?? undefined) : undefined, `${setting.env}_FILE`],
      [fromFile[key], `${file}: ${key}`],
    ];
    const found = sources.find(([value]) => value !== undefined);
    if (found === undefined) {
      values[key] = setting.fallback;
      continue;
    }
    const result = setting.read(found[0]);
    if (result.ok) values[key] = result.value;
    else mistakes.push(`${found[1]} should be ${result.expected}`);
  }
  values['databaseUrl'] = withPassword(values['databaseUrl'], givenSecret(SECRETS.databasePassword));
  values['redisUrl'] = withPassword(values['redisUrl'], givenSecret(SECRETS.redisPassword));
  const feeds = readFeeds(fromFile['feeds'], mistakes);
  for (const key of Object.keys(fromFile)) {
    if (key !== 'feeds' && !Object.hasOwn(SETTINGS, key)) mistakes.push(`${file}: ${key} is no setting`);
  }
  if (mistakes.length > 0)
    throw new KubecensusError(
      'KC_CONFIG',
      `${mistakes.length} mistake(s) in the configuration: ${mistakes.join('; ')}.`,
    );
  return Object.freeze({
    ...(values as unknown as Values),
    feeds,
    secret: secretOf,
    remarks: Object.entries(environment).flatMap(([name, path]) =>
      path !== undefined && isSecretFile(name) ? (secretFileRemark(path, name) ?? []) : [],
    ),
  });
}

/** How long what is kept. */
export const periodsOf = (config: Config): Periods => ({
  observationDays: config['retention.observationDays'],
  stateDays: config['retention.stateDays'],
  exportDays: config['retention.exportDays'],
  reportDays: config['retention.reportDays'],
});

/** A connection string with the password that stands elsewhere; one that has a password, or no host to have one, stays as it is. */
function withPassword(value: unknown, password: string | null): unknown {
  const url = typeof value === 'string' ? URL.parse(value) : null;
  if (url === null || password === null || url.password !== '' || url.host === '') return value;
  url.password = encodeURIComponent(password);
  return url.href;
}

const SECRET_NAMES = new Set([
  ...Object.values<string>(SECRETS),
  ...Object.values<Setting<unknown>>(SETTINGS).flatMap(({ env, secret: isSecret }) => (isSecret === true ? [env] : [])),
]);
/** Secrets of feeds and of single webhooks have names of the user's choice; most say what they are. */
const SOUNDS_SECRET = new RegExp(`(?:TOKEN|KEY|PASSWORD)$|^${WEBHOOK_SECRETS}_`);

function isSecretFile(variable: string): boolean {
  const name = variable.replace(/_FILE$/, '');
  return name !== variable && (SECRET_NAMES.has(name) || SOUNDS_SECRET.test(name));
}

function readConfigFile(file: string, mistakes: string[]): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed))
      return flatten(parsed as Record<string, unknown>);
    mistakes.push(`${file} should hold one JSON object`);
  } catch (error) {
    mistakes.push(`${file} cannot be read as JSON: ${(error as Error).message}`);
  }
  return {};
}

/** `{"dns": {"servers": []}}` and `{"dns.servers": []}` mean the same; `feeds` keeps its own shape. */
function flatten(object: Record<string, unknown>): Record<string, unknown> {
  const flat: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(object)) {
    const group = key !== 'feeds' && typeof value === 'object' && value !== null && !Array.isArray(value);
    if (!group) flat[key] = value;
    else for (const [inner, innerValue] of Object.entries(value)) flat[`${key}.${inner}`] = innerValue;
  }
  return flat;
}

function readFeeds(value: unknown, mistakes: string[]): Record<string, FeedSettings> {
  if (value === undefined) return {};
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    mistakes.push('feeds should be an object of feeds by name');
    return {};
  }
  const feeds: Record<string, FeedSettings> = {};
  for (const [name, settings] of Object.entries(value)) {
    if (
      typeof settings === 'object' &&
      settings !== null &&
      typeof (settings as { type?: unknown }).type === 'string'
    ) {
      feeds[name] = settings as FeedSettings;
    } else mistakes.push(`feeds.${name} should be an object with a type`);
  }
  return feeds;
}
