// Where Kubernetes endpoints stand: countries, networks, ports, and by which method they were seen.
import type { Dimension } from '../../rollups/rollup.ts';
import { asking, code, count, part, share, words } from '../columns.ts';
import { cellCount, cellsOf, type HeadlineData } from '../headline-data.ts';
import { byValue, drawnOf, KUBERNETES, kubernetesEndpoints, type ValueCount } from '../kubernetes-cells.ts';
import { countryName, NOT_OBSERVED, networkName } from '../names.ts';
import { type Figure, type Section, section, type Table } from '../section.ts';
import { withheldBar } from '../withheld-bar.ts';

const SHOWN = 15;

export function placesSection(data: HeadlineData): Section {
  const countries = byValue(data, 'country');
  const networks = byValue(data, 'asn');
  const caveats = [...new Set(data.geo.flatMap((source) => source.caveat ?? []))];
  return section('places', 'Countries and networks', {
    paragraphs: [
      [
        'Countries and AS numbers are those that public registries and routing give for the address. They name who holds or announces the network, which is often not where the machine stands, and anycast addresses stand in many places.',
      ],
    ],
    figures: [
      figure(data, 'countries', 'endpoints by country', 'country of the address', countries, (value) =>
        countryName(value),
      ),
      figure(data, 'networks', 'endpoints by network', 'autonomous system of the address', networks, (value) =>
        networkName(data, value),
      ),
    ],
    tables: [
      table(
        data,
        'countries',
        'Endpoints by country',
        'country',
        ['country', 'Country', 'country_code'],
        countries,
        (value) => countryName(value),
      ),
      table(data, 'networks', 'Endpoints by network', 'asn', ['network', 'Network', 'asn'], networks, (value) =>
        networkName(data, value),
      ),
    ],
    notes: caveats.map((caveat) => ({ tone: 'caution', title: 'About the data on places.', text: [caveat] })),
  });
}

function figure(
  data: HeadlineData,
  id: string,
  title: string,
  what: string,
  values: readonly ValueCount[],
  name: (value: string | null) => string,
): Figure {
  const { what: counted, total, values: known } = drawnOf(data, values);
  const rest = known.slice(SHOWN).reduce((sum, one) => sum + one.endpoints, 0);
  const bars = [
    ...known.slice(0, SHOWN).map((one) => ({
      label: name(one.value),
      value: one.endpoints,
      role: one.value === null ? ('unknown' as const) : ('plain' as const),
    })),
    ...(rest > 0 ? [{ label: `${known.length - SHOWN} others`, value: rest, role: 'unknown' as const }] : []),
  ];
  return {
    id,
    title: `${counted} ${title}`,
    description: `Endpoints of ${counted === 'Kubernetes' ? 'all Kubernetes components' : 'the kube-apiserver'} by ${what}; the largest ${SHOWN} at most, the rest added up.`,
    chart: {
      kind: 'bars',
      unit: 'endpoints',
      total,
      bars: [...bars, ...withheldBar(data, total, bars)],
    },
    table: id,
  };
}

function table(
  data: HeadlineData,
  id: string,
  title: string,
  dim: Dimension,
  [key, label, codeKey]: readonly [string, string, string],
  values: readonly ValueCount[],
  name: (value: string | null) => string,
): Table {
  const total = kubernetesEndpoints(data);
  const apiservers = { where: { component: ['kube-apiserver'] }, of: { [dim]: codeKey } };
  return {
    id,
    title,
    columns: [
      asking(words(key, label), { by: 'component', of: { [dim]: codeKey } }),
      code(codeKey, codeKey === 'asn' ? 'AS number' : 'Code'),
      asking(count('endpoints', 'Endpoints', 'endpoint'), { where: { component: KUBERNETES }, of: { [dim]: codeKey } }),
      share('share_of_endpoints', 'Share', 'Kubernetes endpoints'),
      asking(count('apiserver_endpoints', 'kube-apiserver', 'endpoint'), apiservers),
      asking(count('apiserver_hosts', 'kube-apiserver', 'host'), apiservers),
    ],
    rows: values.map((one) => [
      name(one.value),
      one.value,
      one.endpoints,
      part(one.endpoints, total),
      one.apiserver.endpoint,
      one.apiserver.host,
    ]),
    shown: SHOWN,
  };
}

export function portsSection(data: HeadlineData): Section {
  const ports = byValue(data, 'port').sort((a, b) => Number(a.value) - Number(b.value));
  const total = kubernetesEndpoints(data);
  const bars = ports.flatMap(({ value, endpoints }) =>
    endpoints === null ? [] : [{ label: value ?? NOT_OBSERVED, value: endpoints, role: 'plain' as const }],
  );
  return section('ports', 'Ports and methods', {
    paragraphs: [
      [
        'An endpoint is an address and a port. ',
        { strong: 'Active' },
        ' means that this survey connected to it; ',
        { strong: 'passive' },
        ' that a feed had already seen it and its evidence was judged without a packet.',
      ],
    ],
    figures: [
      {
        id: 'ports',
        title: 'Kubernetes endpoints by port',
        description: 'Endpoints of all Kubernetes components by port, in the order of port numbers.',
        chart: {
          kind: 'bars',
          unit: 'endpoints',
          total,
          bars: [...bars, ...withheldBar(data, total, bars)],
        },
        table: 'ports',
      },
    ],
    tables: [
      {
        id: 'ports',
        title: 'Endpoints by port',
        columns: [
          asking(code('port', 'Port'), { by: 'component', of: { port: 'port' } }),
          asking(count('endpoints', 'Endpoints', 'endpoint'), {
            where: { component: KUBERNETES },
            of: { port: 'port' },
          }),
          share('share_of_endpoints', 'Share', 'Kubernetes endpoints'),
          asking(count('observed_endpoints', 'Observed', 'endpoint'), { of: { port: 'port' } }),
        ],
        rows: ports.map((one) => [
          one.value,
          one.endpoints,
          part(one.endpoints, total),
          observed(data, 'port', one.value),
        ]),
      },
      {
        id: 'methods',
        title: 'All observed endpoints by method',
        columns: [
          words('method', 'Method'),
          asking(count('endpoints', 'Endpoints', 'endpoint'), { of: { method: 'method' } }),
          asking(count('hosts', 'Hosts', 'host'), { of: { method: 'method' } }),
        ],
        rows: cellsOf(data, 'endpoint', 'method').map((cell) => [
          cell.values.method ?? null,
          cell.count,
          cellCount(data, 'host', ['method'], cell.values),
        ]),
      },
    ],
  });
}

/** All endpoints with this value, Kubernetes or not. */
function observed(data: HeadlineData, dim: Dimension, value: string | null): number | null {
  return cellCount(data, 'endpoint', [dim], { [dim]: value });
}
