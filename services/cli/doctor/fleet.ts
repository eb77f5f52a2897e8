// Checks of the fleet: does every vantage that a survey demands have workers, and are all of one release.
import type { Parts } from '../../parts.ts';
import { type Finding, ok, warn, worst } from '../../platform/finding.ts';
import { liveWorkers, waitingSurveys } from '../../surveys/worker.store.ts';

export async function checkWorkers({ db }: Pick<Parts, 'db'>): Promise<Finding> {
  const live = await liveWorkers(db);
  const words = live.map(({ vantage, release, workers }) => `${workers} at ${vantage} (${release})`);
  const findings = [ok(words.length === 0 ? 'no worker runs' : `workers: ${words.join(', ')}`)];
  for (const [survey, vantages] of await waitingSurveys(db))
    findings.push(
      warn(
        `survey ${survey} waits for vantage ${vantages.join(', ')}`,
        'Start a worker there (kubecensus start --role worker --vantage NAME), or stop the survey (kubecensus survey --resume ID, then Ctrl-C).',
      ),
    );
  if (new Set(live.map(({ release }) => release)).size > 1)
    findings.push(warn('they are of several releases', 'Restart the older ones when the upgrade is over.'));
  return worst(findings);
}
