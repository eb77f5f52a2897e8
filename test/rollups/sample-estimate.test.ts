// Estimates of sampled and stopped surveys: beside the counts in statistics, reports and exports, wider where networks hold together, and nowhere in a survey of everything.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { sql } from 'kysely';
import type { Observation } from '../../services/observations/observation.ts';
import type { Database } from '../../services/platform/db/database.ts';
import { headline } from '../../services/reports/headline.ts';
import { readHeadlineData } from '../../services/reports/report.store.ts';
import { tablesOf } from '../../services/reports/section.ts';
import { Z95 } from '../../services/rollups/estimate.ts';
import { recompute } from '../../services/rollups/rollup.store.ts';
import {
  cellEstimate,
  type NetworkSample,
  sampleEstimate,
  widestEffect,
} from '../../services/rollups/sample-estimate.ts';
import { stats } from '../../services/rollups/stats.store.ts';
import { keepSummary, surveySummary } from '../../services/rollups/summary.store.ts';
import { withDatabase } from '../support/database.ts';
import { NOW, observation, silence, surveyOf } from '../support/observations.ts';

const sampleOf = (networks: number, each: number): NetworkSample[] =>
  Array.from({ length: networks }, (_, n) => ({
    observed: 2 * each,
    certificateName: each,
    versionEndpoint: n % 2 === 0 ? each : 0,
    both: n % 2 === 0 ? each : 0,
  }));
const ESTIMATED = { seed: 's', probability: 0.1 } as const;

it('totals of endpoints that lie apart have the error of Poisson sampling', () => {
  const { totals, networks } = sampleEstimate(sampleOf(2000, 1), ESTIMATED)!;
  const { total, standardError, low, high, designEffect } = totals!.certificateName;
  assert.equal(networks, 2000);
  assert.equal(total, 20_000);
  assert.equal(standardError.toFixed(4), '424.2641');
  assert.ok(Math.abs(designEffect! - 1) < 0.12, `${designEffect}`);
  for (const [end, sign] of [
    [low, -1],
    [high, 1],
  ] as const)
    assert.ok(Math.abs(end - (total + sign * Z95 * standardError)) < 0.15 * Z95 * standardError, `${end}`);
});

it('a sample of nearly everything leaves little to be wrong about', () => {
  const { totals } = sampleEstimate(sampleOf(2000, 1), { seed: 's', probability: 0.99 })!;
  const { low, high, standardError } = totals!.certificateName;
  assert.equal(standardError.toFixed(4), '4.5173');
  assert.ok(Math.abs((high - low) / (2 * Z95 * standardError) - 1) < 0.15, `${low} ${high}`);
});

it('endpoints that come by fifty widen totals and shares by their design effect', () => {
  const { totals, shares } = sampleEstimate(sampleOf(40, 50), ESTIMATED)!;
  const { designEffect, low, high, total, standardError } = totals!.certificateName;
  assert.ok(Math.abs(designEffect! / 50 - 1) < 0.12, `${designEffect}`);
  assert.ok(Math.abs((high - low) / (2 * Z95 * standardError * Math.sqrt(50)) - 1) < 0.2);
  assert.ok(low < total && total < high);
  const both = shares.both;
  assert.equal(both.share, 0.25);
  assert.ok(both.low < both.wilson[0] && both.wilson[1] < both.high);
  // Each network's share is one half in certificates: clustering cannot move it, and nothing is narrowed.
  assert.deepEqual([shares.certificateName.low, shares.certificateName.high], [...shares.certificateName.wilson]);
  assert.ok(shares.certificateName.designEffect! < 1e-9);
});

it('is never below what was counted, nothing of nothing, and the same for the same seed', () => {
  const few = sampleEstimate([{ observed: 1, certificateName: 1, versionEndpoint: 0, both: 0 }], ESTIMATED)!;
  assert.equal(few.totals!.certificateName.low, 1);
  assert.deepEqual({ ...few.totals!.both }, { total: 0, standardError: 0, low: 0, high: 0, designEffect: null });
  assert.equal(few.shares.both.designEffect, null);
  assert.equal(sampleEstimate([], ESTIMATED), null);
  assert.deepEqual(sampleEstimate(sampleOf(9, 4), ESTIMATED), sampleEstimate(sampleOf(9, 4), ESTIMATED));
  assert.equal(sampleEstimate(sampleOf(9, 4), { seed: 's', probability: null })!.totals, null);
});

it('a cell has the worked total and error, its interval widened by the effect', () => {
  // 30 at 0.1 of the worked example of Horvitz and Thompson's total.
  const { total, standardError, low, high } = cellEstimate(30, 0.1, 4);
  assert.equal(total, 300);
  assert.equal(standardError.toFixed(4), '51.9615');
  assert.equal(high - total, 2 * Z95 * standardError);
  assert.equal(low, total - 2 * Z95 * standardError);
  assert.equal(cellEstimate(1, 0.1, 4).low, 1);
  assert.equal(cellEstimate(30, 0.1, 0.5).high, total + Z95 * standardError);
});

