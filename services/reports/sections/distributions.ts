// Which distributions the API servers belong to, as far as the evidence proves it.
import { asking, code, count, part, share, told, words } from '../columns.ts';
import { cellCount, type HeadlineData } from '../headline-data.ts';
import { apiserversByValue } from '../kubernetes-cells.ts';
import { distributionName } from '../names.ts';
import { type Section, section } from '../section.ts';
import { withheldBar } from '../withheld-bar.ts';

const SHOWN = 12;

export function distributionsSection(data: HeadlineData): Section {
  const rows = apiserversByValue(data, 'distribution');
  const total = cellCount(data, 'endpoint', ['component'], { component: 'kube-apiserver' });
  const apiservers = { where: { component: ['kube-apiserver'] }, of: { distribution: 'slug' } };
  const known = rows.flatMap(({ value, apiserver: { endpoint } }) => (endpoint === null ? [] : [{ value, endpoint }]));
  const rest = known.slice(SHOWN).reduce((all, row) => all + row.endpoint, 0);
  const bars = [
    ...known.slice(0, SHOWN).map((row) => ({
      label: distributionName(row.value),
      value: row.endpoint,
      role: row.value === null ? ('unknown' as const) : ('plain' as const),
    })),
    ...(rest > 0 ? [{ label: `${known.length - SHOWN} others`, value: rest, role: 'unknown' as const }] : []),
  ];
  return section('distributions', 'Distributions', {
    paragraphs: [
      [
        'Of ',
        told(total, 'endpoint'),
        ' that are kube-apiservers. A distribution is named only where the version string, the certificate or the network proves it: an upstream version string proves no provider, and an endpoint that shows neither stays without a name.',
      ],
    ],
    figures: [
      {
        id: 'distributions',
        title: 'API servers by distribution',
        description: `kube-apiserver endpoints by the distribution that the evidence proves, and their share of all kube-apiserver endpoints.`,
        chart: {
          kind: 'bars',
          unit: 'endpoints',
          total,
          bars: [...bars, ...withheldBar(data, total, bars)],
        },
        table: 'distributions',
      },
    ],
    tables: [
      {
        id: 'distributions',
        title: 'kube-apiserver by distribution',
        columns: [
          asking(words('distribution', 'Distribution'), { by: 'minor', of: { distribution: 'slug' } }),
          code('slug', 'Slug'),
          asking(count('endpoints', 'Endpoints', 'endpoint'), apiservers),
          share('share_of_endpoints', 'Share', 'kube-apiserver endpoints'),
          asking(count('hosts', 'Hosts', 'host'), apiservers),
          asking(count('certificates', 'Certificates', 'certificate'), apiservers),
        ],
        rows: rows.map(({ value, apiserver }) => [
          distributionName(value),
          value,
          apiserver.endpoint,
          part(apiserver.endpoint, total),
          apiserver.host,
          apiserver.certificate,
        ]),
      },
    ],
  });
}
