// The report for the owner of a network: its endpoints, what each means, since when, and what to do.
import type { OwnerData } from './owner-data.ts';
import type { Report } from './section.ts';
import { sourcesSection } from './sections/method.ts';
import { ownedSection, ownerMethodSection, todoSection } from './sections/owned.ts';
import { surveyWords } from './subtitle.ts';

/** Builds the report for an owner. Pure: the same data gives the same report. Not for publication: it names single hosts. */
export function ownerReport(data: OwnerData): Report {
  return {
    name: 'owner',
    title: `Kubernetes in the networks of ${data.owner.name}`,
    subtitle: `${data.owner.prefixes.join(', ')}; ${surveyWords(data)}. For the owner only.`,
    generatedAt: data.generatedAt,
    sections: [ownedSection(data), todoSection(data), ownerMethodSection(data), sourcesSection(data)],
  };
}
