// What endpoints answer to somebody without credentials.
import { asking, code, count, part, share, words } from '../columns.ts';
import { cellCount, cellsOf, type HeadlineData } from '../headline-data.ts';
import { apiserversByValue, isKubernetes } from '../kubernetes-cells.ts';
import { authenticationName } from '../names.ts';
import { type Section, section } from '../section.ts';
import { withheldBar } from '../withheld-bar.ts';

export function authenticationSection(data: HeadlineData): Section {
  const rows = apiserversByValue(data, 'authentication');
  const total = cellCount(data, 'endpoint', ['component'], { component: 'kube-apiserver' });
  const bars = rows.flatMap(({ value, apiserver: { endpoint } }) =>
    endpoint === null
      ? []
      : [
          {
            label: authenticationName(value),
            value: endpoint,
            role: value === null ? ('unknown' as const) : ('plain' as const),
          },
        ],
  );
  const cells = cellsOf(data, 'endpoint', 'component', 'authentication').filter((cell) =>
    isKubernetes(cell.values.component),
  );
  return section('authentication', 'What is answered without credentials', {
    paragraphs: [
      [
        'Seen from at most two public paths per endpoint. The survey sends no credentials, asks for nothing that needs them, and so does not know what they would open.',
      ],
    ],
    figures: [
      {
        id: 'authentication',
        title: 'API servers by what they answer without credentials',
        description:
          'kube-apiserver endpoints by authentication mode, and their share of all kube-apiserver endpoints.',
        chart: {
          kind: 'bars',
          unit: 'endpoints',
          total,
          bars: [...bars, ...withheldBar(data, total, bars)],
        },
        table: 'authentication',
      },
    ],
    tables: [
      {
        id: 'authentication',
        title: 'Authentication by component',
        columns: [
          asking(words('component', 'Component'), { by: 'authentication', of: { component: 'component' } }),
          code('authentication', 'Mode'),
          words('meaning', 'It'),
          asking(count('endpoints', 'Endpoints', 'endpoint'), {
            of: { component: 'component', authentication: 'authentication' },
          }),
          share('share_of_component_endpoints', 'Share', "the component's endpoints"),
        ],
        rows: cells.map((cell) => {
          const all = cellCount(data, 'endpoint', ['component'], { component: cell.values.component ?? null });
          return [
            cell.values.component!,
            cell.values.authentication ?? null,
            authenticationName(cell.values.authentication ?? null),
            cell.count,
            part(cell.count, all),
          ];
        }),
      },
    ],
  });
}
