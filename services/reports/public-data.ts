// A survey's numbers as they may be published: cells of few networks, and what would give them away, are not in them.
import type { SeriesPoint } from '../rollups/series.store.ts';
import type { PublicCells } from '../rollups/suppress.store.ts';
import { GUARDED_TIMES } from '../rollups/suppress.ts';
import type { HeadlineData } from './headline-data.ts';

/** Values of the dimension indicator that the two counts are made of. */
const INDICATORS = ['both', 'certificate-name', 'version-endpoint'];

/** The same data without cells that are held back; names of networks that are not shown are gone too. Pure. */
export function publicData(data: HeadlineData, cells: PublicCells): HeadlineData {
  const rollups = data.rollups.map((rollup) => ({
    ...rollup,
    cells: rollup.cells.filter(
      (cell) =>
        !cells.isHidden(
          rollup.dims,
          rollup.dims.map((dim) => cell.values[dim] ?? ''),
        ),
    ),
  }));
  const networks = rollups.find((one) => one.unit === 'endpoint' && one.dims.join() === 'asn')?.cells ?? [];
  const shown = new Set(networks.map((cell) => cell.values.asn));
  return {
    ...data,
    rollups,
    isWithheld: cells.isHidden,
    // Endpoints that one vantage alone saw are few.
    vantages: null,
    isHeadlineWithheld: INDICATORS.some((value) => cells.isHidden(['indicator'], [value])),
    networkNames: Object.fromEntries(Object.entries(data.networkNames).filter(([asn]) => shown.has(asn))),
  };
}

/**
 * The series without the counts of surveys whose indicators stand in so few networks that a step between two of them would say something of
 * somebody; suppress.ts compares larger cells with no earlier survey either. Pure.
 */
export function publicSeries(points: readonly SeriesPoint[], k: number): SeriesPoint[] {
  return points.map((point) => ({
    ...point,
    endpoints: (point.networks ?? 0) < GUARDED_TIMES * k ? null : point.endpoints,
  }));
}
