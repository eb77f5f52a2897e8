// The headline report says the right numbers, each with its unit, and says them in words that cannot be misread.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { headline } from '../../services/reports/headline.ts';
import { cellsOf, type HeadlineData } from '../../services/reports/headline-data.ts';
import { isPartial, manifestOf } from '../../services/reports/manifest.ts';
import { REFERENCE_SERIES } from '../../services/reports/reference-series.ts';
import { figuresOf, type Report, type Section, type Table, tablesOf } from '../../services/reports/section.ts';
import { emptyData, sampleData, sampleEndpoints, sampleRun, sampleSurvey, sampleTallies } from './sample-data.ts';

const DATA = sampleData({ endpoints: 2000, weight: 1, seed: 11, tallies: sampleTallies(18) });
const REPORT = headline(DATA);

function table(report: Report, id: string): Table {
  const found = tablesOf(report).find((one) => one.id === id);
  assert.ok(found, `there is a table ${id}`);
  return found;
}

function column(report: Report, id: string, key: string): (string | number | null)[] {
  const found = table(report, id);
  const at = found.columns.findIndex((one) => one.key === key);
  assert.ok(at >= 0, `${id} has a column ${key}`);
  return found.rows.map((row) => row[at] ?? null);
}

function total(values: readonly (string | number | null)[]): number {
  return values.reduce<number>((sum, value) => sum + Number(value), 0);
}

test('the two headline counts are those of a recount of the endpoints', () => {
  const endpoints = sampleEndpoints(2000, 11);
  const count = (...wanted: string[]): number =>
    endpoints.filter((one) => wanted.includes(one.values.indicator ?? '')).length;
  assert.ok(
    count('both') > 100 && count('certificate-name') > 100 && count('version-endpoint') > 50,
    'the sample has all kinds',
  );
  assert.deepEqual(column(REPORT, 'indicators', 'endpoints'), [
    count('both', 'certificate-name'),
    count('both', 'version-endpoint'),
    count('both'),
    count('certificate-name'),
    count('version-endpoint'),
    count('both', 'certificate-name', 'version-endpoint'),
  ]);
  assert.deepEqual(
    REPORT.sections[0]!.numbers.map((one) => [one.value, one.unit]),
    column(REPORT, 'indicators', 'endpoints')
      .slice(0, 3)
      .map((value) => [value, 'endpoint']),
  );
  const [hosts, certificates] = [column(REPORT, 'indicators', 'hosts'), column(REPORT, 'indicators', 'certificates')];
  assert.equal(hosts[5], Number(hosts[2]) + Number(hosts[3]) + Number(hosts[4]));
  assert.notDeepEqual(hosts, certificates);
});

test('breakdowns of the same things have the same sum', () => {
  const endpoints = sampleEndpoints(2000, 11);
  const kubernetes = endpoints.filter(
    (one) => one.values.component !== null && one.values.component !== 'other',
  ).length;
  for (const id of ['components', 'countries', 'networks', 'ports', 'honeypots'])
    assert.equal(total(column(REPORT, id, 'endpoints')), kubernetes, id);
  const graded = ['confirmed', 'probable', 'possible', 'not'].flatMap((grade) =>
    column(REPORT, 'component-grades', `${grade}_endpoints`),
  );
  assert.equal(total(graded), kubernetes);
  const apiservers = endpoints.filter((one) => one.values.component === 'kube-apiserver').length;
  assert.equal(total(column(REPORT, 'distributions', 'endpoints')), apiservers);
  assert.equal(total(column(REPORT, 'countries', 'apiserver_endpoints')), apiservers);
  assert.equal(total(column(REPORT, 'outcomes', 'endpoints')), 2000);
  assert.equal(total(column(REPORT, 'outcome-groups', 'endpoints')), 2000);
  const versioned = endpoints.filter((one) => one.values.minor !== null).length;
  for (const id of ['minors', 'support', 'versions'])
    assert.equal(total(column(REPORT, id, 'endpoints')), versioned, id);
  for (const id of ['components', 'distributions', 'countries', 'support'])
    assert.ok(Math.abs(total(column(REPORT, id, 'share_of_endpoints')) - 1) < 1e-9, id);
});

