// The ids of sections that each report can have, so that subscribers can choose before there is a survey to report on.
import type { ReportName } from './index.ts';

/** In the order of the report. Some are there only when the data is: what is compared, tallies, several vantages. */
const SECTION_IDS = {
  headline: [
    'indicators',
    'comparison',
    'components',
    'distributions',
    'versions',
    'authentication',
    'places',
    'ports',
    'outcomes',
    'feeds',
    'reference',
    'tallies',
    'quality',
    'method',
    'sources',
  ],
  versions: ['versions', 'distributions', 'ranges', 'tallies', 'sources'],
  components: ['components', 'authentication', 'ports', 'sources'],
  countries: ['map', 'places', 'sources'],
  feeds: ['overlap', 'contribution', 'unseen', 'feeds'],
  change: ['flows', 'comparison', 'upgrades', 'survival', 'sources'],
  owner: ['endpoints', 'todo', 'method', 'sources'],
  quality: ['quality', 'outcomes', 'vantages', 'feeds', 'method', 'sources'],
} as const satisfies Readonly<Record<ReportName, readonly string[]>>;

/** The ids of a report. Further series of tallies have a number behind: tallies-2 and so on. */
export const sectionIds = (report: ReportName): readonly string[] => SECTION_IDS[report];

/** Whether a report can have a section of this id. */
export function hasSection(report: ReportName, id: string): boolean {
  return sectionIds(report).includes(id.replace(/^(tallies)-(?!1$)[1-9][0-9]*$/, '$1'));
}
