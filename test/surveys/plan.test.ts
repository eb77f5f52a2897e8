// Planning a survey: which endpoints of which candidates, each once, reproducibly, with the reasons of what was left out.
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { canonicalise } from '../../services/candidates/candidate.ts';
import { createOptOuts } from '../../services/candidates/opt-out.ts';
import { createPolicy } from '../../services/candidates/policy.ts';
import { createResolver } from '../../services/candidates/resolve.ts';
import { parseScope } from '../../services/candidates/scope.ts';
import { type AcceptedSighting, storeSightings } from '../../services/candidates/sighting.store.ts';
import type { Database } from '../../services/platform/db/database.ts';
import { openTargets } from '../../services/surveys/chunk.store.ts';
import { type PlanContext, plan } from '../../services/surveys/plan.job.ts';
import { createSurvey, listSurveys } from '../../services/surveys/survey.store.ts';
import type { SurveyPlan, SurveyTarget } from '../../services/surveys/survey.ts';
import { withDatabase } from '../support/database.ts';
import { addresses, type Reply, startDnsServer } from '../support/dns-server.ts';
import { stopSurvey } from '../support/observations.ts';

const NOW = new Date('2026-11-24T12:00:00.000Z');

interface Planning {
  readonly database: Database;
  readonly context: PlanContext;
  readonly asked: readonly { name: string }[];
  /** Candidates as a feed gives them: "8.0.0.1:6443", "api.example.org"; with evidence, that of the given minute. */
  see(feed: string, hosts: readonly string[], evidence?: { minute: number; body?: object }): Promise<void>;
  /** Creates and plans a survey and gives its targets in order. */
  survey(changes?: Partial<SurveyPlan>): Promise<SurveyTarget[]>;
}

async function planning(t: TestContext, replies: Readonly<Record<string, Reply>> = {}): Promise<Planning> {
  const { database, onEnd } = await withDatabase(t);
  const server = await startDnsServer(({ name, type }) => {
    const reply = replies[name] ?? ({ rcode: 'NXDOMAIN' } as const);
    return typeof reply === 'object' && 'answers' in reply
      ? { answers: reply.answers.filter((answer) => answer.type === type) }
      : reply;
  });
  onEnd(() => server.close());
  const optOuts = createOptOuts([
    { kind: 'prefix', value: '8.9.0.0/16' },
    { kind: 'dns-suffix', value: 'shy.org' },
  ]);
  const policy = createPolicy({
    own: [],
    optOuts,
    scope: parseScope(['8.0.0.0/8', '2606:4700::/32', '10.0.0.0/8']),
    loopbackLab: false,
  });
  const resolver = createResolver({
    servers: [server.address],
    timeoutMs: 500,
    tries: 1,
    policy,
    maxAnswers: 8,
    family: 'both',
  });
  onEnd(async () => resolver.close());
  const context = { db: database.db, now: () => NOW, policy, resolver, chunkSize: 4 };
  let surveys = 0;
  return {
    database,
    context,
    asked: server.asked,
    see: (feed, hosts, evidence) => see(database, feed, hosts, evidence ?? null),
    survey: async (changes = {}) => {
      const id = `s${surveys++}`;
      await createSurvey(database.db, surveyPlan({ id, ...changes }), {}, NOW);
      assert.equal(await plan(id, context), true);
      return targetsOf(database, id);
    },
  };
}

const surveyPlan = (changes: Partial<SurveyPlan>): SurveyPlan => ({
  id: 's',
  method: 'active',
  seed: 'seed',
  sample: null,
  ports: [6443, 443],
  portsOnly: false,
  feeds: [],
  scope: ['8.0.0.0/8'],
  vantage: 'v',
  rate: 1,
  ...changes,
});

async function see(
  { db }: Database,
  feed: string,
  hosts: readonly string[],
  evidence: { minute: number; body?: object } | null,
): Promise<void> {
  const run = await db
    .insertInto('feed_run')
    .values({ feed, kind: 'sightings', query: 'q', code_version: 't', started_at: NOW })
    .returning('id')
    .executeTakeFirstOrThrow();
  const observedAt = new Date(NOW.getTime() + (evidence?.minute ?? 0) * 60_000);
  const sightings = hosts.map((text): AcceptedSighting => {
    const [, host = text, port = null] = /^(\[.*\]|[^:[\]]+)(?::(\d+))?$/.exec(text) ?? [];
    const result = canonicalise({ host, port });
    if (!result.ok) throw new Error(`${text}: ${result.reason}`);
    const body = { endpoint: { address: '', port: Number(port) }, ...evidence?.body };
    return { candidate: result.candidate, observedAt, evidence: evidence === null ? null : JSON.stringify(body) };
  });
  await storeSightings(db, feed, run.id, sightings, NOW);
}

