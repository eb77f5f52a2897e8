// A report for somebody who wants only a part of it: some sections, some countries; what is left out is said.
import { KubecensusError } from '../platform/errors.ts';
import { countryName } from './names.ts';
import type { Report } from './section.ts';

export interface Restriction {
  /** Ids of sections; absent: all. */
  readonly sections?: readonly string[];
  /** Two-letter codes; absent: all. */
  readonly countries?: readonly string[];
}

/** Sections that compare the survey with counts of the whole world, which some countries cannot be compared with. */
const WORLDWIDE = ['reference', 'series'];

/** The report with only what was asked for, in its order. Throws KC_SCHEDULE for a section that it does not have. */
export function restricted(report: Report, { sections, countries }: Restriction): Report {
  const comparable = report.sections.filter((one) => countries === undefined || !WORLDWIDE.includes(one.id));
  const ids = comparable.map((one) => one.id);
  const unknown = (sections ?? []).filter((id) => !ids.includes(id));
  if (unknown.length > 0)
    throw new KubecensusError(
      'KC_SCHEDULE',
      `The report ${report.name} has no section ${unknown.join(', ')}; it has: ${ids.join(', ')}.`,
    );
  const subtitle = [
    ...(countries === undefined ? [] : [`Only endpoints in: ${countries.map(countryName).join(', ')}.`]),
    report.subtitle,
    ...(sections === undefined ? [] : [`Sections: ${sections.length} of ${ids.length}.`]),
  ].join(' ');
  const kept = comparable.filter((one) => sections === undefined || sections.includes(one.id));
  return { ...report, subtitle, sections: kept };
}
