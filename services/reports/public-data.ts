// A survey's numbers as they may be published: cells of few networks, and what would give them away, are not in them.
import type { PublicCells } from '../rollups/suppress.store.ts';
import type { HeadlineData } from './headline-data.ts';

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
    networkNames: Object.fromEntries(Object.entries(data.networkNames).filter(([asn]) => shown.has(asn))),
  };
}
