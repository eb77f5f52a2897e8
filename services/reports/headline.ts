// The headline report: the two counts, their overlap, and everything they can be counted by. A list of sections.
import type { HeadlineData } from './headline-data.ts';
import type { Report } from './section.ts';
import { authenticationSection } from './sections/authentication.ts';
import { comparisonSection } from './sections/comparison.ts';
import { componentsSection } from './sections/components.ts';
import { distributionsSection } from './sections/distributions.ts';
import { feedsSection } from './sections/feeds.ts';
import { indicatorsSection } from './sections/indicators.ts';
import { methodSection, sourcesSection } from './sections/method.ts';
import { outcomesSection } from './sections/outcomes.ts';
import { placesSection, portsSection } from './sections/places.ts';
import { qualitySection } from './sections/quality.ts';
import { referenceSection } from './sections/reference.ts';
import { tallySections } from './sections/tallies.ts';
import { versionsSection } from './sections/versions.ts';
import { subtitleOf } from './subtitle.ts';

/** Builds the headline report. Pure: the same data gives the same report. */
export function headline(data: HeadlineData): Report {
  const comparison = comparisonSection(data);
  return {
    name: 'headline',
    title: 'Kubernetes APIs that answer from the internet',
    subtitle: subtitleOf(data),
    generatedAt: data.generatedAt,
    sections: [
      indicatorsSection(data),
      ...(comparison === null ? [] : [comparison]),
      componentsSection(data),
      distributionsSection(data),
      versionsSection(data),
      authenticationSection(data),
      placesSection(data),
      portsSection(data),
      outcomesSection(data),
      feedsSection(data),
      referenceSection(data),
      ...tallySections(data),
      qualitySection(data),
      methodSection(data),
      sourcesSection(data),
    ],
  };
}