test('pictures show the numbers of their tables, "others" included', () => {
  for (const figure of figuresOf(REPORT)) {
    if (figure.chart.kind !== 'bars') continue;
    const key = table(REPORT, figure.table).columns.find((one) => one.key === 'endpoints' || one.key === 'endpoint');
    assert.ok(key, figure.id);
    const drawn = figure.chart.bars.reduce((sum, bar) => sum + bar.value, 0);
    if (figure.id === 'authentication') continue;
    assert.equal(drawn, total(column(REPORT, figure.table, 'endpoints')), figure.id);
  }
  const minors = figuresOf(REPORT).find((one) => one.id === 'minors')!.chart;
  assert.ok(minors.kind === 'stacked');
  assert.equal(total(minors.rows.flatMap((row) => row.values)), total(column(REPORT, 'minors', 'endpoints')));
  const bands = minors.rows.map((row) => row.band);
  assert.deepEqual([...new Set(bands)], ['unknown', 'supported', 'end-of-life']);
});

test('the largest comes first', () => {
  for (const id of ['versions', 'outcomes', 'components']) {
    const values = column(REPORT, id, 'endpoints').map(Number);
    assert.deepEqual(
      values,
      [...values].sort((a, b) => b - a),
      id,
    );
  }
});

test('every number carries its unit', () => {
  for (const one of REPORT.sections.flatMap((section) => section.numbers)) assert.match(one.unit, /^[a-z]+$/);
  for (const { id, columns } of tablesOf(REPORT)) {
    for (const one of columns) {
      if (one.type === 'count' || one.type === 'share') assert.ok(one.unit.length > 2, `${id}.${one.key} has a unit`);
      if (one.type === 'count')
        assert.match(
          one.key,
          /endpoint|host|certificate|candidate|row|entries|value|days|run/,
          `${id}.${one.key} names its unit, since CSV has no other place`,
        );
    }
  }
  for (const figure of figuresOf(REPORT)) assert.ok(figure.chart.unit.length > 2, figure.id);
});

test('numbers in running text are never bare', () => {
  // Dates, ports and versions are no counts; a group of thousands or a percent sign is one.
  const strings = (section: Section): string[] =>
    [
      ...section.paragraphs.flatMap((one) => ('items' in one ? one.items : [one])),
      ...section.notes.map((note) => note.text),
    ]
      .flat()
      .filter((piece) => typeof piece === 'string');
  for (const section of REPORT.sections)
    for (const text of strings(section)) assert.doesNotMatch(text, /\d,\d{3}|\d ?%/, `${section.id}: ${text}`);
});

test('ids of sections, figures and tables are unique and safe as file names', () => {
  for (const ids of [
    REPORT.sections.map((one) => one.id),
    figuresOf(REPORT).map((one) => one.id),
    tablesOf(REPORT).map((one) => one.id),
  ]) {
    assert.equal(new Set(ids).size, ids.length);
    for (const id of ids) assert.match(id, /^[a-z0-9-]+$/);
  }
  for (const section of REPORT.sections)
    for (const figure of section.figures)
      assert.ok(
        section.tables.some((one) => one.id === figure.table),
        figure.id,
      );
  for (const { id, columns, rows } of tablesOf(REPORT))
    for (const row of rows) assert.equal(row.length, columns.length, id);
});

test('it says "discloses its version", and nowhere that anybody is vulnerable or open', () => {
  const text = JSON.stringify(REPORT);
  assert.match(text, /[Dd]iscloses its version/);
  assert.doesNotMatch(text, /vulnerab|insecure|open cluster|hackable|unprotected/i);
});

