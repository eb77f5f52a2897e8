// The resolver against a real DNS server: every answer is judged, every failure has its own outcome, nothing is asked twice.
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { after, before, describe, it } from 'node:test';
import { createOptOuts } from '../../services/candidates/opt-out.ts';
import { createPolicy } from '../../services/candidates/policy.ts';
import {
  createResolver,
  type Resolution,
  type Resolver,
  type ResolverOptions,
} from '../../services/candidates/resolve.ts';
import { parseScope } from '../../services/candidates/scope.ts';
import { addresses, type DnsServer, type Question, type Reply, startDnsServer } from '../support/dns-server.ts';

const policy = createPolicy({
  own: ['8.8.4.4'],
  optOuts: createOptOuts([{ kind: 'address', value: '9.9.9.9' }]),
  scope: parseScope(['0.0.0.0/0', '2000::/3']),
  loopbackLab: false,
});
/** For names that are answered: never reached, however busy the machine. */
const PATIENT_MS = 30_000;
/** For names with a silent part: waited out in full. */
const SILENCE_MS = 1_000;

const THOUSAND = Array.from({ length: 1000 }, (_, i) => `11.0.${i >> 8}.${i & 255}`);

/** What the zone holds. Keys are "name type", "name" for both types. */
const ZONE: Record<string, (question: Question, count: number) => Reply> = {
  'plain.example.org A': ({ name }) => addresses(name, ['8.8.8.8']),
  'plain.example.org AAAA': ({ name }) => addresses(name, ['2a00::8']),
  'four.example.org A': ({ name }) => addresses(name, ['8.8.8.8', '1.1.1.1', '8.8.8.8']),
  'mixed.example.org A': ({ name }) => addresses(name, ['10.0.0.1', '8.8.8.8', '169.254.169.254', '127.0.0.1']),
  'private.example.org A': ({ name }) => addresses(name, ['10.0.0.1', '192.168.0.1', '0.0.0.0']),
  'private.example.org AAAA': ({ name }) =>
    addresses(name, ['::', '::1', '64:ff9b::a9fe:a9fe', '::ffff:10.0.0.1', 'fd00:ec2::254']),
  'mapped.example.org AAAA': ({ name }) => addresses(name, ['::ffff:8.8.8.8', '::ffff:169.254.169.254']),
  'own.example.org A': ({ name }) => addresses(name, ['8.8.4.4', '9.9.9.9']),
  'rebind.example.org A': ({ name }, count) => addresses(name, [count === 0 ? '8.8.8.8' : '169.254.169.254'], 0),
  'thousand.example.org A': ({ name }) => addresses(name, [...THOUSAND].reverse()),
  'nine.example.org A': ({ name }) => addresses(name, THOUSAND.slice(0, 9)),
  'eight.example.org A': ({ name }) => addresses(name, THOUSAND.slice(0, 8)),
  'loop.example.org': ({ name }) => ({
    answers: [
      { type: 'CNAME', name, data: 'loop2.example.org' },
      { type: 'CNAME', name: 'loop2.example.org', data: name },
    ],
  }),
  'deep.example.org A': () => ({
    answers: [
      ...Array.from({ length: 64 }, (_, i) => ({
        type: 'CNAME' as const,
        name: i === 0 ? 'deep.example.org' : `d${i}.example.org`,
        data: `d${i + 1}.example.org`,
      })),
      { type: 'A', name: 'd64.example.org', data: '8.8.8.8' },
    ],
  }),
  'silent.example.org': () => 'silence',
  'half.example.org A': ({ name }) => addresses(name, ['8.8.8.8']),
  'half.example.org AAAA': () => 'silence',
  'halfprivate.example.org A': ({ name }) => addresses(name, ['10.0.0.1']),
  'halfprivate.example.org AAAA': () => 'silence',
  'slow.example.org A': ({ name }) => ({ answers: [{ type: 'A', name, data: '8.8.8.8' }], afterMs: 1_500 }),
  'servfail.example.org': () => ({ rcode: 'SERVFAIL' }),
  'refused.example.org': () => ({ rcode: 'REFUSED' }),
  'halffail.example.org A': ({ name }) => addresses(name, ['8.8.8.8']),
  'halffail.example.org AAAA': () => ({ rcode: 'SERVFAIL' }),
  'nothing.example.org': () => ({ answers: [] }),
  'under_score.example.org A': ({ name }) => addresses(name, ['8.8.8.8']),
};

const zone = (question: Question, count: number): Reply => {
  const entry = ZONE[`${question.name} ${question.type}`] ?? ZONE[question.name];
  if (entry !== undefined) return entry(question, count);
  const exists = Object.keys(ZONE).some((key) => key.startsWith(`${question.name} `));
  return exists ? { answers: [] } : { rcode: 'NXDOMAIN' };
};

