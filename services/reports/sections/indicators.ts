// The two headline counts, what they share and what is only in one, in endpoints, hosts and certificates.
import type { IndicatorCounts } from '../../rollups/headline.ts';
import type { Unit } from '../../rollups/rollup.ts';
import { count } from '../columns.ts';
import type { HeadlineData } from '../headline-data.ts';
import { isLab, isPartial, partialRuns } from '../manifest.ts';
import { type Note, type Section, section, type Table } from '../section.ts';
import { MEASURES } from './measures.ts';
import { sampleParagraphs, sampleTables } from './sample.ts';

const TITLE = 'The two headline counts';

export function indicatorsSection(data: HeadlineData): Section {
  if (data.isHeadlineWithheld === true)
    return section('indicators', TITLE, {
      paragraphs: [['They rest on fewer networks than counts that are published, and are withheld. A key shows them.']],
      notes: notes(data),
    });
  const all = data.headline.endpoint.all;
  const observed = data.headline.endpoint.observed;
  return section('indicators', TITLE, {
    numbers: [
      {
        label: 'Certificate names contain the Kubernetes names',
        value: all.certificateName,
        unit: 'endpoint',
        role: 'certificate-name',
        detail: inOtherUnits(data, 'certificateName'),
      },
      {
        label: 'Discloses its version on /version',
        value: all.versionEndpoint,
        unit: 'endpoint',
        role: 'version-endpoint',
        detail: inOtherUnits(data, 'versionEndpoint'),
      },
      {
        label: 'Both at the same endpoint',
        value: all.both,
        unit: 'endpoint',
        role: 'both',
        detail: inOtherUnits(data, 'both'),
      },
    ],
    paragraphs: [
      [
        'Of ',
        { count: observed, unit: 'endpoint' },
        ' looked at, ',
        { count: all.certificateName, unit: 'endpoint' },
        ' presented a certificate whose names contain the Kubernetes names (such as ',
        { code: 'kubernetes.default.svc.cluster.local' },
        '), and ',
        { count: all.versionEndpoint, unit: 'endpoint' },
        ' disclosed a Kubernetes version on ',
        { code: '/version' },
        '. The first count is the wider net and includes load balancers that merely carry such a certificate; the second is more precise and misses AKS and every other endpoint that hides its version. Neither replaces the other.',
      ],
      ...sampleParagraphs(data),
    ],
    figures: [
      {
        id: 'overlap',
        title: 'Which endpoints show which indicator',
        description: `Two bars on one scale; what both indicators share lies above itself. Endpoints of this survey that show at least one of the two.`,
        chart: {
          kind: 'overlap',
          unit: 'endpoints',
          left: { label: 'Certificate names', only: all.onlyCertificateName, role: 'certificate-name' },
          right: { label: 'Version disclosed', only: all.onlyVersionEndpoint, role: 'version-endpoint' },
          both: all.both,
        },
        table: 'indicators',
      },
    ],
    tables: [
      measures(data, 'all'),
      // Where cells are withheld, the difference of the two is the count of few.
      ...(data.isWithheld === undefined ? [measures(data, 'withoutSuspects')] : []),
      ...sampleTables(data),
    ],
    notes: notes(data),
  });
}

function inOtherUnits(data: HeadlineData, key: keyof IndicatorCounts) {
  return [
    'at ',
    { count: data.headline.host.all[key], unit: 'host' },
    ', with ',
    { count: data.headline.certificate.all[key], unit: 'certificate' },
  ] as const;
}

function measures(data: HeadlineData, of: 'all' | 'withoutSuspects'): Table {
  const cell = (unit: Unit, key: keyof IndicatorCounts): number => data.headline[unit][of][key];
  return {
    id: of === 'all' ? 'indicators' : 'indicators-without-suspects',
    title: of === 'all' ? 'Indicators by unit' : 'The same without endpoints graded medium or high as honeypots',
    columns: [
      { key: 'indicator', label: 'Indicator', type: 'text' },
      count('endpoints', 'Endpoints', 'endpoint'),
      count('hosts', 'Hosts', 'host'),
      count('certificates', 'Certificates', 'certificate'),
    ],
    rows: MEASURES.map(({ key, label }) => [label, cell('endpoint', key), cell('host', key), cell('certificate', key)]),
  };
}

function notes(data: HeadlineData): Note[] {
  const list: Note[] = [
    {
      tone: 'note',
      title: 'Disclosing a version is the default.',
      text: [
        'Kubernetes answers ',
        { code: '/version' },
        ' without credentials unless told otherwise. An endpoint that does so can be reached and named; this survey does not test whether anything behind it can be read or changed.',
      ],
    },
  ];
  if (isPartial(data)) list.unshift({ tone: 'caution', title: 'These counts are partial.', text: partialText(data) });
  if (isLab(data)) {
    list.unshift({
      tone: 'caution',
      title: 'This is the lab.',
      text: [
        'Every host of this survey was invented and served on this machine. No number in it says anything about the internet; only the reference series is real.',
      ],
    });
  }
  return list;
}

function partialText(data: HeadlineData): Note['text'] {
  const { state, chunks } = data.survey;
  const stopped =
    state === 'complete'
      ? []
      : ['The survey is not complete: ', { count: chunks.committed, unit: 'chunk' }, ` of ${chunks.total} are done. `];
  const feeds = [...new Set(partialRuns(data).map((run) => run.feed))];
  return [
    ...stopped,
    feeds.length === 0
      ? ''
      : `Cut short or failed: ${feeds.join(', ')}. Hosts that only the missing part names are not counted.`,
  ];
}
