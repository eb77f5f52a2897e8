// What appeared, stayed and vanished between two surveys; what vanished is told apart from what was only not reached.
import { OUTCOMES, type Outcome, type OutcomeClass } from '../../probes/outcome.ts';
import type { ChangeData, Flow } from '../change-data.ts';
import { count, part, share, words } from '../columns.ts';
import { type Section, section } from '../section.ts';

/** Why an endpoint is Kubernetes in one of the surveys only. */
const REASONS = {
  'no-target': 'was no target there',
  negative: 'answered, and not as Kubernetes',
  transient: 'was not reached',
  not_probed: 'was not probed',
  ours: 'failed on our side',
  positive: 'answered, and was not recognised',
} as const satisfies Record<OutcomeClass | 'no-target', string>;

type Reason = keyof typeof REASONS;

const FLOWS = [
  { flow: 'stayed', label: 'in both surveys', role: 'both' },
  { flow: 'appeared', label: 'only in this survey', role: 'version-endpoint' },
  { flow: 'vanished', label: 'only in the earlier survey', role: 'certificate-name' },
] as const;

function reasonOf(outcome: string | null): Reason {
  if (outcome === null) return 'no-target';
  return Object.hasOwn(OUTCOMES, outcome) ? OUTCOMES[outcome as Outcome].class : 'no-target';
}

export function flowsSection(data: ChangeData): Section {
  const of = (flow: Flow): number => total(data.flows.filter((one) => one.flow === flow));
  const [stayed, appeared, vanished] = [of('stayed'), of('appeared'), of('vanished')];
  const gone = total(data.flows.filter((one) => one.flow === 'vanished' && reasonOf(one.otherwise) === 'negative'));
  const union = stayed + appeared + vanished;
  return section('flows', 'What appeared and what vanished', {
    paragraphs: [
      [
        'Endpoints at which a Kubernetes component was recognised: ',
        { count: stayed, unit: 'endpoint' },
        ' in both surveys, ',
        { count: appeared, unit: 'endpoint' },
        ' in this one only, ',
        { count: vanished, unit: 'endpoint' },
        ' in the earlier one only.',
        ...(union > 0
          ? [' Churn, what is in one of them only: ', { share: (appeared + vanished) / union, of: 'all of these' }, '.']
          : []),
      ],
      [
        'An address that vanishes is not a cluster that was closed: addresses of clouds change hands. Of those that vanished, ',
        { count: gone, unit: 'endpoint' },
        ' answered this time and not as Kubernetes; the rest was not reached, not asked, or no target any more.',
      ],
    ],
    figures: [
      {
        id: 'flows',
        title: 'Kubernetes endpoints in both surveys and in one only',
        description:
          'Endpoints of Kubernetes components that are in both surveys, only in this one, only in the earlier one.',
        chart: {
          kind: 'bars',
          unit: 'endpoints',
          total: union,
          bars: FLOWS.map(({ flow, label, role }) => ({ label, value: of(flow), role })),
        },
        table: 'flows',
      },
    ],
    tables: [flowsTable(data), reasonsTable(data)],
  });
}

function flowsTable(data: ChangeData) {
  const components = [...new Set(data.flows.map((one) => one.component))];
  const of = (component: string, flow: Flow): number =>
    total(data.flows.filter((one) => one.component === component && one.flow === flow));
  return {
    id: 'flows',
    title: 'Endpoints by component',
    columns: [
      words('component', 'Component'),
      count('stayed_endpoints', 'In both', 'endpoint'),
      count('appeared_endpoints', 'Appeared', 'endpoint'),
      count('vanished_endpoints', 'Vanished', 'endpoint'),
    ],
    rows: components
      .map(
        (component) =>
          [component, of(component, 'stayed'), of(component, 'appeared'), of(component, 'vanished')] as const,
      )
      .sort((a, b) => b[1] + b[2] + b[3] - (a[1] + a[2] + a[3]) || (a[0] < b[0] ? -1 : 1)),
  };
}

function reasonsTable(data: ChangeData) {
  const of = (flow: Flow, reason: Reason): number =>
    total(data.flows.filter((one) => one.flow === flow && reasonOf(one.otherwise) === reason));
  const sums = { appeared: total(only(data, 'appeared')), vanished: total(only(data, 'vanished')) };
  return {
    id: 'flow-reasons',
    title: 'What the other survey saw of them',
    columns: [
      words('reason', 'In the other survey it'),
      count('appeared_endpoints', 'Of the appeared', 'endpoint'),
      share('share_of_appeared', 'Share', 'endpoints that appeared'),
      count('vanished_endpoints', 'Of the vanished', 'endpoint'),
      share('share_of_vanished', 'Share', 'endpoints that vanished'),
    ],
    rows: (Object.keys(REASONS) as Reason[])
      .map((reason) => [reason, of('appeared', reason), of('vanished', reason)] as const)
      .filter(([, appeared, vanished]) => appeared + vanished > 0)
      .map(([reason, appeared, vanished]) => [
        REASONS[reason],
        appeared,
        part(appeared, sums.appeared),
        vanished,
        part(vanished, sums.vanished),
      ]),
  };
}

function only(data: ChangeData, flow: Flow) {
  return data.flows.filter((one) => one.flow === flow);
}

function total(flows: readonly { readonly endpoints: number }[]): number {
  return flows.reduce((sum, one) => sum + one.endpoints, 0);
}