/** Ten networks of four endpoints, of which three answer in every other network and one in the rest. */
const OBSERVATIONS: readonly Observation[] = Array.from({ length: 40 }, (_, n) => {
  const [net, host] = [n >> 2, n & 3];
  const address = `8.${net}.0.${host}`;
  const answers = (host === 0 && net > 1) || (net % 2 === 0 && host < 3);
  return observation({ host: address, address, asn: 64_512 + net, ...(answers ? {} : silence) });
});

async function counted(database: Database, survey: { id: string; sample: number | null; state?: string }) {
  await surveyOf(database, survey.id, OBSERVATIONS);
  await sql`update survey set sample = ${survey.sample}, state = ${survey.state ?? 'complete'}, seed = 'seed' where id = ${survey.id}`.execute(
    database.db,
  );
  await recompute(database.db, survey.id, NOW);
  await keepSummary(database.db, survey.id);
  const request = {
    surveyId: survey.id,
    compareId: null,
    owner: null,
    generatedAt: NOW.toISOString(),
    codeVersion: 't',
    geo: [],
    networkName: () => null,
  };
  const report = headline(await readHeadlineData(database.db, request));
  const query = { surveyId: survey.id, by: ['component'], where: {}, unit: 'endpoint' } as const;
  return { report, tables: tablesOf(report).map((table) => table.id), cells: (await stats(database.db, query)).cells };
}

it('a sampled survey says its estimate beside every count; a full one and one of everything say none', async (t) => {
  const { database } = await withDatabase(t);
  const { db } = database;
  const sampled = await counted(database, { id: 'sampled', sample: 0.2 });
  const { sampling } = await surveySummary(db, 'sampled');
  assert.equal(sampling!.networks, 10);
  assert.equal(sampling!.totals!.either.total, 95);
  const [silent, apiserver] = sampled.cells;
  assert.ok(silent !== undefined && silent.values.component === null && 'estimate' in silent);
  assert.deepEqual(apiserver, {
    values: { component: 'kube-apiserver' },
    count: 19,
    estimate: cellEstimate(19, 0.2, widestEffect(sampling!)),
  });
  assert.ok(silent !== undefined && 'estimate' in silent);
  assert.deepEqual(sampled.tables.slice(0, 4), [
    'indicators',
    'indicators-without-suspects',
    'estimated-totals',
    'estimated-shares',
  ]);
  const hosts = await stats(db, { surveyId: 'sampled', by: [], where: {}, unit: 'host' });
  assert.ok(hosts.cells.every((cell) => !('estimate' in cell)));

  for (const [id, sample] of [
    ['full', null],
    ['everything', 1],
  ] as const) {
    const { tables, cells } = await counted(database, { id, sample });
    assert.equal((await surveySummary(db, id)).sampling, null);
    assert.ok(cells.every((cell) => !('estimate' in cell)));
    assert.ok(tables.every((table) => !table.startsWith('estimated')));
  }

  const stopped = await counted(database, { id: 'stopped', sample: null, state: 'stopped' });
  assert.equal((await surveySummary(db, 'stopped')).sampling!.totals, null);
  await counted(database, { id: 'cut short', sample: 0.2, state: 'stopped' });
  assert.equal((await surveySummary(db, 'cut short')).sampling!.totals, null);
  assert.ok(stopped.tables.includes('estimated-shares') && !stopped.tables.includes('estimated-totals'));
  assert.ok(stopped.cells.every((cell) => !('estimate' in cell)));
});

it('the export of rollups has the same estimates as the statistics, and none of hosts, certificates and full surveys', async (t) => {
  const { database } = await withDatabase(t);
  const { DATASETS } = await import('../../services/exports/columns.ts');
  const { cells } = await counted(database, { id: 'sampled', sample: 0.2 });
  await counted(database, { id: 'full', sample: null });
  await counted(database, { id: 'stopped', sample: 0.2, state: 'stopped' });
  const { columns, source } = DATASETS.rollups;
  const rows = async (id: string) => {
    const list = columns.map((column) => `${column.sql} as "${column.name}"`).join(', ');
    return (
      await sql<
        Record<string, unknown>
      >`${sql.raw(`select ${list} from ${source.replaceAll('$SURVEY', `'${id}'`)}`)}`.execute(database.db)
    ).rows;
  };
  const sampled = await rows('sampled');
  for (const row of sampled.filter((one) => one['unit'] !== 'endpoint')) assert.equal(row['estimated_total'], null);
  const byComponent = sampled.filter((row) => row['unit'] === 'endpoint' && String(row['dimensions']) === 'component');
  assert.equal(byComponent.length, cells.length);
  for (const row of byComponent) {
    const value = (row['values'] as (string | null)[])[0];
    const cell = cells.find((one) => one.values.component === value)!;
    assert.ok('estimate' in cell);
    const { total, standardError, low, high } = cell.estimate!;
    for (const [name, expected] of Object.entries({
      estimated_total: total,
      standard_error: standardError,
      estimated_low: low,
      estimated_high: high,
    }))
      assert.ok(Math.abs(Number(row[name]) - expected) < 1e-9 * expected, `${name} ${row[name]} ${expected}`);
  }
  for (const id of ['full', 'stopped'])
    for (const row of await rows(id))
      for (const name of ['estimated_total', 'standard_error', 'estimated_low', 'estimated_high'])
        assert.equal(row[name], null);
});
