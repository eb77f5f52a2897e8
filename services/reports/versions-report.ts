// The report on versions: minors and support, distributions, version strings, and which upstream ranges contain them.
import type { HeadlineData } from './headline-data.ts';
import type { Report } from './section.ts';
import { distributionsSection } from './sections/distributions.ts';
import { sourcesSection } from './sections/method.ts';
import { rangesSection } from './sections/ranges.ts';
import { tallySections } from './sections/tallies.ts';
import { versionsSection } from './sections/versions.ts';
import { subtitleOf } from './subtitle.ts';

/** Builds the report on versions. Pure: the same data gives the same report. */
export function versionsReport(data: HeadlineData): Report {
  return {
    name: 'versions',
    title: 'Which versions of Kubernetes are disclosed, and how long they are supported',
    subtitle: subtitleOf(data),
    generatedAt: data.generatedAt,
    sections: [
      versionsSection(data),
      distributionsSection(data),
      rangesSection(data),
      ...tallySections(data),
      sourcesSection(data),
    ],
  };
}
