// The configuration: every source and its rank, every mistake at once, and a page of documentation that says the same.
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { pagePath, withTables } from '../scripts/docs-tables.ts';
import { loadConfig, SETTINGS, settingsDigest } from '../services/config.ts';
import { describeFeeds } from '../services/feeds/describe.ts';
import { FEED_TYPES, openFeed } from '../services/feeds/index.ts';
import { KubecensusError } from '../services/platform/errors.ts';
import { secretFileRemark } from '../services/platform/secret-file.ts';

const home = mkdtempSync(join(tmpdir(), 'kubecensus-config-'));
after(() => rmSync(home, { recursive: true }));

function fileOf(content: unknown): string {
  const file = join(home, 'config.json');
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
}

/** The mistakes that are found, one a line. */
function mistakesOf(...args: Parameters<typeof loadConfig>): string[] {
  try {
    loadConfig(...args);
  } catch (error) {
    assert.ok(error instanceof KubecensusError && error.code === 'KC_CONFIG' && error.exitCode === 2);
    return error.message
      .replace(/^\d+ mistake\(s\) in the configuration: /, '')
      .replace(/\.$/, '')
      .split('; ');
  }
  return [];
}

describe('sources', () => {
  it('are defaults, then the file, then the environment, then the command line', () => {
    const file = fileOf({ vantage: 'file', rate: 5, ports: [1, 2] });
    const environment = { KUBECENSUS_VANTAGE: 'environment', KUBECENSUS_RATE: '6' };
    const config = loadConfig(environment, file, { vantage: 'option' });
    assert.deepEqual([config.vantage, config.rate, config.ports, config.inFlight], ['option', 6, [1, 2], 500]);
    assert.equal(loadConfig(environment, file).vantage, 'environment');
    assert.equal(loadConfig({}, file).vantage, 'file');
    assert.equal(loadConfig({}, null).vantage, 'local');
  });

  it('may nest settings or write them flat, and an empty variable is unset', () => {
    assert.deepEqual(loadConfig({}, fileOf({ dns: { servers: ['192.0.2.53'] } }))['dns.servers'], ['192.0.2.53']);
    assert.deepEqual(loadConfig({}, fileOf({ 'dns.servers': ['192.0.2.54'] }))['dns.servers'], ['192.0.2.54']);
    assert.equal(loadConfig({ DATABASE_URL: '', KUBECENSUS_RATE: '' }, null).databaseUrl, null);
  });

  it('give a Config that nobody changes, whose secrets are not in it', () => {
    const config = loadConfig({ CENSYS_TOKEN: 'hush', KUBECENSUS_SCOPE: '192.0.2.0/24, 198.51.100.0/24' }, null);
    assert.throws(() => Object.assign(config, { vantage: 'other' }), TypeError);
    assert.deepEqual([config.secret('CENSYS_TOKEN'), config.secret('NOT_SET')], ['hush', null]);
    const file = join(home, 'secret');
    writeFileSync(file, 'from a file\n');
    const read = loadConfig({ A_FILE: file, B: 'own', B_FILE: file, C_FILE: `${file}-gone` }, null);
    assert.deepEqual([read.secret('A'), read.secret('B')], ['from a file', 'own']);
    assert.throws(() => read.secret('C'), { code: 'KC_CONFIG', message: /C_FILE names cannot be read \(ENOENT\)/ });
    assert.ok(!JSON.stringify(config).includes('hush'));
    assert.deepEqual(config.scope, ['192.0.2.0/24', '198.51.100.0/24']);
  });
});