test('components are explained with the advice where it applies, and only there', () => {
  const advice = (report: Report): string =>
    JSON.stringify(report.sections.find((one) => one.id === 'components')!.notes);
  assert.match(advice(REPORT), /Never expose etcd.*Restrict the API server.*Bind to localhost.*Encrypt/);
  const only = (component: string): HeadlineData => ({
    ...DATA,
    rollups: DATA.rollups.map((rollup) => ({
      ...rollup,
      cells: rollup.cells.filter((cell) => !rollup.dims.includes('component') || cell.values.component === component),
    })),
  });
  const etcd = headline(only('etcd-client'));
  assert.doesNotMatch(advice(etcd), /Restrict the API server|Bind to localhost|Encrypt/);
  assert.match(advice(etcd), /Never expose etcd.*etcd-client.*Put a firewall before/);
  assert.deepEqual(column(etcd, 'component-meanings', 'component'), ['etcd-client']);
});

test('partial feeds and stopped surveys are named before the numbers', () => {
  const cautions = (data: HeadlineData): string =>
    JSON.stringify(headline(data).sections[0]!.notes.filter((note) => note.tone === 'caution'));
  assert.match(cautions(DATA), /censys/);
  assert.match(headline(DATA).subtitle, /partial/);
  const whole = { ...DATA, feedRuns: [sampleRun({})] };
  assert.equal(cautions(whole), '[]');
  assert.doesNotMatch(headline(whole).subtitle, /partial/);
  const stopped = { ...whole, survey: sampleSurvey({ state: 'stopped', chunks: { total: 4, committed: 3 } }) };
  assert.match(cautions(stopped), /"count":3,"unit":"chunk"/);
  assert.equal(isPartial(stopped), true);
  const feeds = manifestOf(DATA)['feeds'] as readonly { partial: boolean }[];
  assert.deepEqual(
    feeds.map((feed) => feed.partial),
    [true, false, false],
  );
});

test('the manifest says how the probes ended, all of them', () => {
  const { outcomes } = manifestOf(DATA) as { outcomes: { byOutcome: Record<string, number>; unit: string } };
  const total = Object.values(outcomes.byOutcome).reduce((sum, count) => sum + count, 0);
  assert.deepEqual({ total, unit: outcomes.unit }, { total: DATA.headline.endpoint.observed, unit: 'endpoints' });
  assert.ok(Object.keys(outcomes.byOutcome).length > 1);
});

test('a survey of the lab says so before its numbers', () => {
  const lab = headline({ ...DATA, survey: sampleSurvey({ scope: ['lab:127.0.0.0/8'] }) });
  assert.equal(lab.sections[0]!.notes[0]!.title, 'This is the lab.');
  assert.match(lab.subtitle, /the lab/);
  assert.doesNotMatch(JSON.stringify(REPORT), /This is the lab/);
});

test('a tally of one day is shown as bars of its parts', () => {
  const report = headline({ ...DATA, tallies: sampleTallies(1) });
  const figures = report.sections.find((one) => one.id === 'tallies')!.figures;
  assert.deepEqual(
    figures.map((figure) => figure.chart.kind === 'bars' && total(figure.chart.bars.map((bar) => bar.value))),
    [900_000, 900_000, 900_000],
  );
});

test('the reference series stands whole, with units and sources, and is joined to nothing', () => {
  const rows = table(REPORT, 'reference').rows;
  assert.deepEqual(
    rows.map((row) => [row[0], row[2], row[3]]),
    [
      ['2021-06', 776795, 'hosts'],
      ['2021-06', 90000, 'hosts'],
      ['2022-05-16', 454729, 'IPv4 addresses'],
      ['2022-05-16', 381645, 'IPv4 addresses'],
      ['2022-08', 842350, 'hosts'],
      ['2023-12', 1500000, 'hosts'],
      ['2023-12', 1300000, 'hosts'],
      ['2024-02', 1626249, 'hosts'],
    ],
  );
  const chart = figuresOf(REPORT).find((one) => one.id === 'reference')!.chart;
  assert.ok(chart.kind === 'timeline');
  assert.equal(chart.points.length, REFERENCE_SERIES.length);
  for (const point of chart.points) assert.match(point.label, /\d (hosts|IPv4 addresses), .* \(.+\)$/);
  const looks = new Map(chart.points.map((point, at) => [`${REFERENCE_SERIES[at]!.unit} ${point.shape}`, point.shape]));
  assert.equal(looks.size, new Set(looks.values()).size, 'no shape stands for two units');
});

