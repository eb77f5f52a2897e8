// What of a survey may be published, as reports and pages see it: which counts are gone, what is said instead, and what a picture shows of the rest.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BarsChart, Chart, MapChart, StackedChart } from '../../services/reports/chart.ts';
import type { HeadlineData } from '../../services/reports/headline-data.ts';
import { byValue, drawnOf } from '../../services/reports/kubernetes-cells.ts';
import { publicData, publicSeries } from '../../services/reports/public-data.ts';
import type { Section } from '../../services/reports/section.ts';
import { componentsSection } from '../../services/reports/sections/components.ts';
import { indicatorsSection } from '../../services/reports/sections/indicators.ts';
import { mapSection } from '../../services/reports/sections/map.ts';
import { placesSection } from '../../services/reports/sections/places.ts';
import { versionsSection } from '../../services/reports/sections/versions.ts';
import { withheldBar } from '../../services/reports/withheld-bar.ts';
import type { Cell, Dimension } from '../../services/rollups/rollup.ts';
import type { SeriesPoint } from '../../services/rollups/series.store.ts';
import type { PublicCells } from '../../services/rollups/suppress.store.ts';
import { GUARDED_TIMES } from '../../services/rollups/suppress.ts';
import { sampleData } from './sample-data.ts';

const K = 10;

/** Cells by dimensions and values, joined: "component,country": ["kubelet,DE"]. */
function hiding(hidden: Readonly<Record<string, readonly string[]>>): PublicCells {
  const isHidden = (dims: readonly Dimension[], values: readonly string[]): boolean =>
    hidden[dims.join()]?.includes(values.join()) === true;
  return { isHidden, hasTable: () => true, hiddenIn: (dims) => hidden[dims.join()]?.length ?? 0 };
}

/** A survey of these endpoints: component, country, minor, distribution and how many. */
function counted(rows: readonly (readonly [string, string, string, string, number])[]): HeadlineData {
  const names = ['component', 'country', 'minor', 'distribution'] as const;
  const table = (...dims: readonly (typeof names)[number][]): HeadlineData['rollups'][number] => {
    const cells = Map.groupBy(rows, (row) => JSON.stringify(dims.map((dim) => row[names.indexOf(dim)] || null)));
    return {
      unit: 'endpoint',
      dims,
      cells: [...cells].map(
        ([key, all]): Cell => ({
          values: Object.fromEntries((JSON.parse(key) as (string | null)[]).map((value, at) => [dims[at], value])),
          count: all.reduce((sum, row) => sum + row[4], 0),
        }),
      ),
    };
  };
  const rollups = [
    table(),
    table('component'),
    table('country'),
    table('component', 'country'),
    table('minor'),
    table('distribution', 'minor'),
  ];
  return { ...sampleData({ endpoints: 1, weight: 1, seed: 1 }), rollups };
}

const WORLD = counted([
  ['kube-apiserver', 'US', '1.30', 'eks', 400],
  ['kube-apiserver', 'NL', '1.30', 'gke', 300],
  ['kube-apiserver', 'FR', '1.29', 'gke', 40],
  ['kubelet', 'US', '', '', 50],
  ['kubelet', 'NL', '', '', 3],
  ['kubelet', 'FR', '', '', 4],
]);

/** Of the Netherlands and France the kubelets are too few, so that neither the sum of a country follows. */
const PLACES = hiding({ 'component,country': ['kubelet,NL', 'kubelet,FR'], country: ['NL', 'FR'] });

function chart<Kind extends Chart['kind']>(section: Section, id: string, kind: Kind): Extract<Chart, { kind: Kind }> {
  const found = section.figures.find((figure) => figure.id === id)?.chart;
  assert.equal(found?.kind, kind);
  return found as Extract<Chart, { kind: Kind }>;
}

