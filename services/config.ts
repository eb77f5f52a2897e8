// File and environment become one frozen Config; every mistake is reported at once. The only reader of the environment.
import { hash } from 'node:crypto';
import { type FeedSettings, readConfigFile, readFeeds } from './config-file.ts';
import { KubecensusError } from './platform/errors.ts';
import { SMTP_SECURITY } from './platform/mailer.ts';
import { STORAGE_ENCRYPTION } from './platform/object-storage.ts';
import { readSecretFile, secretFileRemark } from './platform/secret-file.ts';
import { WEBHOOK_SECRETS } from './reports/delivery/destination.ts';
import { DEFAULT_K, SMALLEST_K } from './rollups/suppress.ts';
import type { Periods } from './schedules/retention.ts';
import { SECRETS } from './secrets.ts';
import {
  flag,
  LOG_LEVELS,
  list,
  listen,
  listenOrNot,
  MAIL_ADDRESS,
  matching,
  number,
  optional,
  ports,
  readVantage,
  type Setting,
  scope,
  secret,
  sources,
  text,
  vantageList,
  WEB_ADDRESS,
  whole,
  word,
} from './setting.ts';

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

type Values = { readonly [K in keyof typeof SETTINGS]: (typeof SETTINGS)[K] extends Setting<infer T> ? T : never };

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

/** SHA-256 in hex over every setting that is no secret, as JSON in the order of the table: equal for processes that were set up alike. */
export function settingsDigest(config: Config): string {
  const values = (Object.entries(SETTINGS) as [keyof typeof SETTINGS, Setting<unknown>][])
    .filter(([, setting]) => setting.secret !== true)
    .map(([key]) => [key, config[key]]);
  return hash('sha256', JSON.stringify(values));
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
