// Counts of what was recognised as Kubernetes, by one dimension: sums over components, which is sound for endpoints only.
import type { Dimension, Unit } from '../rollups/rollup.ts';
import { cellsOf, type HeadlineData } from './headline-data.ts';

/** Whether a rollup's component is one of Kubernetes: something was recognised, and it is no other program. */
export function isKubernetes(component: string | null | undefined): component is string {
  return component !== null && component !== undefined && component !== 'other';
}

/** Endpoints at which any Kubernetes component was recognised. */
export function kubernetesEndpoints(data: HeadlineData): number {
  return sum(cellsOf(data, 'endpoint', 'component').filter((cell) => isKubernetes(cell.values.component)));
}

export interface ValueCount {
  /** null: not observed. */
  readonly value: string | null;
  /** Endpoints of any Kubernetes component. */
  readonly endpoints: number;
  /** Of the kube-apiserver alone. */
  readonly apiserver: Readonly<Record<Unit, number>>;
}

/** Kubernetes endpoints by the values of one dimension, largest first, "not observed" last. An endpoint has one component, so the sum counts it once. */
export function byValue(data: HeadlineData, dim: Dimension): ValueCount[] {
  const endpoints = new Map<string | null, number>();
  for (const cell of cellsOf(data, 'endpoint', 'component', dim)) {
    if (!isKubernetes(cell.values.component)) continue;
    const value = cell.values[dim] ?? null;
    endpoints.set(value, (endpoints.get(value) ?? 0) + cell.count);
  }
  const apiserver = {
    endpoint: apiserverCounts(data, 'endpoint', dim),
    host: apiserverCounts(data, 'host', dim),
    certificate: apiserverCounts(data, 'certificate', dim),
  };
  return [...endpoints]
    .map(([value, count]) => ({
      value,
      endpoints: count,
      apiserver: {
        endpoint: apiserver.endpoint.get(value) ?? 0,
        host: apiserver.host.get(value) ?? 0,
        certificate: apiserver.certificate.get(value) ?? 0,
      },
    }))
    .sort(
      (a, b) =>
        Number(a.value === null) - Number(b.value === null) ||
        b.endpoints - a.endpoints ||
        (String(a.value) < String(b.value) ? -1 : 1),
    );
}

function apiserverCounts(data: HeadlineData, unit: Unit, dim: Dimension): Map<string | null, number> {
  const cells = cellsOf(data, unit, 'component', dim).filter((cell) => cell.values.component === 'kube-apiserver');
  return new Map(cells.map((cell) => [cell.values[dim] ?? null, cell.count]));
}

export function sum(cells: readonly { readonly count: number }[]): number {
  return cells.reduce((total, cell) => total + cell.count, 0);
}

/** The largest `most` items, and the sum of the rest. */
export function largest<T extends { readonly endpoints: number }>(
  items: readonly T[],
  most: number,
): { top: T[]; rest: number } {
  return { top: items.slice(0, most), rest: items.slice(most).reduce((total, item) => total + item.endpoints, 0) };
}
