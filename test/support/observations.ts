// Observations for tests of what is stored and counted: one plain endpoint, changed where a test says so, and a survey to commit them to.
import type { Verdict } from '../../services/fingerprints/verdict.ts';
import { commitChunk } from '../../services/observations/observation.store.ts';
import type { Leaf, Observation } from '../../services/observations/observation.ts';
import { makePartitions } from '../../services/observations/partition.store.ts';
import type { Database } from '../../services/platform/db/database.ts';
import { storeChunks } from '../../services/surveys/chunk.store.ts';
import { createSurvey } from '../../services/surveys/survey.store.ts';
import type { SurveyPlan } from '../../services/surveys/survey.ts';

export const NOW = new Date('2026-11-24T12:00:00.000Z');

const VERDICT: Verdict = {
  id: null,
  component: 'kube-apiserver',
  grade: 'confirmed',
  indicators: { certificateName: true, versionEndpoint: true },
  rungs: [],
  authentication: 'anonymous-public',
  version: {
    gitVersion: 'v1.30.1',
    major: 1,
    minor: 30,
    patch: 1,
    source: 'version-endpoint',
    atLeast: null,
    below: null,
  },
  distribution: { slug: 'vanilla', name: 'vanilla', by: 'version' },
  support: 'end-of-life',
  ranges: [],
  honeypot: { grade: 'none', reasons: [] },
  cluster: { keys: [] },
  flags: [],
  advice: [],
};

const OBSERVATION: Observation = {
  host: '8.0.0.1',
  address: '8.0.0.1',
  port: 6443,
  serverName: null,
  feeds: ['f'],
  evidenceFeed: null,
  observedAt: NOW,
  method: 'active',
  outcome: 'k8s_version_open',
  wire: { phase: 'done', alert: null, detail: null, ms: { connect: 1.4, tls: 2.5, http: 3, total: 7 }, bytesIn: 100 },
  verdict: VERDICT,
  certificate: null,
  country: 'DE',
  asn: 64512,
  evidenceDigest: 'd'.repeat(64),
  bodyDigest: 'b'.repeat(64),
  flags: [],
};

export type Changes = Partial<Omit<Observation, 'verdict'>> & { readonly verdict?: Partial<Verdict> };

/** A confirmed API server that discloses its version, with changes. */
export function observation({ verdict, ...changes }: Changes = {}): Observation {
  return { ...OBSERVATION, ...changes, verdict: { ...VERDICT, ...verdict } };
}

/** Nothing answered there. */
export const silence: Changes = {
  outcome: 'tcp_timeout',
  verdict: {
    component: null,
    grade: 'not',
    indicators: { certificateName: null, versionEndpoint: null },
    rungs: [],
    version: null,
    distribution: null,
    support: null,
    authentication: null,
  },
};

export const leaf = (changes: Partial<Leaf> = {}): Leaf => ({
  sha256: 'ab'.repeat(32),
  spkiSha256: 'cd'.repeat(32),
  subject: 'CN=kube-apiserver',
  issuer: 'CN=kubernetes',
  dnsNames: ['kubernetes'],
  ipAddresses: ['10.96.0.1'],
  notBefore: '2026-01-01T00:00:00Z',
  notAfter: '2027-01-01T00:00:00Z',
  ...changes,
});

/** An active survey that waits for its plan; partitions are there. */
export async function plannedSurvey(
  { db }: Pick<Database, 'db'>,
  id: string,
  at = NOW,
  changes: Partial<SurveyPlan> = {},
): Promise<void> {
  await makePartitions(db, at);
  const plan = {
    id,
    method: 'active',
    seed: 's',
    sample: null,
    ports: [6443],
    portsOnly: false,
    feeds: [],
    scope: ['0.0.0.0/0'],
    vantage: 'v',
    rate: 1,
    ...changes,
  } as const;
  await createSurvey(db, plan, {}, at);
}

/** A running survey with empty chunks to commit to; partitions are made for `at`. */
export async function runningSurvey(
  database: Pick<Database, 'db'>,
  id: string,
  chunks: number,
  at = NOW,
): Promise<void> {
  const { db } = database;
  await plannedSurvey(database, id, at);
  await storeChunks(
    db,
    id,
    Array.from({ length: chunks }, () => []),
    {},
    at,
  );
}

/** A survey of one chunk with these observations, committed. */
export async function surveyOf(
  database: Database,
  id: string,
  observations: readonly Observation[],
  at = NOW,
): Promise<void> {
  await runningSurvey(database, id, 1, at);
  await commitChunk(database, { surveyId: id, chunk: 0, vantage: 'v' }, observations, at);
}

/** Ends a survey as somebody did who did not wait for its workers. */
export async function stopSurvey(db: Database['db'], id: string, at: Date): Promise<void> {
  await db.updateTable('survey').set({ state: 'stopped', finished_at: at }).where('id', '=', id).execute();
}