test('tallies keep to their totals, and a step breaks the line', () => {
  assert.equal(
    total(column(REPORT, 'tallies-by-distribution', 'hosts')),
    total(sampleTallies(18).map((one) => one.total * 0.9)),
  );
  assert.equal(total(column(REPORT, 'tallies-totals', 'hosts')), total(sampleTallies(18).map((one) => one.total)));
  const drawn = figuresOf(REPORT).find((one) => one.id === 'reference')!.chart;
  assert.ok(drawn.kind === 'timeline');
  assert.deepEqual(
    drawn.series.map((line) => total(line.points.map((point) => point.value))),
    [total(column(REPORT, 'tallies-totals', 'hosts_in_buckets')), total(column(REPORT, 'tallies-totals', 'hosts'))],
    'what is in buckets and what is stated are two lines',
  );
  const broken = sampleTallies(6).map((one, at) => (at < 2 ? { ...one, byDistribution: { gke: 1000 } } : one));
  const report = headline({ ...DATA, tallies: broken });
  const chart = figuresOf(report).find((one) => one.id === 'reference')!.chart;
  assert.ok(chart.kind === 'timeline');
  assert.deepEqual(
    chart.breaks.map((one) => one.date),
    ['2022-08-01', broken[2]!.observedAt.slice(0, 10)],
  );
  assert.match(JSON.stringify(report.sections.find((one) => one.id === 'tallies')!.notes), /The series is broken/);
});

test('series of different questions or units never share a line', () => {
  const [first, second] = [sampleTallies(3), sampleTallies(3).map((one) => ({ ...one, unit: 'services' }))];
  const report = headline({ ...DATA, tallies: [...first, ...second] });
  assert.deepEqual(
    report.sections.map((one) => one.id).filter((id) => id.startsWith('tallies')),
    ['tallies', 'tallies-2'],
  );
});

test('an earlier survey stands beside this one, with what differs between them', () => {
  const earlier = sampleData({ endpoints: 1500, weight: 1, seed: 4 });
  const compare = { survey: sampleSurvey({ id: 'before', ports: [6443] }), headline: earlier.headline };
  const report = headline({ ...DATA, compare });
  const changes = column(report, 'comparison-endpoints', 'change_in_endpoints');
  assert.equal(changes[0], DATA.headline.endpoint.all.certificateName - earlier.headline.endpoint.all.certificateName);
  assert.match(JSON.stringify(report.sections[1]!.notes), /They differ in ports:/);
  assert.ok(!REPORT.sections.some((one) => one.id === 'comparison'));
});

test('a survey that found nothing still makes a whole report', () => {
  const report = headline(emptyData());
  assert.deepEqual(column(report, 'indicators', 'endpoints'), [0, 0, 0, 0, 0, 0]);
  assert.equal(report.sections.length, REPORT.sections.length - 1);
});

test('the same data gives the same report', () => {
  const shuffled = {
    ...DATA,
    rollups: DATA.rollups.map((rollup) => ({ ...rollup, cells: [...rollup.cells].reverse() })).reverse(),
  };
  assert.deepEqual(headline(shuffled), REPORT);
  assert.deepEqual(cellsOf(shuffled, 'endpoint', 'outcome'), cellsOf(DATA, 'endpoint', 'outcome'));
});
