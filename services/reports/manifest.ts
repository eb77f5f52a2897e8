// What a report's manifest says besides its files: the counts with their units, what was counted, how, and with which marks.
import { cellsOf, type HeadlineData } from './headline-data.ts';

/** A plain object for writeReport; JSON-serialisable. Units are plural words, as in the tables. */
export function manifestOf(data: HeadlineData): Readonly<Record<string, unknown>> {
  const { survey, headline } = data;
  return {
    codeVersion: data.codeVersion,
    survey: {
      id: survey.id,
      method: survey.method,
      state: survey.state,
      partial: isPartial(data),
      seed: survey.seed,
      sample: survey.sample,
      ports: survey.ports,
      scope: survey.scope,
      vantage: survey.vantage,
      rate: { value: survey.rate, unit: 'connections per second' },
      targets: { value: survey.targetCount, unit: 'targets' },
      excluded: { byReason: survey.excludedBy, unit: 'candidates' },
      chunks: { ...survey.chunks, unit: 'chunks' },
      createdAt: survey.createdAt,
      startedAt: survey.startedAt,
      finishedAt: survey.finishedAt,
      flags: survey.flags ?? [],
      ...(survey.leftAlone && { leftAlone: { ...survey.leftAlone, unit: 'scopes and endpoints' } }),
      ...(survey.givenUp && { givenUp: { value: survey.givenUp, unit: 'targets' } }),
      ...(survey.jump && { jump: { ...survey.jump, unit: 'endpoints' } }),
      manifest: survey.manifest,
    },
    policy: survey.manifest['policy'] ?? null,
    counts: [
      { unit: 'endpoints', ...headline.endpoint },
      { unit: 'hosts', ...headline.host },
      { unit: 'certificates', ...headline.certificate },
    ],
    outcomes: { byOutcome: byOutcome(data), unit: 'endpoints' },
    feeds: data.feedRuns.map((run) => ({ ...run, partial: run.state !== 'complete', unit: 'rows' })),
    geo: data.geo,
    comparedWith: data.compare?.survey.id ?? null,
  };
}

/** How many targets ended in which outcome. */
function byOutcome(data: HeadlineData): Readonly<Record<string, number>> {
  return Object.fromEntries(
    cellsOf(data, 'endpoint', 'outcome').map(({ values, count }) => [values.outcome ?? '', count]),
  );
}

/** Whether the survey's own numbers miss something: it was stopped, a part of it was given up, or a feed that it drew from was cut short. */
export function isPartial(data: HeadlineData): boolean {
  return data.survey.state !== 'complete' || (data.survey.givenUp ?? 0) > 0 || partialRuns(data).length > 0;
}

/** Runs of sighting feeds that did not bring everything. */
export function partialRuns(data: HeadlineData): HeadlineData['feedRuns'] {
  return data.feedRuns.filter((run) => run.kind === 'sightings' && run.state !== 'complete');
}

/** Whether the survey looked at the lab on loopback and not at the internet: its scope says so, and no user can set that by accident. */
export function isLab(data: HeadlineData): boolean {
  return data.survey.scope.some((prefix) => prefix.startsWith('lab:'));
}