async function targetsOf({ db }: Database, id: string): Promise<SurveyTarget[]> {
  const [survey] = await listSurveys(db, id);
  const targets: SurveyTarget[] = [];
  for (let chunk = 0; chunk < (survey?.chunks ?? 0); chunk++)
    targets.push(...((await openTargets(db, id, chunk)) ?? []));
  assert.equal(targets.length, survey?.targets);
  return targets;
}

const shown = (targets: readonly SurveyTarget[]): string[] =>
  targets
    .map(
      (target) =>
        `${target.address ?? target.host} ${target.port}${target.outcome === null ? '' : ` ${target.outcome}`}`,
    )
    .sort();

describe('ports', () => {
  it("are the candidate's own, or those of the survey", async (t) => {
    const { see, survey } = await planning(t);
    await see('f', ['8.0.0.1', '8.0.0.2:10250']);
    assert.deepEqual(shown(await survey()), ['8.0.0.1 443', '8.0.0.1 6443', '8.0.0.2 10250']);
    assert.deepEqual(shown(await survey({ ports: [2379] })), ['8.0.0.1 2379', '8.0.0.2 10250']);
  });

  it('and no others when the user names them', async (t) => {
    const { database, see, survey } = await planning(t);
    await see('f', ['8.0.0.1', '8.0.0.2:10250', '8.0.0.3:443']);
    assert.deepEqual(shown(await survey({ ports: [443], portsOnly: true })), ['8.0.0.1 443', '8.0.0.3 443']);
    assert.deepEqual((await listSurveys(database.db, 's0'))[0]?.excludedBy, { port_not_chosen: 1 });
  });
});

it('draws samples that are reproducible, nested in each other, and of about the asked size', async (t) => {
  const { see, survey } = await planning(t);
  await see(
    'f',
    Array.from({ length: 400 }, (_, i) => `8.0.${i >> 8}.${i & 255}:6443`),
  );
  const half = shown(await survey({ sample: 0.5 }));
  assert.deepEqual(shown(await survey({ sample: 0.5 })), half);
  const fifth = shown(await survey({ sample: 0.2 }));
  assert.deepEqual(
    fifth.filter((target) => !half.includes(target)),
    [],
  );
  // Six standard deviations of a binomial.
  assert.ok(
    Math.abs(half.length - 200) < 60 && Math.abs(fifth.length - 80) < 48,
    `${half.length} and ${fifth.length} of 400`,
  );
  assert.notDeepEqual(shown(await survey({ sample: 0.5, seed: 'other' })), half);
  assert.equal((await survey({ sample: 1 })).length, 400);
});

it('gives the same candidates in the same order for the same seed', async (t) => {
  const { see, survey } = await planning(t);
  await see(
    'f',
    Array.from({ length: 30 }, (_, i) => `8.0.${i}.1`),
  );
  const first = await survey();
  assert.deepEqual(await survey(), first);
  assert.notDeepEqual(await survey({ seed: 'other' }), first);
});

