// The report on feeds: its numbers are those of the overlaps, its marks stand where they belong, and its picture shows what its table says.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Chart, MatrixChart } from '../../services/reports/chart.ts';
import { setMark } from '../../services/reports/charts/matrix.ts';
import { inlineSvg, NARROW, standaloneSvg, WIDE } from '../../services/reports/charts.ts';
import { feedsReport } from '../../services/reports/feeds-report.ts';
import { figuresOf, type Report, type Table, tablesOf } from '../../services/reports/section.ts';
import { contentsOf } from '../../services/reports/write.ts';
import { HOSTILE } from './hostile-data.ts';
import { manyFeeds, noFeeds, sampleFeeds } from './sample-feeds.ts';

const REPORT = feedsReport(sampleFeeds());

function tableOf(report: Report, id: string): Table {
  const table = tablesOf(report).find((one) => one.id === id);
  assert.ok(table, id);
  return table;
}

function column(report: Report, id: string, key: string): unknown[] {
  const table = tableOf(report, id);
  const at = table.columns.findIndex((one) => one.key === key);
  assert.ok(at >= 0, key);
  return table.rows.map((row) => row[at]);
}

function matrixOf(report: Report): MatrixChart {
  const chart: Chart | undefined = figuresOf(report).find((one) => one.id === 'feed-combinations')?.chart;
  assert.ok(chart?.kind === 'matrix');
  return chart;
}

const sum = (values: readonly unknown[]): number => values.reduce((total: number, value) => total + Number(value), 0);

test('ids of tables and pictures are unique, and every picture has its table beside it', () => {
  const ids = tablesOf(REPORT).map((one) => one.id);
  assert.equal(new Set(ids).size, ids.length);
  for (const section of REPORT.sections)
    for (const figure of section.figures) assert.ok(section.tables.some((one) => one.id === figure.table));
  for (const table of tablesOf(REPORT))
    for (const row of table.rows) assert.equal(row.length, table.columns.length, table.id);
});

test('combinations add up to what was seen, and the picture shows the same rows', () => {
  assert.equal(sum(column(REPORT, 'feed-combinations', 'kubernetes_endpoints')), 4330);
  assert.equal(sum(column(REPORT, 'feed-combinations', 'endpoints')), 3 * 4330);
  const { sets, rows } = matrixOf(REPORT);
  assert.deepEqual(
    sets.map((one) => [one.label, one.value]),
    [
      ['censys (partial)', 3091],
      ['shodan', 2979],
      ['certificate-log', 1482],
      ['import:list.txt', 117],
    ],
  );
  assert.deepEqual(rows[0], { sets: [0, 1], alone: false, value: 1204 });
  assert.equal(sum(rows.map((row) => row.value)), 4330);
  assert.equal(sum(rows.filter((row) => row.alone).map((row) => row.value)), 1810);
});

test('each feed shows what only it has, whether it is whole, and what that cost', () => {
  assert.deepEqual(tableOf(REPORT, 'feed-contribution').rows, [
    ['censys', 'partial', 3091, 911, 911 / 4330, '1234.5', '1.36'],
    ['shodan', 'complete', 2979, 640, 640 / 4330, '40', '0.06'],
    ['certificate-log', 'complete', 1482, 204, 204 / 4330, null, null],
    ['import:list.txt', 'complete', 117, 55, 55 / 4330, null, null],
  ]);
  assert.deepEqual(tableOf(REPORT, 'feed-all').rows[0], [
    'censys',
    9273,
    2733,
    12364,
    3644,
    6182,
    1822,
    'Certificate Transparency logs',
  ]);
});

test('all that feeds named in the days before stands beside it, by endpoints, names and certificates', () => {
  const table = tableOf(REPORT, 'feed-window');
  assert.match(table.title, /from 2026-11-17 .* to 2026-11-20 /);
  assert.deepEqual(
    table.rows.map((row) => row.slice(0, 3)),
    [
      ['censys', 5 * 3091, 5 * 911],
      ['shodan', 5 * 2979, 5 * 640],
      ['certificate-log', 5 * 1482, 5 * 204],
      ['import:list.txt', 5 * 117, 5 * 55],
    ],
  );
  // Two feeds share the first combination; each of the other two is of one.
  assert.deepEqual(
    table.rows.map((row) => row.slice(5)),
    [
      [7 * (1204 + 911), 7 * 911],
      [7 * (1204 + 640), 7 * 640],
      [0, 0],
      [0, 0],
    ],
  );
});

test('a feed of forty files has one row, one caution, and its runs behind a fold', () => {
  const data = sampleFeeds();
  const file = (at: number): (typeof data.feedRuns)[number] => ({
    ...data.feedRuns[0]!,
    feed: 'files',
    kind: 'sightings',
    query: `file-${at}.json`,
    state: at % 2 === 0 ? 'complete' : 'partial',
    partialReason: at % 2 === 0 ? null : 'cut_short',
    capHit: false,
    read: 10,
    accepted: 6,
    duplicate: 3,
    rejected: 1,
    startedAt: new Date(Date.UTC(2026, 10, 1 + (at % 20), at)).toISOString(),
  });
  const files = Array.from({ length: 40 }, (_, at) => file(at));
  const report = feedsReport({ ...data, feedRuns: files });
  assert.deepEqual(tableOf(report, 'feed-totals').rows, [
    ['files', 40, 20, '2026-11-21T15:00:00.000Z', 400, 240, 120, 40],
  ]);
  const cautions = report.sections.find((one) => one.id === 'feeds')?.notes.filter((note) => note.tone === 'caution');
  assert.equal(cautions?.length, 1);
  assert.match(JSON.stringify(cautions), /"count":20,"unit":"run".*cut_short/);
  const pages = contentsOf(report, ['html', 'markdown']);
  const page = pages.get('index.html') ?? '';
  assert.match(page, /<details><summary>What the last run of every query or file brought \(40 rows\)<\/summary>/);
  assert.match(
    pages.get('report.md') ?? '',
    /\*\*What the last run of every query or file brought\*\* \(data: .*40 more rows\)/,
  );
  assert.equal((pages.get('report.md') ?? '').includes('file-39.json'), false);
  assert.match(pages.get('data/feed-queries.csv') ?? '', /file-39\.json/);
});

