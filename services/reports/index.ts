// The list of reports: one line each. `kubecensus report NAME` and the schedules take their names from here.
import type { FeedsData } from './feeds-data.ts';
import { feedsReport } from './feeds-report.ts';
import { headline } from './headline.ts';
import type { HeadlineData } from './headline-data.ts';
import type { Report } from './section.ts';

/** What a report can read, by the word with which it asks for it. */
export interface ReportData {
  readonly headline: HeadlineData;
  readonly feeds: FeedsData;
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
  feeds: {
    title: 'How far feeds overlap, what only one of them has, and at what cost',
    reads: 'feeds',
    build: feedsReport,
  },
} as const satisfies Record<string, ReportDefinition>;

export type ReportName = keyof typeof REPORTS;

/** Whether a word names a report. */
export function isReportName(name: string): name is ReportName {
  return Object.hasOwn(REPORTS, name);
}
