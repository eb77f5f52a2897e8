// The report on components: which answer, how sure that is, how they authenticate, on which ports, and what to do about each.
import type { HeadlineData } from './headline-data.ts';
import type { Report } from './section.ts';
import { authenticationSection } from './sections/authentication.ts';
import { componentsSection } from './sections/components.ts';
import { sourcesSection } from './sections/method.ts';
import { portsSection } from './sections/places.ts';
import { subtitleOf } from './subtitle.ts';

/** Builds the report on components. Pure: the same data gives the same report. */
export function componentsReport(data: HeadlineData): Report {
  return {
    name: 'components',
    title: 'Which Kubernetes components answer from the internet',
    subtitle: subtitleOf(data),
    generatedAt: data.generatedAt,
    sections: [componentsSection(data), authenticationSection(data), portsSection(data), sourcesSection(data)],
  };
}