test('whole data is drawn of all components', () => {
  const drawn = drawnOf(WORLD, byValue(WORLD, 'country'));
  assert.deepEqual(drawn, {
    what: 'Kubernetes',
    total: 797,
    values: [
      { value: 'US', endpoints: 450 },
      { value: 'NL', endpoints: 303 },
      { value: 'FR', endpoints: 44 },
    ],
  });
});

test('where sums over components would leave out a large country, the kube-apiserver alone is drawn, and says so', () => {
  const data = publicData(WORLD, PLACES);
  const values = byValue(data, 'country');
  assert.deepEqual(
    values.map((one) => [one.value, one.endpoints, one.apiserver.endpoint]),
    [
      ['US', 450, 400],
      ['NL', null, 300],
      ['FR', null, 40],
    ],
    'a withheld sum stands where its part puts it, and not behind all others',
  );
  assert.deepEqual(drawnOf(data, values), {
    what: 'kube-apiserver',
    total: 740,
    values: [
      { value: 'US', endpoints: 400 },
      { value: 'NL', endpoints: 300 },
      { value: 'FR', endpoints: 40 },
    ],
  });
  for (const section of [mapSection(data), placesSection(data)])
    assert.match(section.figures[0]?.title ?? '', /^kube-apiserver endpoints by country/);
});

test('where as much of all components is shown, all are drawn', () => {
  const data = publicData(WORLD, hiding({}));
  assert.equal(drawnOf(data, byValue(data, 'country')).what, 'Kubernetes');
});

test('where nothing may be drawn there are no values, and no total', () => {
  const all = WORLD.rollups.find((one) => one.dims.join() === 'component,country')!.cells;
  const data = publicData(
    WORLD,
    hiding({
      '': [''],
      component: ['kube-apiserver', 'kubelet'],
      country: ['US', 'NL', 'FR'],
      'component,country': all.map((cell) => Object.values(cell.values).join()),
    }),
  );
  assert.deepEqual(drawnOf(data, byValue(data, 'country')), { what: 'Kubernetes', total: null, values: [] });
});

test('pictures of published places say how much is withheld', () => {
  const data = publicData(
    WORLD,
    hiding({ 'component,country': ['kubelet,NL', 'kubelet,FR', 'kube-apiserver,FR'], country: ['NL', 'FR'] }),
  );
  const map = chart(mapSection(data), 'map', 'map') satisfies MapChart;
  assert.deepEqual([map.places.map((place) => place.code), map.elsewhere, map.withheld], [['US', 'NL'], 0, 40]);
  const bars = chart(placesSection(data), 'countries', 'bars') satisfies BarsChart;
  assert.deepEqual(bars.bars.at(-1), { label: 'withheld', value: 40, role: 'withheld' });
  const whole = chart(mapSection(WORLD), 'map', 'map');
  assert.equal('withheld' in whole, false);
});

test('a bar of what is withheld is the difference to the total, where both are known', () => {
  const bars = [{ label: 'a', value: 7, role: 'plain' }] as const;
  assert.deepEqual(withheldBar({}, 10, bars), [], 'nothing is withheld');
  const isWithheld = () => true;
  assert.deepEqual(withheldBar({ isWithheld }, 10, bars), [{ label: 'withheld', value: 3, role: 'withheld' }]);
  for (const total of [7, 6]) assert.deepEqual(withheldBar({ isWithheld }, total, bars), []);
  assert.deepEqual(withheldBar({ isWithheld }, null, bars), [], 'the total is withheld too');
});

