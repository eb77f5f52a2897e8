// Which Kubernetes components answered, how sure that is, what each means when it does, and what to do about it.
import { ADVICE, ADVICE_SLUGS, type AdviceSlug } from '../../fingerprints/advice.ts';
import type { ComponentProfile } from '../../fingerprints/component.ts';
import { COMPONENT_PROFILES } from '../../fingerprints/component-profile.ts';
import { GRADES } from '../../fingerprints/verdict.ts';
import { asking, count, part, share, told, words } from '../columns.ts';
import { cellCount, type HeadlineData } from '../headline-data.ts';
import { kubernetesEndpoints } from '../kubernetes-cells.ts';
import { type Note, type Paragraph, type Section, section } from '../section.ts';
import { withheldBar } from '../withheld-bar.ts';

/** 'not' beside a component: something of it was seen, and something else spoke against it. */
const GRADE_WORDS = {
  confirmed: 'Confirmed',
  probable: 'Probable',
  possible: 'Possible',
  not: 'Contradicted',
} as const;

interface Found {
  readonly profile: ComponentProfile;
  /** null where withheld, as the other counts. */
  readonly endpoints: number | null;
  readonly hosts: number | null;
  readonly certificates: number | null;
  /** Endpoints by grade, in the order of GRADES; null where withheld. */
  readonly grades: readonly (number | null)[];
}

export function componentsSection(data: HeadlineData): Section {
  const found = foundComponents(data);
  const total = kubernetesEndpoints(data);
  const bars = found.flatMap(({ profile, endpoints }) =>
    endpoints === null ? [] : [{ label: profile.name, value: endpoints, role: 'plain' as const }],
  );
  return section('components', 'Which components answer', {
    paragraphs: [
      [
        'A Kubernetes component was recognised at ',
        told(total, 'endpoint'),
        '. Every component beside the API server is meant for the cluster itself; whichever answers from outside was exposed by a setting or by a missing firewall.',
      ],
      [
        'The grade says how sure the recognition is: ',
        { strong: 'confirmed' },
        ' by an answer that nothing else gives, ',
        { strong: 'probable' },
        ' by several signs, ',
        { strong: 'possible' },
        ' by one.',
      ],
      ...clusterParagraph(data),
    ],
    figures: [
      {
        id: 'components',
        title: 'Endpoints by component',
        description:
          'Endpoints at which each component was recognised, whatever the grade, and their share of all Kubernetes endpoints of the survey.',
        chart: {
          kind: 'bars',
          unit: 'endpoints',
          total,
          bars: [...bars, ...withheldBar(data, total, bars)],
        },
        table: 'components',
      },
    ],
    tables: [
      {
        id: 'components',
        title: 'Components by unit',
        columns: [
          asking(words('component', 'Component'), { by: 'country', of: { component: 'component' } }),
          asking(count('endpoints', 'Endpoints', 'endpoint'), { of: { component: 'component' } }),
          share('share_of_endpoints', 'Share', 'Kubernetes endpoints'),
          asking(count('hosts', 'Hosts', 'host'), { of: { component: 'component' } }),
          asking(count('certificates', 'Certificates', 'certificate'), { of: { component: 'component' } }),
        ],
        rows: found.map((one) => [
          one.profile.name,
          one.endpoints,
          part(one.endpoints, total),
          one.hosts,
          one.certificates,
        ]),
      },
      {
        id: 'component-grades',
        title: 'Components by grade',
        columns: [
          words('component', 'Component'),
          ...GRADES.map((grade) =>
            asking(count(`${grade}_endpoints`, GRADE_WORDS[grade], 'endpoint'), {
              where: { grade: [grade] },
              of: { component: 'component' },
            }),
          ),
        ],
        rows: found.map((one) => [one.profile.name, ...one.grades]),
      },
      {
        id: 'component-meanings',
        title: 'What it means when a component answers from the internet',
        columns: [
          words('component', 'Component'),
          words('port', 'Usual port'),
          words('default_bind', 'Listens by default on'),
          words('default_authentication', 'By default'),
          words('meaning', 'Seen from the internet'),
        ],
        rows: found.map(({ profile }) => [
          profile.name,
          profile.usualPort,
          profile.bindsTo,
          profile.authenticates,
          profile.exposure,
        ]),
      },
    ],
    notes: ADVICE_SLUGS.flatMap((slug) => adviceNote(slug, found)),
  });
}

function clusterParagraph({ clusters }: HeadlineData): readonly Paragraph[] {
  if (clusters === undefined) return [];
  return [
    [
      'Clusters (estimate): the confirmed and probable endpoints belong to ',
      ...(clusters.low === clusters.high ? [] : ['between ', { count: clusters.low, unit: 'cluster' }, ' and ']),
      { count: clusters.high, unit: 'cluster' },
      clusters.low === clusters.high ? ', by both ways to join them' : '',
      '. The lower number joins endpoints by every key that one cluster alone should have, the higher one only those that show the same keys; keys that many networks share join nothing.',
    ],
  ];
}

function foundComponents(data: HeadlineData): Found[] {
  return COMPONENT_PROFILES.map((profile) => {
    const component = profile.name;
    const of = (unit: 'endpoint' | 'host' | 'certificate'): number | null =>
      cellCount(data, unit, ['component'], { component });
    return {
      profile,
      endpoints: of('endpoint'),
      hosts: of('host'),
      certificates: of('certificate'),
      grades: GRADES.map((grade) => cellCount(data, 'endpoint', ['component', 'grade'], { component, grade })),
    };
  })
    .filter((one) => one.endpoints !== 0)
    .sort((a, b) => (b.endpoints ?? 0) - (a.endpoints ?? 0));
}

/** A piece of advice where it applies: to the components that were found, with their counts. */
function adviceNote(slug: AdviceSlug, found: readonly Found[]): Note[] {
  const concerned = found.filter((one) => one.profile.advice.includes(slug));
  if (concerned.length === 0) return [];
  const list = concerned.flatMap((one, at) => [
    at === 0 ? ' It applies to ' : ', ',
    { strong: one.profile.name },
    ' (',
    told(one.endpoints, 'endpoint'),
    ')',
  ]);
  return [{ tone: 'advice', title: `${ADVICE[slug].title}.`, text: [ADVICE[slug].text, ...list, '.'] }];
}