describe('secrets', () => {
  const fileNamed = (name: string, text: string, mode: number): string => {
    const path = join(home, name);
    writeFileSync(path, text);
    chmodSync(path, mode);
    return path;
  };
  const names = Object.entries(SETTINGS).flatMap(([key, setting]) =>
    'secret' in setting ? [[key, setting.env] as const] : [],
  );

  it('of every setting that is one may stand in a file, which the variable itself outranks', () => {
    assert.deepEqual(
      names.map(([key]) => key),
      ['databaseUrl', 'redisUrl', 'clusterKey'],
    );
    const texts: Readonly<Record<string, string>> = {
      databaseUrl: 'postgres://a@b/c',
      redisUrl: 'redis://a',
      clusterKey: 'k',
    };
    for (const [key, env] of names) {
      const file = fileNamed(key, `${texts[key]}\n`, 0o600);
      const read = (environment: Record<string, string>) => loadConfig(environment, null)[key as 'clusterKey'];
      assert.equal(read({ [`${env}_FILE`]: file }), texts[key]);
      assert.equal(read({ [`${env}_FILE`]: file, [env]: '' }), texts[key], 'an empty variable is unset');
      assert.equal(read({ [`${env}_FILE`]: file, [env]: `${texts[key]}2` }), `${texts[key]}2`);
      assert.equal(read({ [`${env}_FILE`]: fileNamed('empty', '', 0o600) }), null, 'so is an empty file');
    }
    assert.deepEqual(mistakesOf({ DATABASE_URL_FILE: fileNamed('odd', 'mysql://x', 0o600) }, null), [
      'DATABASE_URL_FILE should be a postgres:// URL',
    ]);
    assert.throws(() => loadConfig({ DATABASE_URL_FILE: `${home}/gone` }, null), {
      code: 'KC_CONFIG',
      message: /DATABASE_URL_FILE/,
    });
    const large = fileNamed('large', 'x'.repeat(100_000), 0o600);
    assert.throws(() => loadConfig({ KUBECENSUS_CLUSTER_KEY_FILE: large }, null), {
      code: 'KC_CONFIG',
      message: /larger than any/,
    });
  });

  it('that are passwords of a URL go into it where it has none', () => {
    const file = fileNamed('password', 'p@ss/word\n', 0o600);
    const { databaseUrl, redisUrl } = loadConfig(
      {
        DATABASE_URL: 'postgres://a@b/c',
        DATABASE_PASSWORD_FILE: file,
        REDIS_URL: 'redis://:own@b',
        REDIS_PASSWORD: 'x',
      },
      null,
    );
    assert.equal(databaseUrl, 'postgres://a:p%40ss%2Fword@b/c');
    assert.equal(redisUrl, 'redis://:own@b');
  });

  it('in files that others may read or write are remarked on, not those that a container is given', () => {
    const remarks = (environment: Record<string, string>) => loadConfig(environment, null).remarks;
    for (const variable of [
      'DATABASE_URL',
      'KUBECENSUS_SMTP_PASSWORD',
      'CENSYS_TOKEN',
      'KUBECENSUS_WEBHOOK_SECRETS_OPS',
    ])
      for (const [mode, expected] of [
        [0o600, null],
        [0o640, null],
        [0o644, /may be read by everybody here \(mode 0644\)/],
        [0o620, /may be written by others \(mode 0620\)/],
      ] as const) {
        const found = remarks({ [`${variable}_FILE`]: fileNamed('mode', 'postgres://x', mode) });
        if (expected === null) assert.deepEqual(found, [], variable);
        else assert.match(found.join(), expected, variable);
      }
    assert.deepEqual(remarks({ SSL_CERT_FILE: fileNamed('other', '', 0o644), SOME_TOKEN_FILE: `${home}/gone` }), []);
    assert.equal(secretFileRemark('/run/secrets/x', 'X_FILE'), null);
  });
});

describe('mistakes', () => {
  it('are all reported at once, each with its source and what is expected', () => {
    const file = fileOf({
      rate: 'fast',
      ports: [0],
      contact: { url: 'http://x', phone: '1' },
      nonsense: 1,
      feeds: { a: { type: 'censys' }, b: 3 },
    });
    const environment = {
      DATABASE_URL: 'mysql://x',
      REDIS_URL: 'localhost',
      KUBECENSUS_LOG_LEVEL: 'loud',
      KUBECENSUS_CONTACT_EMAIL: 'nobody',
    };
    assert.deepEqual(
      mistakesOf(environment, file, { vantage: '' }).sort(),
      [
        'DATABASE_URL should be a postgres:// URL',
        'KUBECENSUS_CONTACT_EMAIL should be an e-mail address',
        'KUBECENSUS_LOG_LEVEL should be one of trace, debug, info, warn, error, silent',
        'REDIS_URL should be a redis:// or rediss:// URL',
        'feeds.b should be an object with a type',
        'option vantage should be a name of letters, digits, dots, dashes and underscores, 64 at most',
        ...[
          'contact.phone is no setting',
          'contact.url should be an https:// URL',
          'nonsense is no setting',
          'ports should be a list of ports from 1 to 65535',
          'rate should be a number from 0.1 to 100000',
        ].map((text) => `${file}: ${text}`),
      ].sort(),
    );
  });

  it('of a file that is none, or no object', () => {
    assert.match(mistakesOf({}, join(home, 'missing.json'))[0] ?? '', /cannot be read as JSON: ENOENT/);
    assert.match(mistakesOf({}, fileOf('{'))[0] ?? '', /cannot be read as JSON/);
    assert.match(mistakesOf({}, fileOf([]))[0] ?? '', /should hold one JSON object/);
    assert.deepEqual(mistakesOf({}, fileOf({ feeds: [] })), ['feeds should be an object of feeds by name']);
  });

  it('in names that every JavaScript object has', () => {
    const file = fileOf({ constructor: 1, toString: 2 });
    assert.deepEqual(mistakesOf({}, file), [`${file}: constructor is no setting`, `${file}: toString is no setting`]);
  });

  for (const [variable, wrong] of [
    ['KUBECENSUS_RATE', ['0', '-1', 'NaN', '1e9', 'ten', ' ']],
    ['KUBECENSUS_IN_FLIGHT', ['0', '1.5', '20001']],
    ['KUBECENSUS_NETWORK_IN_FLIGHT', ['0', '2.5']],
    ['KUBECENSUS_PORTS', ['0', '65536', '443,', '443;6443', '4.5', 'https']],
    ['KUBECENSUS_CONTACT_URL', ['http://example.org', 'https://', 'example.org', 'https://a b']],
    ['KUBECENSUS_SCOPE', [',', '10.0.0.0/8,']],
  ] as const) {
    it(`in ${variable}: ${wrong.join(' | ')}`, () => {
      for (const value of wrong) assert.equal(mistakesOf({ [variable]: value }, null).length, 1, value);
    });
  }
});

