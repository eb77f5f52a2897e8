// The report on change: what appeared, what vanished and how, what was upgraded between two surveys, and how long endpoints last.
import type { ChangeData } from './change-data.ts';
import type { Report } from './section.ts';
import { comparisonSection } from './sections/comparison.ts';
import { flowsSection } from './sections/flows.ts';
import { sourcesSection } from './sections/method.ts';
import { survivalSection } from './sections/survival.ts';
import { upgradesSection } from './sections/upgrades.ts';
import { surveyWords } from './subtitle.ts';
import { writtenTime } from './written-value.ts';

/** Builds the report on change. Pure: the same data gives the same report. */
export function changeReport(data: ChangeData): Report {
  const comparison = comparisonSection(data);
  return {
    name: 'change',
    title: 'What changed between two surveys',
    subtitle: `From survey ${data.compare.survey.id}, ${writtenTime(data.compare.survey.startedAt ?? data.compare.survey.createdAt)}, to ${surveyWords(data)}.`,
    generatedAt: data.generatedAt,
    sections: [
      flowsSection(data),
      ...(comparison === null ? [] : [comparison]),
      upgradesSection(data),
      survivalSection(data),
      sourcesSection(data),
    ],
  };
}
