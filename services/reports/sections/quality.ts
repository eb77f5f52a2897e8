// How good the numbers are: what was not reached, what was left out and why, our own failures, and what looks like a honeypot.
import { code, count, inBrackets, part, share, told, words } from '../columns.ts';
import { cellCount, type HeadlineData } from '../headline-data.ts';
import { kubernetesEndpoints, kubernetesOf, observedEndpoints, sum } from '../kubernetes-cells.ts';
import { type Section, section, type Text } from '../section.ts';
import { optOutItem } from './conduct.ts';
import { endedIn } from './outcomes.ts';

const HONEYPOT_GRADES = ['none', 'low', 'medium', 'high'] as const;

export function qualitySection(data: HeadlineData): Section {
  const { survey } = data;
  const observed = observedEndpoints(data);
  const transient = endedIn(data, 'transient');
  const ours = endedIn(data, 'ours');
  const unprobed = endedIn(data, 'not_probed');
  const excluded = Object.entries(survey.excludedBy).sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
  return section('quality', 'Data quality', {
    paragraphs: [
      {
        items: [
          [
            'Targets: ',
            { count: survey.targetCount, unit: 'target' },
            '; observed so far: ',
            told(observed, 'endpoint'),
            survey.vantage.includes(',')
              ? `. Vantages: ${survey.vantage}, one after the other.`
              : `. Vantage: ${survey.vantage}, one place on the network.`,
          ],
          [
            'Not reached this time: ',
            told(transient, 'endpoint'),
            ...inBrackets(transient, observed, 'observed endpoints'),
            '. They may be up and unseen, so every count is a lower bound.',
          ],
          [
            'Not probed, because a policy, an opt-out or the scope forbids it or the name led nowhere: ',
            told(unprobed, 'endpoint'),
            ...inBrackets(unprobed, observed, 'observed endpoints'),
            '; left out before the survey was drawn: ',
            { count: sum(excluded.map(([, value]) => ({ count: value }))), unit: 'candidate' },
            '.',
          ],
          ...optOutItem(data),
          ['Failed on our side: ', told(ours, 'endpoint'), ...inBrackets(ours, observed, 'observed endpoints'), '.'],
          ...stopsItems(data),
          ...suspectsItem(data),
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

/** What stopped itself, and what looks wrong. Where cells are withheld it is said without counts of few. */
function stopsItems({ survey, isWithheld }: HeadlineData): Text[] {
  const { leftAlone, flags = [], givenUp, jump } = survey;
  const isPublic = isWithheld !== undefined;
  const left: Text[] =
    leftAlone === undefined
      ? []
      : [
          [
            'Networks that began to refuse us during the survey were left alone for its rest',
            ...(isPublic
              ? []
              : [
                  ': ',
                  { count: leftAlone.scopes, unit: 'network' },
                  ', with ',
                  { count: leftAlone.endpoints, unit: 'endpoint' },
                  ' that were not asked for it',
                ]),
            '.',
          ],
        ];
  const lost: Text[] = flags.includes('mass_loss')
    ? [
        [
          'So much was lost at once that the survey paused itself. What was missed in that time is more likely our fault than that of the hosts, and makes none of them down.',
        ],
      ]
    : [];
  const given: Text[] =
    givenUp === undefined
      ? []
      : [
          [
            'Given up, because their chunk ended its process or always failed: ',
            { count: givenUp, unit: 'target' },
            '.',
          ],
        ];
  const jumped: Text[] =
    jump === undefined
      ? []
      : [
          [
            `A headline jumped since survey ${jump.before}: ${HEADLINE_WORDS[jump.indicator]}`,
            ...(isPublic
              ? []
              : [', from ', { count: jump.from, unit: 'endpoint' }, ' to ', { count: jump.to, unit: 'endpoint' }]),
            '. The reason may lie in the feeds or in our own network as well as in the world.',
          ],
        ];
  return [...left, ...lost, ...given, ...jumped];
}

const HEADLINE_WORDS = { certificateName: 'certificate names', versionEndpoint: 'disclosed versions' } as const;

/** Not where cells are withheld: the difference is the count of few. */
function suspectsItem({ headline, isWithheld }: HeadlineData): Text[] {
  if (isWithheld !== undefined) return [];
  const { all, withoutSuspects } = headline.endpoint;
  if (
    withoutSuspects.certificateName === all.certificateName &&
    withoutSuspects.versionEndpoint === all.versionEndpoint
  )
    return [['Endpoints graded medium or high as honeypots are in neither of the two headline counts.']];
  return [
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
  ];
}

function honeypotRows(data: HeadlineData): [string, number | null, number | null, number | null][] {
  const total = kubernetesEndpoints(data);
  return HONEYPOT_GRADES.map((honeypot) => {
    const endpoints = kubernetesOf(data, ['honeypot'], { honeypot });
    return [
      honeypot,
      endpoints,
      part(endpoints, total),
      cellCount(data, 'endpoint', ['component', 'honeypot'], { component: 'kube-apiserver', honeypot }),
    ];
  });
}
