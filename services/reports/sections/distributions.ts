// Which distributions the API servers belong to, as far as the evidence proves it.
import { code, count, part, share, words } from '../columns.ts';
import type { HeadlineData } from '../headline-data.ts';
import { byValue } from '../kubernetes-cells.ts';
import { distributionName } from '../names.ts';
import { type Section, section } from '../section.ts';

const SHOWN = 12;

export function distributionsSection(data: HeadlineData): Section {
  const rows = byValue(data, 'distribution')
    .filter((row) => row.apiserver.endpoint > 0)
    .sort((a, b) => Number(a.value === null) - Number(b.value === null) || b.apiserver.endpoint - a.apiserver.endpoint);
  const total = rows.reduce((all, row) => all + row.apiserver.endpoint, 0);
  const rest = rows.slice(SHOWN).reduce((all, row) => all + row.apiserver.endpoint, 0);
  const bars = rows.slice(0, SHOWN).map((row) => ({
    label: distributionName(row.value),
    value: row.apiserver.endpoint,
    role: row.value === null ? ('unknown' as const) : ('plain' as const),
  }));
  return section('distributions', 'Distributions', {
    paragraphs: [
      [
        'Of ',
        { count: total, unit: 'endpoint' },
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
          bars: rest > 0 ? [...bars, { label: `${rows.length - SHOWN} others`, value: rest, role: 'unknown' }] : bars,
        },
        table: 'distributions',
      },
    ],
    tables: [
      {
        id: 'distributions',
        title: 'kube-apiserver by distribution',
        columns: [
          words('distribution', 'Distribution'),
          code('slug', 'Slug'),
          count('endpoints', 'Endpoints', 'endpoint'),
          share('share_of_endpoints', 'Share', 'kube-apiserver endpoints'),
          count('hosts', 'Hosts', 'host'),
          count('certificates', 'Certificates', 'certificate'),
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
