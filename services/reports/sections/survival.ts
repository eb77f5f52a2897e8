// How long endpoints last: the Kubernetes endpoints of one survey, followed through the later ones.
import type { ChangeData } from '../change-data.ts';
import { code, count, part, share, time } from '../columns.ts';
import { type Section, section } from '../section.ts';

export function survivalSection(data: ChangeData): Section {
  const [cohort] = data.survival;
  const size = cohort?.endpoints ?? 0;
  const isFollowed = data.survival.length > 1;
  return section('survival', 'How long endpoints last', {
    paragraphs: [
      cohort === undefined
        ? ['No survey of this method was counted yet.']
        : [
            'Survey ',
            { code: cohort.surveyId },
            ' found ',
            { count: size, unit: 'endpoint' },
            isFollowed
              ? ' of Kubernetes components. This is how many of the same addresses and ports still answered as Kubernetes in each survey since; one that was missed once may come back.'
              : ' of Kubernetes components. No later survey of the same method has been counted yet, so that nothing is known of how long they last.',
          ],
    ],
    figures: !isFollowed
      ? []
      : [
          {
            id: 'survival',
            title: `Endpoints of survey ${cohort?.surveyId ?? '–'} that still answer as Kubernetes`,
            description: 'A falling line shows how fast addresses change hands or are closed.',
            chart: {
              kind: 'timeline',
              unit: 'endpoints',
              series: [
                {
                  label: 'endpoints of the first survey',
                  role: 'both',
                  points: data.survival.map((one) => ({ date: one.at.slice(0, 10), value: one.endpoints })),
                },
              ],
              points: [],
              breaks: [],
            },
            table: 'survival',
          },
        ],
    tables: [
      {
        id: 'survival',
        title: 'The cohort in each survey',
        columns: [
          code('survey', 'Survey'),
          time('at', 'Drawn'),
          count('endpoints', 'Still Kubernetes', 'endpoint'),
          share('share_of_endpoints', 'Share', 'endpoints of the first survey'),
        ],
        rows: data.survival.map((one) => [one.surveyId, one.at, one.endpoints, part(one.endpoints, size)]),
      },
    ],
  });
}