test('a published bar of a minor is as long as the minor, however little of it is split up', () => {
  const hidden = hiding({ 'distribution,minor': ['gke,1.29', 'gke,1.30'] });
  const picture = chart(versionsSection(publicData(WORLD, hidden)), 'minors', 'stacked') satisfies StackedChart;
  assert.deepEqual(
    picture.keys.map((key) => [key.label, key.role]),
    [
      ['Amazon EKS', 'series-1'],
      ['distribution withheld', 'withheld'],
    ],
  );
  assert.deepEqual(
    picture.rows.map((row) => [row.label, row.values, row.isLeast]),
    [
      ['1.30', [400, 300], undefined],
      ['1.29', [0, 40], undefined],
    ],
  );
  const less = publicData(WORLD, hiding({ 'distribution,minor': ['gke,1.30'], minor: ['1.30'] }));
  assert.deepEqual(
    chart(versionsSection(less), 'minors', 'stacked').rows.map((row) => [row.label, row.isLeast]),
    [
      ['1.30', true],
      ['1.29', undefined],
    ],
    'of a minor that is withheld as a whole, what is shown is the least',
  );
  assert.equal(
    chart(versionsSection(WORLD), 'minors', 'stacked').keys.some((key) => key.role === 'withheld'),
    false,
  );
});

test('the headline is withheld with any of the values that it is made of', () => {
  const data = sampleData({ endpoints: 200, weight: 1, seed: 2 });
  for (const value of ['both', 'certificate-name', 'version-endpoint'])
    assert.equal(publicData(data, hiding({ indicator: [value] })).isHeadlineWithheld, true, value);
  for (const cells of [hiding({}), hiding({ indicator: ['neither'] }), hiding({ component: ['both'] })])
    assert.equal(publicData(data, cells).isHeadlineWithheld, false);
});

test('a withheld headline is said and has no number', () => {
  const data = sampleData({ endpoints: 200, weight: 1, seed: 2 });
  const section = indicatorsSection(publicData(data, hiding({ indicator: ['both'] })));
  assert.deepEqual([section.numbers, section.figures, section.tables], [[], [], []]);
  assert.match(JSON.stringify(section.paragraphs), /withheld\. A key shows them/);
  assert.equal(indicatorsSection(publicData(data, hiding({}))).numbers.length, 3);
});

test('cells that are hidden are in no unit, and the networks that only they name have no name', () => {
  const data = sampleData({ endpoints: 400, weight: 1, seed: 4 });
  const [asn] = data.rollups
    .find((one) => one.unit === 'endpoint' && one.dims.join() === 'asn')!
    .cells.flatMap((cell) => cell.values.asn ?? []);
  assert.ok(asn !== undefined);
  const shown = publicData(
    { ...data, networkNames: { [asn]: 'One', 64999: 'Nowhere' } },
    hiding({ asn: [asn], component: ['kubelet'] }),
  );
  assert.deepEqual(shown.networkNames, {});
  for (const { dims, cells } of shown.rollups) {
    if (dims.join() === 'asn') assert.ok(cells.every((cell) => cell.values.asn !== asn));
    if (dims.join() === 'component') assert.ok(cells.every((cell) => cell.values.component !== 'kubelet'));
  }
  const kept = publicData({ ...data, networkNames: { [asn]: 'One' } }, hiding({}));
  assert.deepEqual(kept.networkNames, { [asn]: 'One' });
  assert.match(JSON.stringify(componentsSection(shown).notes), /a number of endpoints that is withheld/);
});

test('a point of the series is published where no indicator stands in few networks, for two points tell each other apart', () => {
  const point = (networks: number | null): SeriesPoint => ({
    id: 's',
    method: 'active',
    state: 'complete',
    ports: [6443],
    feeds: [],
    scope: [],
    sample: null,
    vantage: 'v',
    at: '2026-11-24T00:00:00.000Z',
    endpoints: sampleData({ endpoints: 5, weight: 1, seed: 1 }).headline.endpoint,
    networks,
  });
  const least = GUARDED_TIMES * K;
  const points = publicSeries([point(null), point(0), point(least - 1), point(least)], K);
  assert.deepEqual(
    points.map((one) => one.endpoints === null),
    [true, true, true, false],
  );
  assert.deepEqual(
    points.map(({ endpoints: _endpoints, ...facts }) => facts),
    [null, 0, least - 1, least].map((networks) => {
      const { endpoints: _endpoints, ...facts } = point(networks);
      return facts;
    }),
    'that there was a survey is no secret',
  );
});
