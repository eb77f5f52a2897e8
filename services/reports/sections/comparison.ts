// An earlier survey's headline beside this one's, unit by unit.
import type { Unit } from '../../rollups/rollup.ts';
import { count, words } from '../columns.ts';
import type { HeadlineData } from '../headline-data.ts';
import { type Section, section } from '../section.ts';
import { surveyDifferences } from '../survey-differences.ts';
import { writtenTime } from '../written-value.ts';
import { MEASURES } from './measures.ts';

const UNITS: readonly { readonly unit: Unit; readonly plural: string }[] = [
  { unit: 'endpoint', plural: 'endpoints' },
  { unit: 'host', plural: 'hosts' },
  { unit: 'certificate', plural: 'certificates' },
];

/** null when no earlier survey was asked for. */
export function comparisonSection(data: HeadlineData): Section | null {
  const { compare, survey } = data;
  if (compare === null) return null;
  const differing = surveyDifferences(survey, compare.survey);
  return section('comparison', 'Beside an earlier survey', {
    paragraphs: [
      [
        'Survey ',
        { code: survey.id },
        ` of ${writtenTime(survey.createdAt)} beside survey `,
        { code: compare.survey.id },
        ` of ${writtenTime(compare.survey.createdAt)}. Changes are net: what appeared less what vanished.`,
      ],
    ],
    tables: UNITS.map(({ unit, plural }) => ({
      id: `comparison-${plural}`,
      title: `Change in ${plural}`,
      columns: [
        words('indicator', 'Indicator'),
        count(`earlier_${plural}`, 'Earlier', unit),
        count(`${plural}`, 'This survey', unit),
        { key: `change_in_${plural}`, label: 'Change', type: 'count', unit, signed: true },
      ],
      rows: MEASURES.map(({ key, label }) => {
        const [earlier, now] = [compare.headline[unit].all[key], data.headline[unit].all[key]];
        return [label, earlier, now, now - earlier];
      }),
    })),
    notes:
      differing.length === 0
        ? []
        : [
            {
              tone: 'caution',
              title: 'The two surveys were not made alike.',
              text: [`They differ in ${differing.join(', ')}: part of each change may come from that.`],
            },
          ],
  });
}
