// The map: Kubernetes endpoints by country of the address, and which components they are.
import { COMPONENTS } from '../../fingerprints/verdict.ts';
import { asking, code, count, told, words } from '../columns.ts';
import { cellCount, cellsOf, type HeadlineData } from '../headline-data.ts';
import { byValue, drawnOf, isKubernetes, KUBERNETES, kubernetesEndpoints, sumOf } from '../kubernetes-cells.ts';
import { countryName } from '../names.ts';
import { type Section, section, type Table } from '../section.ts';
import { withheldOf } from '../withheld-bar.ts';

const SHOWN = 15;

export function mapSection(data: HeadlineData): Section {
  const countries = byValue(data, 'country');
  const known = countries.filter((one) => one.value !== null);
  const drawn = drawnOf(data, countries);
  const withheld = withheldOf(data, drawn.total, sumOf(drawn.values.map((one) => one.endpoints)) ?? 0);
  return section('map', 'The map', {
    paragraphs: [
      [
        told(kubernetesEndpoints(data), 'endpoint'),
        ' of Kubernetes components, in ',
        { count: known.length, unit: 'country' },
        `${data.isWithheld === undefined ? '' : ' that can be shown'}. Counts follow where clouds have their data centres: they say where servers are addressed, not whose they are.`,
      ],
    ],
    figures: [
      {
        id: 'map',
        title: `${drawn.what} endpoints by country of the address`,
        description:
          'A map of the world with one circle for each country; the area of a circle is in proportion to the endpoints whose address is registered there.',
        chart: {
          kind: 'map',
          unit: 'endpoints',
          places: drawn.values.flatMap(({ value, endpoints }) =>
            value === null ? [] : [{ code: value, label: countryName(value), value: endpoints }],
          ),
          elsewhere: drawn.values.find((one) => one.value === null)?.endpoints ?? 0,
          ...(withheld > 0 ? { withheld } : {}),
        },
        table: 'country-components',
      },
    ],
    tables: [countryComponents(data)],
  });
}

/** One column for each component that was found anywhere. */
function countryComponents(data: HeadlineData): Table {
  const cells = cellsOf(data, 'endpoint', 'component', 'country').filter((cell) => isKubernetes(cell.values.component));
  const components = COMPONENTS.filter((name) => cells.some((cell) => cell.values.component === name));
  return {
    id: 'country-components',
    title: 'Endpoints by country and component',
    columns: [
      asking(words('country', 'Country'), { by: 'component', of: { country: 'country_code' } }),
      code('country_code', 'Code'),
      asking(count('endpoints', 'All', 'endpoint'), {
        where: { component: KUBERNETES },
        of: { country: 'country_code' },
      }),
      ...components.map((name) =>
        asking(count(`${name.replaceAll('-', '_')}_endpoints`, name, 'endpoint'), {
          where: { component: [name] },
          of: { country: 'country_code' },
        }),
      ),
    ],
    rows: byValue(data, 'country').map((one) => [
      countryName(one.value),
      one.value,
      one.endpoints,
      ...components.map((component) =>
        cellCount(data, 'endpoint', ['component', 'country'], { component, country: one.value }),
      ),
    ]),
    shown: SHOWN,
  };
}
