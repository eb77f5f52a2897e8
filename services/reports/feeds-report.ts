// The report on feeds: how far they overlap, what each adds that no other has and at what cost, and what the overlap says of the unseen.
import type { FeedsData } from './feeds-data.ts';
import { isLab, isPartial } from './manifest.ts';
import { counted } from './numbers.ts';
import type { Report } from './section.ts';
import { contributionSection } from './sections/contribution.ts';
import { feedsSection } from './sections/feeds.ts';
import { overlapSection } from './sections/overlap.ts';
import { unseenSection } from './sections/unseen.ts';
import { writtenTime } from './written-value.ts';

/** Builds the report on feeds. Pure: the same data gives the same report. */
export function feedsReport(data: FeedsData): Report {
  return {
    name: 'feeds',
    title: 'What each feed sees of exposed Kubernetes',
    subtitle: subtitle(data),
    generatedAt: data.generatedAt,
    sections: [overlapSection(data), contributionSection(data), unseenSection(data), feedsSection(data)],
  };
}

function subtitle(data: FeedsData): string {
  const { endpoints } = data.overlaps;
  const marks = [isLab(data) ? 'the lab' : null, isPartial(data) ? 'partial' : null].filter((mark) => mark !== null);
  return `${counted(endpoints.seen, 'endpoint')} that ${counted(endpoints.feeds.length, 'feed')} named, survey ${data.survey.id}, ${writtenTime(data.survey.startedAt ?? data.survey.createdAt)}${marks.length === 0 ? '' : ` (${marks.join(', ')})`}.`;
}
