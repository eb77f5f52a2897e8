// Checks of what has stopped itself, or was stopped: the kill switch, and chunks that are begun no more.
import type { Parts } from '../../parts.ts';
import { type Finding, fail, ok, warn } from '../../platform/finding.ts';
import { quarantinedChunks } from '../../surveys/chunk-start.store.ts';
import { ITSELF, pauseText, readPause } from '../../surveys/pause.store.ts';

/** Chunks that are named; more of them have one reason. */
const SHOWN = 5;

export async function checkPause({ db }: Parts): Promise<Finding> {
  const pause = await readPause(db);
  if (pause === null) return ok('nothing is paused');
  const said = pauseText(pause);
  return pause.by === ITSELF
    ? fail(
        said,
        'Find out what was lost: our own network first. Then kubecensus resume; see docs/running.md, KubecensusPausedByItself.',
      )
    : warn(said, 'kubecensus resume goes on.');
}

export async function checkChunks({ db }: Parts): Promise<Finding> {
  const chunks = await quarantinedChunks(db);
  if (chunks.length === 0) return ok('no chunk was given up');
  const named = chunks.slice(0, SHOWN).map(({ surveyId, chunk }) => `chunk ${chunk} of ${surveyId}`);
  return warn(
    `${chunks.length} chunks ended their process or always failed, and were given up: ${named.join(', ')}${chunks.length > SHOWN ? ' …' : ''}`,
    "Look for their end in the workers' logs; then kubecensus surveys release SURVEY.",
  );
}
