// Aggregates of the lab's Censys: values of a field over the matching hosts, counted once per document of a level.
import type { LabCensysHost, LabCensysService } from './censys-host.ts';
import { type CensysQuery, FIELDS } from './censys-query.ts';

export interface AggregateOptions {
  readonly field: string;
  /** '.' hosts, 'host.services' services, '' the deepest level that holds the field. */
  readonly level: string;
  readonly buckets: number;
  /** Count only services that match this query; null: all services of the hosts. */
  readonly only: CensysQuery | null;
}

export interface Aggregated {
  readonly buckets: readonly { readonly key: string; readonly count: number }[];
  readonly total_count: number;
  readonly other_count: number;
  readonly is_more_than_total_hits: boolean;
}

/** Buckets by falling count, then by key; the rest is `other_count`. Null when the level does not hold the field. */
export function aggregate(hosts: readonly LabCensysHost[], options: AggregateOptions): Aggregated | null {
  const field = FIELDS.get(options.field);
  if (field === undefined) return null;
  const servicesOf = (host: LabCensysHost): LabCensysService[] =>
    host.services.filter((service) => options.only === null || options.only.covers(host, service));
  const documents = DOCUMENTS[options.level];
  if (documents === undefined || (field.level === 'host' && options.level === 'host.services')) return null;
  const counts = new Map<string, number>();
  for (const host of hosts) {
    const perDocument =
      field.level === 'host'
        ? [field.ofHost(host)]
        : documents(servicesOf(host).map((service) => field.ofService(service)));
    for (const values of perDocument)
      for (const value of new Set(values)) counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  const ordered = [...counts]
    .map(([key, count]) => ({ key, count }))
    .sort((a, b) => b.count - a.count || (a.key < b.key ? -1 : 1));
  const total = ordered.reduce((sum, { count }) => sum + count, 0);
  const buckets = ordered.slice(0, options.buckets);
  const shown = buckets.reduce((sum, { count }) => sum + count, 0);
  return { buckets, total_count: total, other_count: total - shown, is_more_than_total_hits: total > hosts.length };
}

/** How the values of a host's services fall into the documents of a level. */
const DOCUMENTS: Readonly<
  Record<string, (perService: readonly (readonly string[])[]) => readonly (readonly string[])[]>
> = {
  '.': (perService) => [perService.flat()],
  'host.services': (perService) => perService,
  '': (perService) => perService.flatMap((values) => values.map((value) => [value])),
};
