// What endpoints answer to somebody without credentials.
import { code, count, part, share, words } from '../columns.ts';
import { cellsOf, type HeadlineData } from '../headline-data.ts';
import { byValue, isKubernetes } from '../kubernetes-cells.ts';
import { authenticationName } from '../names.ts';
import { type Section, section } from '../section.ts';

export function authenticationSection(data: HeadlineData): Section {
  const rows = byValue(data, 'authentication').filter((row) => row.apiserver.endpoint > 0);
  const total = rows.reduce((all, row) => all + row.apiserver.endpoint, 0);
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
          bars: [...rows]
            .sort(
              (a, b) =>
                Number(a.value === null) - Number(b.value === null) || b.apiserver.endpoint - a.apiserver.endpoint,
            )
            .map((row) => ({
              label: authenticationName(row.value),
              value: row.apiserver.endpoint,
              role: row.value === null ? 'unknown' : 'plain',
            })),
        },
        table: 'authentication',
      },
    ],
    tables: [
      {
        id: 'authentication',
        title: 'Authentication by component',
        columns: [
          words('component', 'Component'),
          code('authentication', 'Mode'),
          words('meaning', 'It'),
          count('endpoints', 'Endpoints', 'endpoint'),
          share('share_of_component_endpoints', 'Share', "the component's endpoints"),
        ],
        rows: cells.map((cell) => {
          const all = cells
            .filter((one) => one.values.component === cell.values.component)
            .reduce((most, one) => most + one.count, 0);
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
