// What holds for every report in the list: unique names, a table behind each picture, words that cannot be misread, nothing of strangers unescaped.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ChangeData } from '../../services/reports/change-data.ts';
import type { HeadlineData } from '../../services/reports/headline-data.ts';
import { REPORTS, type ReportData, type ReportName } from '../../services/reports/index.ts';
import type { OwnerData } from '../../services/reports/owner-data.ts';
import { figuresOf, type Report, tablesOf } from '../../services/reports/section.ts';
import { hasSection, sectionIds } from '../../services/reports/section-ids.ts';
import { contentsOf } from '../../services/reports/write.ts';
import { HOSTILE, hostileData } from './hostile-data.ts';
import { emptyData, sampleData, sampleHeadline, sampleSurvey, sampleTallies } from './sample-data.ts';
import { noFeeds, sampleFeeds } from './sample-feeds.ts';

function changeData(data: HeadlineData, word: string): ChangeData {
  const earlier = sampleSurvey({ id: 'earlier', createdAt: '2026-11-16T03:55:00.000Z' });
  return {
    ...data,
    compare: { survey: earlier, headline: sampleHeadline([], 1) },
    flows: [
      { flow: 'stayed', component: 'kube-apiserver', otherwise: null, endpoints: 900 },
      { flow: 'appeared', component: 'kubelet', otherwise: 'tcp_timeout', endpoints: 40 },
      { flow: 'vanished', component: word, otherwise: 'not_kubernetes', endpoints: 70 },
    ],
    versionPairs: [
      { from: 'v1.30.1', to: 'v1.30.4', endpoints: 300 },
      { from: word, to: 'v1.31.0', endpoints: 2 },
    ],
    differences: { component: 1, distribution: 2, certificate: 30, authentication: 4 },
    survival: [
      { surveyId: 'earlier', at: '2026-11-16T03:55:00.000Z', endpoints: 970 },
      { surveyId: data.survey.id, at: '2026-11-23T03:55:00.000Z', endpoints: 900 },
    ],
  };
}

function ownerData(data: HeadlineData, word: string): OwnerData {
  const endpoint = {
    address: '198.51.100.7',
    port: 6443,
    component: 'kube-apiserver',
    grade: 'confirmed',
    version: word,
    distribution: 'vanilla',
    support: 'end-of-life',
    authentication: 'anonymous-public',
    certificate: null,
    honeypot: 'high',
    advice: ['restrict-api-server'],
    firstSeen: null,
    observedAt: '2026-11-23T04:00:00.000Z',
  };
  const owner = { name: word, prefixes: ['198.51.100.0/24'], verifiedBy: word, verifiedAt: '2026-11-01T00:00:00.000Z' };
  return { ...data, owner, endpoints: [endpoint], observed: 3 };
}

/** Every report of the list, built from the data that it reads. */
function built(headline: HeadlineData, feeds: ReportData['feeds'], word: string): Report[] {
  const data: ReportData = { headline, feeds, change: changeData(headline, word), owner: ownerData(headline, word) };
  return Object.values(REPORTS).map((one) => (one.build as (data: unknown) => Report)(data[one.reads]));
}

const TALLIED = sampleData({ endpoints: 600, weight: 7, seed: 5, tallies: sampleTallies(6) });
const SAMPLES = built(TALLIED, sampleFeeds(), 'v1.29.0');

test('a report has the name under which it is listed', () => {
  assert.deepEqual(
    SAMPLES.map((report) => report.name),
    Object.keys(REPORTS),
  );
});

test('the sections that subscribers can choose are those that the report can have, in its order', () => {
  const vantages = { vantages: ['near', 'far'], asked: 9, seenBy: [{ vantages: ['near', 'far'], endpoints: 9 }] };
  const compare = { survey: sampleSurvey({ id: 'earlier' }), headline: sampleHeadline([], 1) };
  const full = built({ ...TALLIED, vantages, compare }, sampleFeeds(), 'v1.29.0');
  for (const report of [...full, ...SAMPLES, ...built(emptyData(), noFeeds(), '')]) {
    const name = report.name as ReportName;
    const ids = report.sections.map((one) => one.id);
    assert.deepEqual(
      ids.filter((id) => !hasSection(name, id)),
      [],
      name,
    );
    const listed = ids.filter((id) => !/^tallies-/.test(id));
    assert.deepEqual(
      sectionIds(name).filter((id) => listed.includes(id)),
      listed,
      name,
    );
    if (full.includes(report)) assert.deepEqual(listed, sectionIds(name), `${name} with everything`);
  }
  assert.ok(hasSection('headline', 'tallies-12') && !hasSection('headline', 'tallies-1'));
});

test('ids are unique in a report, every picture has its table beside it, and rows fit their columns', () => {
  for (const report of [...SAMPLES, ...built(emptyData(), noFeeds(), '')]) {
    for (const ids of [tablesOf(report), figuresOf(report), report.sections].map((all) => all.map((one) => one.id)))
      assert.equal(new Set(ids).size, ids.length, `${report.name}: ${ids.join()}`);
    for (const section of report.sections)
      for (const figure of section.figures)
        assert.ok(
          section.tables.some((one) => one.id === figure.table),
          `${report.name} ${figure.id}`,
        );
    for (const table of tablesOf(report))
      for (const row of table.rows) assert.equal(row.length, table.columns.length, `${report.name} ${table.id}`);
  }
});

test('words cannot be misread: disclosure is not called a weakness, and every number has its unit', () => {
  for (const report of SAMPLES) {
    const text = contentsOf(report, ['markdown']).get('report.md') ?? '';
    // The one sentence that says what a version in a range does not mean.
    const rest = text.replaceAll('does not make a server vulnerable', '');
    assert.doesNotMatch(rest, /vulnerab|insecure cluster|compromised|hacked/i, report.name);
    assert.doesNotMatch(text, /undefined|NaN|\[object|null/, report.name);
    for (const table of tablesOf(report))
      for (const column of table.columns)
        if (column.type === 'count' || column.type === 'share') assert.notEqual(column.unit, '', table.id);
  }
});

test('strings of strangers stay text in every report', () => {
  const hostile = HOSTILE.join(' ');
  for (const report of built(hostileData(), noFeeds(), hostile))
    for (const [path, text] of contentsOf(report, ['html', 'markdown'])) {
      if (path.endsWith('.csv')) continue;
      assert.equal(/<script>|<img src|\u202e/i.exec(text)?.[0], undefined, `${report.name} ${path}`);
    }
});

test('a report is the same for the same data', () => {
  assert.deepEqual(built(TALLIED, sampleFeeds(), 'v1.29.0'), SAMPLES);
});
