// A census of the lab in a test: the lab in its own process, feeds, surveys through the queue, on a database of the test.
import type { TestContext } from 'node:test';
import { labAsInternet, pullLabFeeds } from '../../services/cli/lab-internet.ts';
import { compose } from '../../services/compose.ts';
import { loadConfig } from '../../services/config.ts';
import type { FeedRun } from '../../services/feeds/feed-run.store.ts';
import { type Lab, startLab } from '../../services/lab/process.ts';
import type { Parts } from '../../services/parts.ts';
import { startParts } from '../../services/roles.ts';
import { beginSurvey, surveyDefaults } from '../../services/survey-request.ts';
import { PORTS } from '../../services/surveys/ports.ts';
import { listSurveys, type SurveyRow } from '../../services/surveys/survey.store.ts';
import { until } from '../platform/until.ts';
import { silentLog, withDatabase } from './database.ts';

export interface LabCensus {
  readonly lab: Lab;
  readonly parts: Parts;
  pullFeeds(): Promise<FeedRun[]>;
  /** Runs a survey of the whole port table to its counted end. */
  survey(id: string, method: 'active' | 'passive'): Promise<SurveyRow>;
}

/** Starts lab and parts; the test's end closes them. `environment` may hold REDIS_URL. */
export async function startLabCensus(
  t: TestContext,
  options: { hosts: number; seed: string; environment?: Record<string, string> },
): Promise<LabCensus> {
  const { url, onEnd } = await withDatabase(t);
  const lab = await startLab({ seed: options.seed, hosts: options.hosts, now: new Date() });
  onEnd(() => lab.close());
  const base = loadConfig({ ...options.environment, DATABASE_URL: url, KUBECENSUS_CLUSTER_KEY: 'test' }, null);
  const { config, settings } = labAsInternet(base, lab);
  const parts = await compose(config, silentLog, { lab: settings });
  onEnd(() => parts.close());
  return {
    lab,
    parts,
    pullFeeds: async () => {
      const runs: FeedRun[] = [];
      await pullLabFeeds(parts, lab, new AbortController().signal, (run) => runs.push(run));
      return runs;
    },
    survey: async (id, method) => {
      await beginSurvey(
        { ...surveyDefaults(parts.config), id, method, feeds: [], ports: PORTS.map((plan) => plan.port) },
        parts,
      );
      const stop = await startParts(['worker', 'scheduler'], parts);
      try {
        return await countedSurvey(parts, id);
      } finally {
        await stop();
      }
    },
  };
}

/** The survey once it is counted. */
export async function countedSurvey(parts: Pick<Parts, 'db'>, id: string): Promise<SurveyRow> {
  return until('the survey to be counted', async () => {
    const [survey] = await listSurveys(parts.db, id);
    return survey?.rolledUpAt == null ? null : survey;
  });
}
