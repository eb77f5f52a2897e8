// How the look at every target ended: positive, negative, transient, not probed, our own fault.
import { OUTCOMES, type Outcome, type OutcomeClass } from '../../probes/outcome.ts';
import type { Role } from '../chart.ts';
import { asking, code, count, part, share, told, words } from '../columns.ts';
import { cellCount, cellsOf, type HeadlineData } from '../headline-data.ts';
import { observedEndpoints, sumOf } from '../kubernetes-cells.ts';
import { type Section, section } from '../section.ts';

const CLASSES: Readonly<Record<OutcomeClass, { readonly label: string; readonly role: Role }>> = {
  positive: { label: 'Kubernetes answered', role: 'supported' },
  negative: { label: 'no Kubernetes there', role: 'plain' },
  transient: { label: 'not reached this time', role: 'maintenance' },
  not_probed: { label: 'not probed', role: 'unknown' },
  ours: { label: 'failed on our side', role: 'end-of-life' },
};

interface Ended {
  readonly outcome: string;
  readonly class: OutcomeClass | null;
  readonly says: string;
  readonly endpoints: number;
}

/** The outcomes of a survey, largest first. */
export function outcomesOf(data: HeadlineData): Ended[] {
  return cellsOf(data, 'endpoint', 'outcome').map((cell) => {
    const outcome = cell.values.outcome ?? '';
    const known = Object.hasOwn(OUTCOMES, outcome) ? OUTCOMES[outcome as Outcome] : null;
    return { outcome, class: known?.class ?? null, says: known?.says ?? '', endpoints: cell.count };
  });
}

/** Endpoints whose outcome is of a class; null where one of its outcomes is withheld. */
export function endedIn(data: HeadlineData, wanted: OutcomeClass): number | null {
  const names = (Object.keys(OUTCOMES) as Outcome[]).filter((outcome) => OUTCOMES[outcome].class === wanted);
  return sumOf(names.map((outcome) => cellCount(data, 'endpoint', ['outcome'], { outcome })));
}

export function outcomesSection(data: HeadlineData): Section {
  const outcomes = outcomesOf(data);
  const total = observedEndpoints(data);
  const classes = (Object.keys(CLASSES) as OutcomeClass[])
    .map((name) => ({
      ...CLASSES[name],
      endpoints: endedIn(data, name),
    }))
    .filter((one) => one.endpoints !== 0);
  return section('outcomes', 'What happened at all targets', {
    paragraphs: [
      [
        'Every one of the ',
        told(total, 'endpoint'),
        ' observed ends in exactly one outcome. What was not reached is unknown, not absent; what failed on our side says nothing about the host.',
      ],
    ],
    figures: [
      {
        id: 'outcomes',
        title: 'Endpoints by outcome',
        description:
          'Every endpoint of the survey by how the look at it ended. Colours group the outcomes as in the table.',
        chart: {
          kind: 'bars',
          unit: 'endpoints',
          total,
          bars: outcomes.map((one) => ({
            label: one.outcome,
            value: one.endpoints,
            role: one.class === null ? 'unknown' : CLASSES[one.class].role,
          })),
        },
        table: 'outcomes',
      },
    ],
    tables: [
      {
        id: 'outcomes',
        title: 'Outcomes',
        columns: [
          asking(code('outcome', 'Outcome'), { by: 'component', of: { outcome: 'outcome' } }),
          words('class', 'Group'),
          words('meaning', 'Meaning'),
          asking(count('endpoints', 'Endpoints', 'endpoint'), { of: { outcome: 'outcome' } }),
          share('share_of_endpoints', 'Share', 'observed endpoints'),
        ],
        rows: outcomes.map((one) => [
          one.outcome,
          one.class === null ? null : CLASSES[one.class].label,
          one.says,
          one.endpoints,
          part(one.endpoints, total),
        ]),
      },
      {
        id: 'outcome-groups',
        title: 'Groups of outcomes',
        columns: [
          words('class', 'Group'),
          count('endpoints', 'Endpoints', 'endpoint'),
          share('share_of_endpoints', 'Share', 'observed endpoints'),
        ],
        rows: classes.map((one) => [one.label, one.endpoints, part(one.endpoints, total)]),
      },
    ],
  });
}
