// The list of reports: one line each. `kubecensus report NAME` and the schedules take their names from here.
import type { ChangeData } from './change-data.ts';
import { changeReport } from './change-report.ts';
import { componentsReport } from './components-report.ts';
import { countriesReport } from './countries-report.ts';
import type { FeedsData } from './feeds-data.ts';
import { feedsReport } from './feeds-report.ts';
import { headline } from './headline.ts';
import type { HeadlineData } from './headline-data.ts';
import type { OwnerData } from './owner-data.ts';
import { ownerReport } from './owner-report.ts';
import { qualityReport } from './quality-report.ts';
import type { Report } from './section.ts';
import { versionsReport } from './versions-report.ts';

/** What a report can read, by the word with which it asks for it. */
export interface ReportData {
  readonly headline: HeadlineData;
  readonly feeds: FeedsData;
  readonly change: ChangeData;
  readonly owner: OwnerData;
}

/** A report says what it reads, and is built from that and nothing else. */
export type ReportDefinition = {
  readonly [Reads in keyof ReportData]: {
    /** One line for --help and lists. */
    readonly title: string;
    readonly reads: Reads;
    readonly build: (data: ReportData[Reads]) => Report;
  };
}[keyof ReportData];

export const REPORTS = {
  headline: {
    title: 'How many Kubernetes APIs are exposed, which, where, and how that was counted',
    reads: 'headline',
    build: headline,
  },
  versions: {
    title: 'Which versions are disclosed, how long they are supported, which upstream ranges contain them',
    reads: 'headline',
    build: versionsReport,
  },
  components: {
    title: 'Which components answer, how sure that is, what each means and what to do',
    reads: 'headline',
    build: componentsReport,
  },
  countries: {
    title: 'Where they answer: a map, countries and networks',
    reads: 'headline',
    build: countriesReport,
  },
  feeds: {
    title: 'How far feeds overlap, what only one of them has, and at what cost',
    reads: 'feeds',
    build: feedsReport,
  },
  change: {
    title: 'What appeared, vanished and was upgraded since an earlier survey, and how long endpoints last',
    reads: 'change',
    build: changeReport,
  },
  owner: {
    title: 'For the verified owner of a network: its endpoints, what each means, since when, what to do',
    reads: 'owner',
    build: ownerReport,
  },
  quality: {
    title: 'Coverage, outcomes, partial feeds, what was left out, and how it was counted',
    reads: 'headline',
    build: qualityReport,
  },
} as const satisfies Record<string, ReportDefinition>;

export type ReportName = keyof typeof REPORTS;

/** Whether a word names a report. */
export function isReportName(name: string): name is ReportName {
  return Object.hasOwn(REPORTS, name);
}
