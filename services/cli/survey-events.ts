// What stopped itself in one survey, as rows: the survey first, then every stop with its figures.
import type { Parts } from '../parts.ts';
import { KubecensusError } from '../platform/errors.ts';
import type { HeadlineJump } from '../rollups/headline-jump.ts';
import { surveyBrakes } from '../surveys/brake.store.ts';
import { MOST_STARTS, quarantinedChunks } from '../surveys/chunk-start.store.ts';
import { listSurveys } from '../surveys/survey.store.ts';
import type { Row } from './rows.ts';

/** Throws KC_NO_SURVEY. Reads only. */
export async function surveyEvents(db: Parts['db'], id: string): Promise<Row[]> {
  const [survey] = await listSurveys(db, id);
  if (survey === undefined) throw new KubecensusError('KC_NO_SURVEY', `There is no survey ${id}.`);
  const { scopes, unasked, trips } = await surveyBrakes(db, id);
  const progress = `${survey.committed} of ${survey.chunks} chunks, ${survey.targets} targets`;
  const jump = survey.jump as HeadlineJump | null;
  return [
    { what: survey.state, which: id, at: survey.finishedAt ?? survey.startedAt ?? survey.createdAt, why: progress },
    ...scopes.map(({ scope, asked, lost, stoppedAt }) => ({
      what: 'left alone',
      which: scope,
      at: stoppedAt,
      why: `${lost} of ${asked} ${scope.startsWith('AS') ? 'networks' : 'hosts'} that were up refused us or went silent`,
    })),
    ...(scopes.length === 0 ? [] : [{ what: 'not asked for it', which: null, at: null, why: `${unasked} endpoints` }]),
    ...trips.map(({ trippedAt, asked, lost }) => ({
      what: 'paused by itself',
      which: 'everything',
      at: trippedAt,
      why: `${lost} of ${asked} endpoints that were up were lost at once`,
    })),
    ...(await quarantinedChunks(db, id)).map(({ chunk, targets, quarantinedAt }) => ({
      what: 'given up',
      which: `chunk ${chunk}`,
      at: quarantinedAt,
      why: `begun ${MOST_STARTS} times and never ended; ${targets} targets wait for: kubecensus surveys release ${id}`,
    })),
    ...(jump === null
      ? []
      : [
          {
            what: 'headline jumped',
            which: jump.indicator,
            at: survey.rolledUpAt,
            why: `from ${jump.from} to ${jump.to} endpoints since ${jump.before}; reports are held`,
          },
        ]),
  ];
}
