// Vantages as a user demands them: of one survey, of a schedule, of all; and what is refused.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfig } from '../../services/config.ts';
import { surveyDefaults } from '../../services/survey-request.ts';
import { runCommand } from '../support/command.ts';
import { withDatabase } from '../support/database.ts';

test('surveys and schedules store the vantages that they demand, in order, and say what cannot be demanded', async (t) => {
  const { database, url } = await withDatabase(t);
  const environment = {
    DATABASE_URL: url,
    KUBECENSUS_SCOPE: 'lab:127.0.0.0/8',
    KUBECENSUS_ADDRESS_SPACING_MS: '7000000',
  };
  const begun = await runCommand(['survey', '--detach', '--vantages', 'near,far'], environment);
  assert.equal(begun.code, 0, begun.stderr);
  const added = await runCommand(
    ['schedule', 'add', '--survey', '--cron', '0 2 * * 1', '--vantages', 'far,near,third'],
    environment,
  );
  assert.equal(added.code, 0, added.stderr);
  const run = await runCommand(['schedule', 'run', 'survey'], environment);
  assert.equal(run.code, 0, run.stderr);
  const surveys = await database.db
    .selectFrom('survey')
    .select(['vantages', 'vantage', 'vantage_spacing_ms as spacing'])
    .orderBy('created_at')
    .execute();
  assert.deepEqual(surveys, [
    // Never less than the spacing of one address, which is more than half an hour here.
    { vantages: ['near', 'far'], vantage: 'near,far', spacing: 7_000_000 },
    { vantages: ['far', 'near', 'third'], vantage: 'far,near,third', spacing: 7_000_000 },
  ]);
  for (const [words, code] of [
    [['schedule', 'add', '--report', 'headline', '--cron', '0 2 * * 1', '--vantages', 'a'], 'KC_SCHEDULE'],
    [['schedule', 'add', '--survey', '--cron', '0 2 * * 1', '--name', 'x', '--vantages', 'a,b c'], 'KC_SCHEDULE'],
    [['survey', '--passive', '--vantages', 'a,b'], 'KC_USAGE'],
    [['survey', '--vantages', 'a,a'], 'KC_CONFIG'],
    [['survey', '--detach', '--resume', 's'], 'KC_USAGE'],
    [['stats', '--vantages', '--by', 'port'], 'KC_USAGE'],
    [['start', '--source-addresses', '127.0.0.1,127.0.0.2'], 'KC_CONFIG'],
  ] as const) {
    const refused = await runCommand(words, environment);
    assert.equal(refused.code, 2, words.join(' '));
    assert.ok(refused.stderr.startsWith(code), `${words.join(' ')}: ${refused.stderr}`);
  }
});

test('a survey demands what the configuration demands, else the vantage of whoever begins it', () => {
  const of = (environment: Record<string, string>) => {
    const { vantage, vantages, vantageSpacingMs } = surveyDefaults(loadConfig(environment, null));
    return [vantage, vantages, vantageSpacingMs];
  };
  assert.deepEqual(of({ KUBECENSUS_VANTAGE: 'here' }), ['here', ['here'], 0]);
  assert.deepEqual(of({ KUBECENSUS_VANTAGE: 'here', KUBECENSUS_VANTAGES: 'a, b' }), ['a,b', ['a', 'b'], 1_800_000]);
});
