// What a page of the dashboard is: sections of the reports under an address, and nothing that a report does not have.
import type { Section } from '../../reports/section.ts';
import type { Dimension } from '../../rollups/rollup.ts';
import type { DashboardData } from './dashboard-data.store.ts';

export interface Page {
  /** Lower-case words; the first page of the list stands at /. */
  readonly slug: string;
  /** In the navigation. */
  readonly label: string;
  readonly title: string;
  /** One or two sentences below the title. */
  readonly lead: string;
  /** What it counts by, where it can be filtered; also what leads to it from other counts. */
  readonly about?: readonly Dimension[];
  readonly sections: (data: DashboardData) => readonly Section[] | Promise<readonly Section[]>;
}
