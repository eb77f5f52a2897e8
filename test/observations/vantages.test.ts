// A survey from several vantages: whose turn a chunk is, one counted row for each endpoint, and a state that one survey moves once.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { sql } from 'kysely';
import { commitChunk } from '../../services/observations/observation.store.ts';
import type { Observation } from '../../services/observations/observation.ts';
import type { Database } from '../../services/platform/db/database.ts';
import { openChunks, openTargets, openTurn, storeChunks } from '../../services/surveys/chunk.store.ts';
import { surveysDone } from '../../services/surveys/survey.store.ts';
import type { SurveyTarget } from '../../services/surveys/survey.ts';
import { withDatabase } from '../support/database.ts';
import { type Changes, observation, plannedSurvey, silence } from '../support/observations.ts';

const refused: Changes = { ...silence, outcome: 'tcp_refused' };
const DAY_MS = 86_400_000;

const targetOf = (n: number): SurveyTarget => ({
  ...{ candidateId: null, host: `8.0.2.${n}`, address: `8.0.2.${n}`, port: 6443, serverName: null },
  ...{ feeds: ['f'], flags: [], outcome: null, evidenceFeed: null, wasUp: false },
});
const nameless: SurveyTarget = { ...targetOf(9), host: 'gone.example', address: null, outcome: 'dns_nxdomain' };

/** A running survey from near and far whose chunks have these targets; committed times are now, so that spacing is of the database's clock. */
async function survey({ db }: Database, chunks: readonly (readonly SurveyTarget[])[], spacingMs = 0): Promise<void> {
  const started = new Date(Date.now() - 1000);
  await plannedSurvey({ db }, 's', started, { vantages: ['near', 'far'], vantageSpacingMs: spacingMs });
  await storeChunks(db, 's', chunks, {}, started);
}

const due = async ({ db }: Database): Promise<string[]> =>
  (await openChunks(db, 10)).map(({ chunk, vantage }) => `${chunk} ${vantage}`);

const commit = async (database: Database, chunk: number, observations: (Observation | null)[]): Promise<boolean> => {
  const visit = await openTurn(database.db, 's', chunk);
  return visit !== null && commitChunk(database, { surveyId: 's', chunk, ...visit }, observations, new Date());
};

const seen = (n: number, changes: Changes = {}): Observation =>
  observation({ host: `8.0.2.${n}`, address: `8.0.2.${n}`, observedAt: new Date(), ...changes });

/** "vantage outcome", in brackets where the row is superseded. */
async function rows({ db }: Database): Promise<Record<string, string[]>> {
  const { rows: all } = await sql<{ host: string; text: string }>`
    select host, case when superseded then '(' || vantage || ' ' || outcome || ')' else vantage || ' ' || outcome end as text
    from observation order by host, recorded_at, vantage desc`.execute(db);
  return Object.fromEntries(
    [...Map.groupBy(all, ({ host }) => host)].map(([host, of]) => [host, of.map(({ text }) => text)]),
  );
}

async function stateOf({ db }: Database, n: number) {
  return db
    .selectFrom('endpoint_state')
    .select(['outcome', 'misses'])
    .where('address', '=', `8.0.2.${n}`)
    .executeTakeFirst();
}

