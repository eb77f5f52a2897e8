// The list of reports: one line each. `kubecensus report NAME` and the schedules take their names from here.
import { headline } from './headline.ts';
import type { HeadlineData } from './headline-data.ts';
import type { Report } from './section.ts';

export interface ReportDefinition {
  /** One line for --help and lists. */
  readonly title: string;
  readonly build: (data: HeadlineData) => Report;
}

export const REPORTS = {
  headline: { title: 'How many Kubernetes APIs are exposed, which, where, and how that was counted', build: headline },
} as const satisfies Record<string, ReportDefinition>;

export type ReportName = keyof typeof REPORTS;

/** Whether a word names a report. */
export function isReportName(name: string): name is ReportName {
  return Object.hasOwn(REPORTS, name);
}
