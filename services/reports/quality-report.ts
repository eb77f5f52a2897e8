// The report on quality: coverage, outcomes, partial feeds, what was left out, the vantage, and how it was counted.
import type { HeadlineData } from './headline-data.ts';
import type { Report } from './section.ts';
import { feedsSection } from './sections/feeds.ts';
import { methodSection, sourcesSection } from './sections/method.ts';
import { outcomesSection } from './sections/outcomes.ts';
import { qualitySection } from './sections/quality.ts';
import { vantageSections } from './sections/vantages.ts';
import { subtitleOf } from './subtitle.ts';

/** Builds the report on quality. Pure: the same data gives the same report. */
export function qualityReport(data: HeadlineData): Report {
  return {
    name: 'quality',
    title: 'How good the numbers of this survey are',
    subtitle: subtitleOf(data),
    generatedAt: data.generatedAt,
    sections: [
      qualitySection(data),
      outcomesSection(data),
      ...vantageSections(data),
      feedsSection(data),
      methodSection(data),
      sourcesSection(data),
    ],
  };
}