describe('a survey from two vantages', () => {
  it('lets them take turns, each first in every other chunk, and never two at one network', async (t) => {
    const { database } = await withDatabase(t);
    await survey(database, [[targetOf(1), nameless], [targetOf(2)], [nameless]]);
    assert.deepEqual(await due(database), ['0 near', '2 far', '4 near']);
    assert.equal(await openTargets(database.db, 's', 1), null, 'near has not been there');
    await commit(database, 2, [seen(2)]);
    assert.deepEqual(await due(database), ['0 near', '3 near', '4 near']);
    assert.deepEqual(
      (await openTargets(database.db, 's', 3))?.map(({ host }) => host),
      ['8.0.2.2'],
    );
    await commit(database, 0, [seen(1), seen(9, { ...silence, host: 'gone.example', address: null })]);
    assert.deepEqual(
      (await openTargets(database.db, 's', 1))?.map(({ host }) => host),
      ['8.0.2.1'],
      'a name without an address is nobody else’s',
    );
    for (const chunk of [1, 3]) await commit(database, chunk, [seen(chunk === 1 ? 1 : 2)]);
    assert.deepEqual(await surveysDone(database.db), []);
    await commit(database, 4, [seen(8, { ...silence, host: 'gone.example', address: null })]);
    assert.deepEqual(await surveysDone(database.db), ['s']);
  });

  it('keeps the second vantage waiting for the spacing, also for what the first did not finish', async (t) => {
    const { database } = await withDatabase(t);
    await survey(database, [[targetOf(1), targetOf(2)]], DAY_MS);
    await commit(database, 0, [seen(1), null]);
    assert.deepEqual(await due(database), ['2 near']);
    await commit(database, 2, [seen(2)]);
    assert.deepEqual(await due(database), []);
    await sql`update survey_chunk set committed_at = committed_at - interval '1 day' where chunk = 0`.execute(
      database.db,
    );
    assert.deepEqual(await due(database), [], 'a part of it was visited just now');
    await sql`update survey_chunk set committed_at = committed_at - interval '1 day' where chunk = 2`.execute(
      database.db,
    );
    assert.deepEqual(await due(database), ['1 far']);
  });

  it('holds back no vantage because another has no workers', async (t) => {
    const { database } = await withDatabase(t);
    await survey(database, [[targetOf(1)], [targetOf(2)], [targetOf(3)], [targetOf(4)]]);
    assert.deepEqual(
      (await openChunks(database.db, 1)).map(({ vantage }) => vantage),
      ['near', 'far'],
    );
  });

  it('counts of each endpoint the row that says most, and keeps the others', async (t) => {
    const { database } = await withDatabase(t);
    const open = {};
    const closed: Changes = { outcome: 'k8s_auth_required', verdict: { grade: 'probable', version: null } };
    const pairs: readonly (readonly [Changes, Changes])[] = [
      [silence, open],
      [open, refused],
      [refused, silence],
      [silence, refused],
      [closed, open],
      [open, open],
      // A certificate that names Kubernetes says more than a closed port, however the answer ended.
      [{ ...closed, outcome: 'http_timeout' }, refused],
      [{ ...silence, outcome: 'error_ours' }, silence],
    ];
    await survey(database, [pairs.map((_, n) => targetOf(n))]);
    await commit(
      database,
      0,
      pairs.map(([near], n) => seen(n, near)),
    );
    await commit(
      database,
      1,
      pairs.map(([, far], n) => seen(n, far)),
    );
    assert.deepEqual(Object.values(await rows(database)), [
      ['(near tcp_timeout)', 'far k8s_version_open'],
      ['near k8s_version_open', '(far tcp_refused)'],
      ['near tcp_refused', '(far tcp_timeout)'],
      ['(near tcp_timeout)', 'far tcp_refused'],
      ['(near k8s_auth_required)', 'far k8s_version_open'],
      ['near k8s_version_open', '(far k8s_version_open)'],
      ['near http_timeout', '(far tcp_refused)'],
      ['(near error_ours)', 'far tcp_timeout'],
    ]);
    const states = await Promise.all(pairs.map((_, n) => stateOf(database, n)));
    assert.deepEqual(
      states.map((state) => `${state?.outcome} ${state?.misses}`),
      [
        'k8s_version_open 0',
        'k8s_version_open 0',
        'tcp_refused 1',
        'tcp_refused 1',
        'k8s_version_open 0',
        'k8s_version_open 0',
        'http_timeout 0',
        'tcp_timeout 1',
      ],
      'one survey misses an endpoint once, whatever number of vantages missed it',
    );
  });
});