describe('names', () => {
  const REPLIES = {
    'api.example.org': addresses('api.example.org', ['8.0.0.1', '8.0.0.2', '2606:4700::1']),
    'mixed.example.org': addresses('mixed.example.org', ['8.0.0.3', '10.0.0.1']),
    'private.example.org': addresses('private.example.org', ['10.0.0.1']),
    'broken.example.org': { rcode: 'SERVFAIL' },
    'mute.example.org': 'silence',
  } as const satisfies Record<string, Reply>;

  it('are resolved once, pinned to every address that policy allows, and keep their name', async (t) => {
    const { see, survey, asked } = await planning(t, REPLIES);
    await see('f', ['api.example.org', 'mixed.example.org:8443']);
    const targets = await survey();
    assert.deepEqual(shown(targets), [
      '2606:4700::1 443',
      '2606:4700::1 6443',
      '8.0.0.1 443',
      '8.0.0.1 6443',
      '8.0.0.2 443',
      '8.0.0.2 6443',
      '8.0.0.3 8443',
    ]);
    const mixed = targets.find((target) => target.port === 8443);
    assert.deepEqual(
      [mixed?.serverName, mixed?.host, mixed?.flags],
      ['mixed.example.org', 'mixed.example.org', ['dns_mixed_private']],
    );
    assert.equal(asked.filter(({ name }) => name === 'api.example.org').length, 2, 'A and AAAA');
  });

  it('that lead nowhere become one target each, with how they ended', async (t) => {
    const { see, survey } = await planning(t, REPLIES);
    await see('f', ['private.example.org', 'broken.example.org:8443', 'mute.example.org', 'gone.example.org']);
    const targets = await survey();
    assert.deepEqual(shown(targets), [
      'broken.example.org 8443 dns_servfail',
      'gone.example.org 6443 dns_nxdomain',
      'mute.example.org 6443 dns_timeout',
      'private.example.org 6443 dns_no_public_address',
    ]);
    assert.deepEqual(new Set(targets.map((target) => target.address)), new Set([null]));
  });

  it('and addresses of one endpoint are one target with the feeds of all and a name', async (t) => {
    const { see, survey } = await planning(t, {
      ...REPLIES,
      'alias.example.org': addresses('alias.example.org', ['8.0.0.3']),
    });
    await see('ct', ['mixed.example.org:443', 'alias.example.org:443']);
    await see('scan', ['8.0.0.3:443']);
    await see('list', ['8.0.0.3:443', '8.0.0.4:443']);
    const targets = await survey();
    assert.equal(targets.length, 2);
    const shared = targets.find((target) => target.address === '8.0.0.3');
    assert.deepEqual([shared?.feeds, shared?.serverName], [['ct', 'list', 'scan'], 'alias.example.org']);
    assert.deepEqual(shared?.flags, ['dns_mixed_private', 'many_names']);
    assert.deepEqual(
      (await survey({ feeds: ['scan'] })).map((target) => [target.feeds, target.serverName]),
      [[['scan'], null]],
    );
  });
});

it('leaves out what policy forbids and says how many endpoints for which reason', async (t) => {
  const { database, see, survey } = await planning(t);
  await see('f', ['8.0.0.1:443', '8.9.1.2', '9.9.9.9:443', '10.0.0.1:443', '[2606:4700::1]:443']);
  await see('g', ['9.9.9.9:443']);
  assert.deepEqual(shown(await survey()), ['2606:4700::1 443', '8.0.0.1 443']);
  assert.deepEqual((await listSurveys(database.db, 's0'))[0]?.excludedBy, {
    opted_out: 2,
    out_of_scope: 1,
    special_purpose: 1,
  });
});

it('counts an endpoint that is left out once, however many feeds gave evidence of it', async (t) => {
  const { database, see, survey } = await planning(t);
  for (const feed of ['a', 'b', 'c']) await see(feed, ['9.9.9.9:443', '8.0.0.1:443'], { minute: 1 });
  assert.equal((await survey({ method: 'passive' })).length, 1);
  assert.deepEqual((await listSurveys(database.db, 's0'))[0]?.excludedBy, { out_of_scope: 1 });
});

it('leaves out names that opted out, without asking a resolver, also where evidence is there already', async (t) => {
  const { database, see, survey, asked } = await planning(t);
  await see('f', ['api.shy.org:443'], { minute: 1, body: { endpoint: { address: '8.0.0.1', port: 443 } } });
  assert.deepEqual([await survey(), await survey({ method: 'passive' })], [[], []]);
  for (const id of ['s0', 's1'])
    assert.deepEqual((await listSurveys(database.db, id))[0]?.excludedBy, { opted_out: 1 });
  assert.equal(asked.length, 0);
});

