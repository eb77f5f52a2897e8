// The line below a report's title: what was looked at, how, when, and the marks that a reader must not miss.
import type { HeadlineData } from './headline-data.ts';
import { isLab, isPartial } from './manifest.ts';
import { counted } from './numbers.ts';
import { writtenTime } from './written-value.ts';

/** "Our own probes of 33,344 endpoints, survey s-1, 2026-11-23 04:05 UTC (the lab, partial)." */
export function subtitleOf(data: HeadlineData): string {
  const { survey, headline } = data;
  const how = survey.method === 'passive' ? 'Evidence of feeds on' : 'Our own probes of';
  return `${how} ${counted(headline.endpoint.observed, 'endpoint')}, ${surveyWords(data)}.`;
}

/** "survey s-1, 2026-11-23 04:05 UTC (partial)": for subtitles that say something else first. */
export function surveyWords(data: HeadlineData): string {
  const { survey } = data;
  const marks = [
    isLab(data) ? 'the lab' : null,
    isPartial(data) ? 'partial' : null,
    survey.sample === null ? null : 'a sample',
  ].filter((mark) => mark !== null);
  return `survey ${survey.id}, ${writtenTime(survey.startedAt ?? survey.createdAt)}${marks.length === 0 ? '' : ` (${marks.join(', ')})`}`;
}