it('every setting has a variable of its own and a default that its own reader takes', () => {
  const settings = Object.entries(SETTINGS);
  assert.equal(new Set(settings.map(([, { env }]) => env)).size, settings.length);
  for (const [key, { fallback, read }] of settings)
    if (fallback !== null) assert.deepEqual(read(fallback), { ok: true, value: fallback }, key);
});

it('docs/configuration.md lists every setting and every feed type as they are', async () => {
  const page = await readFile(pagePath('configuration.md'), 'utf8');
  assert.equal(page, withTables('configuration.md', page));
  for (const [key, { env }] of Object.entries(SETTINGS)) assert.ok(page.includes(`| \`${key}\` | \`${env}\` `), key);
  for (const type of Object.keys(FEED_TYPES)) assert.ok(page.includes(`### ${type}\n`), type);
});

describe('a declared feed', () => {
  const tools = {
    http: () => Promise.reject(new Error('nothing is asked')),
    sleep: () => Promise.resolve(),
    now: () => new Date(0),
  };
  const open = (declared: Record<string, unknown>, secret: string | null = 'token') =>
    openFeed('mine', declared as { type: string }, { ...tools, secret: () => secret });
  const CENSYS = { type: 'censys', organizationId: '3d2d8b4a-0000-4000-8000-000000000000' };

  it('opens with its defaults, and describes itself without its secret', () => {
    assert.equal(open(CENSYS).name, 'mine');
    assert.deepEqual(
      describeFeeds({ mine: CENSYS }, () => 'x').map(({ name, type }) => [name, type]),
      [['mine', 'censys']],
    );
  });

  it('names every wrong setting at once', () => {
    assert.throws(
      () => open({ type: 'static-ct', maxEntries: 0.5, colour: 'red', toString: 1 }),
      (error: KubecensusError) => {
        assert.equal(error.code, 'KC_CONFIG');
        for (const part of ['feeds.mine', 'origin', 'monitoringUrl', 'publicKey', 'maxEntries', 'colour', 'toString'])
          assert.ok(error.message.includes(part), part);
        return true;
      },
    );
  });

  it('is refused when its type is none, or its secret is missing', () => {
    for (const type of ['shodan-of-tomorrow', 'constructor', '__proto__'])
      assert.throws(() => open({ type }), { code: 'KC_CONFIG' }, type);
    assert.throws(() => open(CENSYS, null), { code: 'KC_FEED_CREDENTIALS' });
  });
});

it('the digest of the settings follows every setting and no secret', () => {
  const digest = (environment: Record<string, string>): string => settingsDigest(loadConfig(environment, null));
  const plain = digest({});
  assert.match(plain, /^[0-9a-f]{64}$/);
  assert.equal(
    digest({ DATABASE_URL: 'postgres://user:password@db.example.org/census', AWS_SECRET_ACCESS_KEY: 'x' }),
    plain,
  );
  assert.notEqual(digest({ KUBECENSUS_RATE: '59' }), plain);
});
