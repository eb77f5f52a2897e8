// F44: what a feed says for its holder only is in no survey, from the day on which its declaration says so.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { compose } from '../../services/compose.ts';
import { loadConfig } from '../../services/config.ts';
import { describeFeeds } from '../../services/feeds/describe.ts';
import type { Feed } from '../../services/feeds/feed.ts';
import { beginSurvey, surveyDefaults } from '../../services/survey-request.ts';
import { findPlan } from '../../services/surveys/survey.store.ts';
import { silentLog, withDatabase } from '../support/database.ts';

const LOG = { type: 'certstream', url: 'ws://127.0.0.1:9/' };
const never = new AbortController().signal;

const feedOf = (name: string, host: string): Feed => ({
  name,
  kind: 'sightings',
  title: name,
  terms: '',
  upstreams: [],
  cost: '',
  query: 'all',
  async *pull() {
    yield { type: 'sighting', host, port: 6443, observedAt: null, at: 'line 1' };
  },
});

test('F44: a feed that turns to publish: false leaves the surveys that name no feeds, and may not be named', async (t) => {
  const { url, onEnd } = await withDatabase(t);
  const folder = await mkdtemp(join(tmpdir(), 'kubecensus-withheld-'));
  onEnd(() => rm(folder, { recursive: true }));
  const open = async (red: object) => {
    const file = join(folder, 'config.json');
    await writeFile(file, JSON.stringify({ feeds: { open: LOG, red: { ...LOG, ...red } } }));
    const parts = await compose(loadConfig({ DATABASE_URL: url, KUBECENSUS_CLUSTER_KEY: 'k' }, file), silentLog);
    onEnd(() => parts.close());
    return parts;
  };
  const begin = async (parts: Awaited<ReturnType<typeof open>>, id: string, feeds: readonly string[] = []) => {
    await beginSurvey({ ...surveyDefaults(parts.config), id, method: 'passive', feeds }, parts);
    return (await findPlan(parts.db, id))?.feeds;
  };
  const before = await open({});
  await before.runFeed(feedOf('red', '8.8.8.8'), never);
  assert.deepEqual(await begin(before, 's1'), [], 'all feeds');

  const after = await open({ publish: false });
  await assert.rejects(begin(after, 's2'), { code: 'KC_FEED_WITHHELD' }, 'nothing else was pulled');
  for (const [name, host] of [
    ['open', '8.8.4.4'],
    ['files', '9.9.9.9'],
  ] as const)
    await after.runFeed(feedOf(name, host), never);
  assert.deepEqual(await begin(after, 's3'), ['files', 'open']);
  assert.deepEqual(await begin(after, 's4', ['open']), ['open']);
  await assert.rejects(begin(after, 's5', ['open', 'red']), { code: 'KC_FEED_WITHHELD', message: /red/ });

  const described = describeFeeds(after.config.feeds, () => null).map(({ name, terms }) => [
    name,
    /^Not to be published/.test(terms),
  ]);
  assert.deepEqual(described, [
    ['open', false],
    ['red', true],
  ]);
  assert.equal(after.declaredFeed('red').name, 'red');
  const counts = { c: { type: 'shodan-facets', publish: false } };
  assert.throws(() => describeFeeds(counts, () => null), { code: 'KC_CONFIG', message: /feeds of rows/ });
});
