// Counts of what was recognised as Kubernetes, by one dimension: sums over components, which is sound for endpoints only. Where cells are withheld, no sum reads as less than it is.
import { COMPONENTS } from '../fingerprints/verdict.ts';
import type { Cell, Dimension, Unit } from '../rollups/rollup.ts';
import { cellCount, cellsOf, type HeadlineData } from './headline-data.ts';

/** Whether a rollup's component is one of Kubernetes: something was recognised, and it is no other program. */
export function isKubernetes(component: string | null | undefined): component is string {
  return component !== null && component !== undefined && component !== 'other';
}

/** The components that counts of Kubernetes endpoints are sums over. */
export const KUBERNETES = COMPONENTS.filter(isKubernetes);

/** Endpoints at which any Kubernetes component was recognised; null where that is withheld. */
export function kubernetesEndpoints(data: HeadlineData): number | null {
  return kubernetesOf(data, [], {});
}

/** Endpoints of the survey, whatever they answered; null where even that is withheld. */
export function observedEndpoints(data: HeadlineData): number | null {
  return cellCount(data, 'endpoint', [], {});
}

/** Endpoints of any Kubernetes component with these values; null where that is withheld and does not follow from what is shown. */
export function kubernetesOf(data: HeadlineData, dims: readonly Dimension[], values: Cell['values']): number | null {
  const count = (component: string | null): number | null =>
    cellCount(data, 'endpoint', ['component', ...dims], { ...values, component });
  const direct = sumOf(KUBERNETES.map(count));
  if (direct !== null) return direct;
  const [whole, others] = [cellCount(data, 'endpoint', dims, values), sumOf([count(null), count('other')])];
  return whole === null || others === null ? null : whole - others;
}

export interface ValueCount {
  /** null: not observed. */
  readonly value: string | null;
  /** Endpoints of any Kubernetes component; null: withheld. */
  readonly endpoints: number | null;
  /** Of the kube-apiserver alone; null: withheld. */
  readonly apiserver: Readonly<Record<Unit, number | null>>;
}

/** Kubernetes endpoints by the values of one dimension, largest first, "not observed" last. An endpoint has one component, so the sum counts it once. */
export function byValue(data: HeadlineData, dim: Dimension): ValueCount[] {
  const shown = cellsOf(data, 'endpoint', 'component', dim).filter((cell) => isKubernetes(cell.values.component));
  const values = new Set(shown.map((cell) => cell.values[dim] ?? null));
  if (data.isWithheld !== undefined)
    for (const cell of cellsOf(data, 'endpoint', dim)) {
      const value = cell.values[dim] ?? null;
      if ((kubernetesOf(data, [dim], { [dim]: value }) ?? 0) > 0) values.add(value);
    }
  const apiserver = (unit: Unit, value: string | null): number | null =>
    cellCount(data, unit, ['component', dim], { component: 'kube-apiserver', [dim]: value });
  return [...values]
    .map((value) => ({
      value,
      endpoints: kubernetesOf(data, [dim], { [dim]: value }),
      apiserver: {
        endpoint: apiserver('endpoint', value),
        host: apiserver('host', value),
        certificate: apiserver('certificate', value),
      },
    }))
    .sort(
      (a, b) =>
        Number(a.value === null) - Number(b.value === null) ||
        atLeast(b) - atLeast(a) ||
        (String(a.value) < String(b.value) ? -1 : 1),
    );
}

/** What a value has at least: a withheld sum is no smaller than its part. */
function atLeast({ endpoints, apiserver }: ValueCount): number {
  return endpoints ?? apiserver.endpoint ?? 0;
}

/** Of what is shown of the kube-apiserver, largest first, "not observed" last; withheld ones are in it without a count. */
export function apiserversByValue(data: HeadlineData, dim: Dimension): ValueCount[] {
  return byValue(data, dim)
    .filter((row) => row.apiserver.endpoint !== 0)
    .sort(
      (a, b) =>
        Number(a.value === null) - Number(b.value === null) ||
        (b.apiserver.endpoint ?? 0) - (a.apiserver.endpoint ?? 0),
    );
}

/** What a picture of places can be drawn of: all components, or the kube-apiserver alone where more of that may be shown. */
export interface Drawn {
  /** Singular subject, for titles. */
  readonly what: 'Kubernetes' | 'kube-apiserver';
  readonly total: number | null;
  readonly values: readonly { readonly value: string | null; readonly endpoints: number }[];
}

/** How much of its total is drawn: nothing where the total is withheld, and little where a large place is. */
function shownShare({ total, values }: Drawn): number {
  const shown = values.reduce((all, one) => all + one.endpoints, 0);
  return total === null || total === 0 ? 0 : shown / total;
}

/** `values` as byValue gives them. Where cells are withheld, sums over components are before those of one component. */
export function drawnOf(data: HeadlineData, values: readonly ValueCount[]): Drawn {
  const of = (count: (one: ValueCount) => number | null): Drawn['values'] =>
    values.flatMap((one) => {
      const endpoints = count(one);
      return endpoints === null || endpoints === 0 ? [] : [{ value: one.value, endpoints }];
    });
  const all: Drawn = { what: 'Kubernetes', total: kubernetesEndpoints(data), values: of((one) => one.endpoints) };
  if (data.isWithheld === undefined) return all;
  const apiserver: Drawn = {
    what: 'kube-apiserver',
    total: cellCount(data, 'endpoint', ['component'], { component: 'kube-apiserver' }),
    values: of((one) => one.apiserver.endpoint).toSorted(
      (a, b) => Number(a.value === null) - Number(b.value === null) || b.endpoints - a.endpoints,
    ),
  };
  return shownShare(apiserver) > shownShare(all) ? apiserver : all;
}

export function sum(cells: readonly { readonly count: number }[]): number {
  return cells.reduce((total, cell) => total + cell.count, 0);
}

/** null when a part is withheld. */
export function sumOf(parts: readonly (number | null)[]): number | null {
  return parts.reduce<number | null>((total, one) => (total === null || one === null ? null : total + one), 0);
}