describe('createResolver', () => {
  let server: DnsServer;
  const opened: Resolver[] = [];
  before(async () => {
    server = await startDnsServer(zone);
  });
  after(async () => {
    for (const resolver of opened) resolver.close();
    await server.close();
  });
  const open = (options: Partial<ResolverOptions> = {}): Resolver => {
    const resolver = createResolver({
      servers: [server.address],
      timeoutMs: PATIENT_MS,
      tries: 1,
      policy,
      maxAnswers: 8,
      family: 'both',
      ...options,
    });
    opened.push(resolver);
    return resolver;
  };
  const show = (resolution: Resolution): string =>
    [resolution.outcome ?? resolution.addresses.map((address) => address.text).join(' '), ...resolution.flags].join(
      ' | ',
    );
  const asked = (name: string): string[] =>
    server.asked.filter((question) => question.name === name).map(({ type, over }) => `${type} ${over}`);

  for (const [name, expected] of [
    ['plain.example.org', '8.8.8.8 2a00::8'],
    ['four.example.org', '1.1.1.1 8.8.8.8'], // sorted, repeats collapsed
    ['mixed.example.org', '8.8.8.8 | dns_mixed_private'],
    ['private.example.org', 'dns_no_public_address'],
    ['mapped.example.org', '8.8.8.8 | dns_mixed_private'],
    ['own.example.org', 'dns_no_public_address'],
    ['thousand.example.org', `${THOUSAND.slice(0, 8).join(' ')} | dns_many_addresses`],
    ['nine.example.org', `${THOUSAND.slice(0, 8).join(' ')} | dns_many_addresses`],
    ['eight.example.org', THOUSAND.slice(0, 8).join(' ')],
    ['loop.example.org', 'dns_no_public_address'],
    ['deep.example.org', '8.8.8.8'],
    ['silent.example.org', 'dns_timeout'],
    ['half.example.org', '8.8.8.8 | dns_partial'],
    ['halfprivate.example.org', 'dns_timeout | dns_partial'],
    ['servfail.example.org', 'dns_servfail'],
    ['refused.example.org', 'dns_servfail'],
    ['halffail.example.org', '8.8.8.8 | dns_partial'],
    ['nothing.example.org', 'dns_no_public_address'],
    ['missing.example.org', 'dns_nxdomain'],
    ['under_score.example.org', '8.8.8.8'],
  ] as const) {
    it(`${name}: ${expected.slice(0, 60)}`, async () => {
      const timeoutMs = /^silent|^half(private)?\./.test(name) ? SILENCE_MS : PATIENT_MS;
      assert.equal(show(await open({ timeoutMs }).resolve(name)), expected);
    });
  }

  it('asks each question once, as an absolute name, and pins what came', async () => {
    assert.equal(show(await open().resolve('rebind.example.org')), '8.8.8.8');
    assert.deepEqual(asked('rebind.example.org').sort(), ['A udp', 'AAAA udp']);
    assert.deepEqual(
      [...new Set(server.asked.map(({ name }) => name))].filter((name) => !/^[a-z0-9_]+\.example\.org$/.test(name)),
      [],
    );
  });

  it('falls back to TCP when the answer was truncated', async () => {
    const before = asked('thousand.example.org').length;
    await open({ family: 'v4' }).resolve('thousand.example.org');
    assert.deepEqual(asked('thousand.example.org').slice(before), ['A udp', 'A tcp']);
  });

  it('waits as long as it was told, also after many fast answers', async () => {
    const resolver = open({ family: 'v4' });
    for (let i = 0; i < 20; i++) await resolver.resolve('plain.example.org');
    assert.equal(show(await resolver.resolve('slow.example.org')), '8.8.8.8');
  });

  it('asks only for the family that it was told', async () => {
    const before = asked('plain.example.org').length;
    assert.equal(show(await open({ family: 'v4' }).resolve('plain.example.org')), '8.8.8.8');
    assert.equal(show(await open({ family: 'v6' }).resolve('plain.example.org')), '2a00::8');
    assert.deepEqual(asked('plain.example.org').slice(before), ['A udp', 'AAAA udp']);
  });

  it('tries as often as it was told', async () => {
    const before = asked('silent.example.org').length;
    assert.equal(
      show(await open({ family: 'v4', tries: 3, timeoutMs: 100 }).resolve('silent.example.org')),
      'dns_timeout',
    );
    assert.equal(asked('silent.example.org').length - before, 3);
  });

  it('sends nothing for text that is no canonical name', async () => {
    const before = server.asked.length;
    for (const name of [
      '',
      'Example.org',
      'example.org.',
      '*.example.org',
      '127.0.0.1',
      '10.1',
      '::1',
      'a b',
      'a\u0000.org',
      '.example.org',
      'ü.de',
    ]) {
      assert.equal(show(await open().resolve(name)), 'invalid_target', name);
    }
    assert.equal(server.asked.length, before);
  });

  it('says dns_servfail when no server listens, and after close', async () => {
    const socket = createSocket('udp4').bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const { port } = socket.address();
    socket.close();
    await once(socket, 'close');
    assert.equal(show(await open({ servers: [`127.0.0.1:${port}`] }).resolve('plain.example.org')), 'dns_servfail');
    const closing = open({ timeoutMs: PATIENT_MS });
    const pending = closing.resolve('silent.example.org');
    closing.close();
    assert.equal(show(await pending), 'dns_servfail');
  });

  it('refuses a server that is no address', () => {
    assert.throws(() => open({ servers: ['resolver.example.org'] }), {
      code: 'KC_RESOLVER',
      message: /resolver\.example\.org/,
    });
  });
});