describe('planning again', () => {
  it('after a crash in the middle leaves one plan', async (t) => {
    const { database, context, see } = await planning(t);
    await see('f', ['8.0.0.1', '8.0.1.1', '8.0.2.1', '8.0.3.1']);
    await createSurvey(database.db, surveyPlan({}), {}, NOW);
    const dying = {
      ...context,
      now: () => {
        throw new Error('the process died');
      },
    };
    await assert.rejects(plan('s', dying), /died/);
    assert.equal((await listSurveys(database.db, 's'))[0]?.state, 'planning');
    assert.equal(await plan('s', context), true);
    assert.equal((await targetsOf(database, 's')).length, 8);
    assert.equal(await plan('s', context), false, 'what runs is not planned again');
    assert.equal((await targetsOf(database, 's')).length, 8);
  });

  it('twice at once leaves one plan', async (t) => {
    const { database, context, see } = await planning(t);
    await see('f', ['8.0.0.1', '8.0.1.1', '8.0.2.1', '8.0.3.1']);
    await createSurvey(database.db, surveyPlan({}), {}, NOW);
    assert.deepEqual((await Promise.all([plan('s', context), plan('s', context), plan('s', context)])).sort(), [
      false,
      false,
      true,
    ]);
    assert.equal((await targetsOf(database, 's')).length, 8);
  });

  it('does not wake a survey that was stopped, and knows no survey that there is not', async (t) => {
    const { database, context, see } = await planning(t);
    await see('f', ['8.0.0.1']);
    await createSurvey(database.db, surveyPlan({}), {}, NOW);
    await stopSurvey(database.db, 's', NOW);
    assert.equal(await plan('s', context), false);
    assert.equal((await listSurveys(database.db, 's'))[0]?.state, 'stopped');
    assert.equal(await plan('unknown', context), false);
  });
});

it('of no candidates is a survey that runs without chunks', async (t) => {
  const { database, survey } = await planning(t);
  assert.deepEqual(await survey(), []);
  const [stored] = await listSurveys(database.db, 's0');
  assert.deepEqual([stored?.state, stored?.chunks, stored?.targets], ['running', 0, 0]);
});

describe('a passive survey', () => {
  const passive = { method: 'passive', ports: [] } as const;

  it('takes the newest evidence of each endpoint and the feeds of all', async (t) => {
    const { see, survey, asked } = await planning(t);
    await see('old', ['8.0.0.1:6443', '8.0.0.2:6443'], { minute: 1 });
    await see('new', ['8.0.0.1:6443'], { minute: 9 });
    await see('plain', ['8.0.0.3:6443']);
    const targets = (await survey(passive)).map((target) => [target.address, target.evidenceFeed, target.feeds]);
    assert.deepEqual(targets.sort(), [
      ['8.0.0.1', 'new', ['new', 'old']],
      ['8.0.0.2', 'old', ['old']],
    ]);
    assert.deepEqual(
      (await survey({ ...passive, feeds: ['old'] })).map((target) => target.evidenceFeed),
      ['old', 'old'],
    );
    assert.equal(asked.length, 0, 'no packet is sent, not even to a resolver');
  });

  it('takes evidence with a time of its own before evidence that a later run brought without one', async (t) => {
    const { see, survey } = await planning(t);
    const dated = (minute: number) => ({ minute, body: { observedAt: new Date(minute).toISOString() } });
    await see('undated', ['8.0.0.1:6443', '8.0.0.2:6443'], { minute: 9 });
    await see('older', ['8.0.0.1:6443'], dated(1));
    await see('newer', ['8.0.0.1:6443'], dated(2));
    const targets = (await survey(passive)).map((target) => [target.address, target.evidenceFeed]);
    assert.deepEqual(targets.sort(), [
      ['8.0.0.1', 'newer'],
      ['8.0.0.2', 'undated'],
    ]);
  });

  it('takes the newest also where a name and an address are one endpoint, in any spelling', async (t) => {
    const { see, survey } = await planning(t);
    await see('name', ['api.example.org:6443'], {
      minute: 1,
      body: { endpoint: { address: '2606:4700:0:0::1', port: 6443 } },
    });
    await see('address', ['[2606:4700::1]:6443'], { minute: 5 });
    const [target, ...more] = await survey(passive);
    assert.deepEqual(more, []);
    assert.deepEqual(
      [target?.evidenceFeed, target?.address, target?.serverName, target?.feeds],
      ['address', '2606:4700::1', 'api.example.org', ['address', 'name']],
    );
  });

  it('survives evidence whose port is none', async (t) => {
    const { database, see, survey } = await planning(t);
    await see('f', ['8.0.0.1'], { minute: 1, body: { endpoint: { address: '8.0.0.1', port: 'ninety' } } });
    await see('f', ['8.0.0.2'], { minute: 1, body: { endpoint: { address: '8.0.0.2', port: 6443 } } });
    await see('g', ['8.0.0.1'], { minute: 1, body: {} });
    assert.deepEqual(shown(await survey(passive)), ['8.0.0.2 6443']);
    assert.deepEqual((await listSurveys(database.db, 's0'))[0]?.excludedBy, { no_port: 1 });
  });
});