test('estimates carry their marks, are refused where they must be, and are never called the total', () => {
  const marks = new Map(
    tableOf(REPORT, 'feed-pair-estimates').rows.map(([a, b, mark]) => [`${String(a)}/${String(b)}`, mark]),
  );
  assert.equal(marks.get('censys/certificate-log'), 'dependent: read as a lower bound; partial feed');
  assert.equal(marks.get('censys/shodan'), 'partial feed');
  assert.equal(marks.get('shodan/certificate-log'), null);
  const { pairs, together } = sampleFeeds().overlaps.kubernetesEndpoints;
  assert.deepEqual(
    column(REPORT, 'feed-pair-estimates', 'estimated_endpoints'),
    pairs.map((pair) => Math.round(pair.estimate.estimate ?? Number.NaN)),
  );
  assert.deepEqual(
    column(REPORT, 'feed-estimates', 'greatest_endpoints'),
    together.map((one) => (one.range === null ? null : Math.round(one.range[1]))),
  );
  const unseen = REPORT.sections.find((one) => one.id === 'unseen');
  assert.deepEqual(
    unseen?.notes.map((note) => note.tone),
    ['caution', 'caution', 'note'],
  );
  assert.match(JSON.stringify(unseen?.paragraphs), /None of these numbers is the total/);
  for (const table of unseen?.tables ?? [])
    for (const { key, label } of table.columns) assert.doesNotMatch(`${key} ${label}`, /total/i);
  const many = feedsReport(manyFeeds());
  assert.deepEqual(column(many, 'feed-estimates', 'estimated_endpoints')[1], null);
  assert.equal(column(many, 'feed-estimates', 'marks')[1], 'refused: more than 5 feeds');
  assert.ok(column(many, 'feed-pair-estimates', 'marks').includes('refused: fewer than 7 in common'));
});

test('of many feeds the smallest share a column, and nothing is counted twice or lost there', () => {
  const data = manyFeeds();
  const { sets, rows } = matrixOf(feedsReport(data));
  assert.deepEqual([sets.length, sets.at(-1)?.label], [10, '15 other feeds']);
  const { combinations } = data.overlaps.kubernetesEndpoints;
  const shown = sets.slice(0, -1).map((one) => one.label);
  const others = combinations.filter((one) => one.feeds.some((feed) => !shown.includes(feed)));
  assert.equal(sets.at(-1)?.value, sum(others.map((one) => one.count)));
  const joint = rows.filter((row) => row.sets.join() === '9');
  const within = others.filter((one) => one.feeds.every((feed) => !shown.includes(feed)));
  for (const alone of [true, false])
    assert.equal(
      joint.find((row) => row.alone === alone)?.value,
      sum(within.filter((one) => (one.feeds.length === 1) === alone).map((one) => one.count)),
    );
});

test('the matrix draws one dot for each feed of each row, one line for each row of several, and bars as long as their values', () => {
  const chart = matrixOf(REPORT);
  for (const width of [WIDE, NARROW] as const) {
    const svg = inlineSvg({ id: 'x', title: 'x', description: 'x', chart, table: 'x' }, width);
    assert.equal([...svg.matchAll(/<circle /g)].length, chart.rows.length * chart.sets.length);
    const big = [...svg.matchAll(/<circle [^>]*r="6"/g)].length;
    assert.equal(big, sum(chart.rows.map((row) => row.sets.length)));
    const several = chart.rows.filter((row) => row.sets.length > 1).length;
    assert.equal([...svg.matchAll(/<path d="M[^"]*" \/>/g)].length, several);
    const widths = [...svg.matchAll(/<rect [^>]*?height="13" width="([\d.]+)"/g)].map((match) => Number(match[1]));
    assert.equal(widths.length, chart.rows.length);
    for (const [at, row] of chart.rows.entries())
      assert.ok(Math.abs(widths[at]! / widths[0]! - row.value / chart.rows[0]!.value) < 0.01, `row ${at}`);
    for (const set of chart.sets) assert.ok(svg.includes(set.label));
  }
});

test('marks of sets stay apart', () => {
  const marks = Array.from({ length: 60 }, (_, at) => setMark(at));
  assert.equal(new Set(marks).size, 60);
  assert.deepEqual([marks[0], marks[25], marks[26]], ['A', 'Z', 'A1']);
});

test('no feed, many feeds and hostile names make whole reports, the same every time', () => {
  for (const figure of figuresOf(feedsReport(noFeeds()))) assert.match(standaloneSvg(figure), /Nothing was counted\./);
  for (const data of [noFeeds(), manyFeeds(), sampleFeeds(HOSTILE.slice(0, 4)), sampleFeeds(HOSTILE.slice(5, 9))]) {
    const files = contentsOf(feedsReport(data), ['html', 'markdown', 'json']);
    assert.deepEqual(contentsOf(feedsReport(data), ['html', 'markdown', 'json']), files);
    const page = files.get('index.html') ?? '';
    assert.doesNotMatch(page, /<script|<img|\u202e|NaN|Infinity|undefined|\[object/);
    for (const figure of figuresOf(feedsReport(data)))
      assert.doesNotMatch(standaloneSvg(figure), /<script|<img|NaN|\u202e/);
  }
});
