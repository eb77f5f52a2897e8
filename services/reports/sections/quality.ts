// How good the numbers are: what was not reached, what was left out and why, our own failures, and what looks like a honeypot.
import type { OutcomeClass } from '../../probes/outcome.ts';
import { code, count, part, share, words } from '../columns.ts';
import { cellsOf, type HeadlineData } from '../headline-data.ts';
import { isKubernetes, sum } from '../kubernetes-cells.ts';
import { type Section, section } from '../section.ts';
import { outcomesOf } from './outcomes.ts';

const HONEYPOT_GRADES = ['none', 'low', 'medium', 'high'] as const;

export function qualitySection(data: HeadlineData): Section {
  const { survey, headline } = data;
  const observed = headline.endpoint.observed;
  const ended = (wanted: OutcomeClass): number =>
    sum(
      outcomesOf(data)
        .filter((one) => one.class === wanted)
        .map((one) => ({ count: one.endpoints })),
    );
  const [transient, ours, unprobed] = [ended('transient'), ended('ours'), ended('not_probed')];
  const excluded = Object.entries(survey.excludedBy).sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
  const { all, withoutSuspects } = headline.endpoint;
  return section('quality', 'Data quality', {
    paragraphs: [
      {
        items: [
          [
            'Targets: ',
            { count: survey.targetCount, unit: 'target' },
            '; observed so far: ',
            { count: observed, unit: 'endpoint' },
            `. Vantage: ${survey.vantage}, one place on the network.`,
          ],
          [
            'Not reached this time: ',
            { count: transient, unit: 'endpoint' },
            ...shareOf(transient, observed),
            '. They may be up and unseen, so every count is a lower bound.',
          ],
          [
            'Not probed, because a policy, an opt-out or the scope forbids it or the name led nowhere: ',
            { count: unprobed, unit: 'endpoint' },
            ...shareOf(unprobed, observed),
            '; left out before the survey was drawn: ',
            { count: sum(excluded.map(([, value]) => ({ count: value }))), unit: 'candidate' },
            '.',
          ],
          ['Failed on our side: ', { count: ours, unit: 'endpoint' }, ...shareOf(ours, observed), '.'],
          [
            'Without endpoints graded medium or high as honeypots, ',
            { count: withoutSuspects.certificateName, unit: 'endpoint' },
            ' instead of ',
            { count: all.certificateName, unit: 'endpoint' },
            ' show the certificate names and ',
            { count: withoutSuspects.versionEndpoint, unit: 'endpoint' },
            ' instead of ',
            { count: all.versionEndpoint, unit: 'endpoint' },
            ' disclose a version.',
          ],
        ],
      },
    ],
    figures: [],
    tables: [
      {
        id: 'honeypots',
        title: 'Kubernetes endpoints by honeypot grade',
        columns: [
          words('honeypot', 'Grade'),
          count('endpoints', 'Kubernetes', 'endpoint'),
          share('share_of_endpoints', 'Share', 'Kubernetes endpoints'),
          count('apiserver_endpoints', 'kube-apiserver', 'endpoint'),
        ],
        rows: honeypotRows(data),
      },
      {
        id: 'excluded',
        title: 'Candidates left out before the survey was drawn',
        columns: [code('reason', 'Reason'), count('candidates', 'Candidates', 'candidate')],
        rows: excluded.map(([reason, value]) => [reason, value]),
      },
    ],
    notes: [
      {
        tone: 'note',
        title: 'Honeypot grades come from contradictions only.',
        text: [
          'They are read from what the endpoint sent: a build that upstream never made, parts of an answer that disagree, one body at many addresses. Nothing extra is asked and nothing is deleted: both counts are given.',
        ],
      },
    ],
  });
}

function shareOf(value: number, whole: number) {
  return whole > 0 ? [' (', { share: value / whole, of: 'observed endpoints' }, ')'] : [];
}

function honeypotRows(data: HeadlineData): [string, number, number | null, number][] {
  const cells = cellsOf(data, 'endpoint', 'component', 'honeypot').filter((cell) =>
    isKubernetes(cell.values.component),
  );
  const total = sum(cells);
  return HONEYPOT_GRADES.map((grade) => {
    const graded = cells.filter((cell) => cell.values.honeypot === grade);
    const endpoints = sum(graded);
    return [
      grade,
      endpoints,
      part(endpoints, total),
      sum(graded.filter((cell) => cell.values.component === 'kube-apiserver')),
    ];
  });
}
