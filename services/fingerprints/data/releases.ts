// Upstream's release calendar: when each minor came out and when its support ended or will end. Written by scripts/refresh-tables.ts.
import type { TableSource } from './table-source.ts';

/** One minor of Kubernetes 1.x. Dates are UTC days (YYYY-MM-DD). */
export interface Release {
  readonly minor: number;
  readonly released: string;
  /** null: the calendar does not say yet. */
  readonly endOfLife: string | null;
  /** What another source says instead. */
  readonly differs?: readonly string[];
}

export const RELEASES_FROM: readonly TableSource[] = [
  {
    name: 'kubectl v1.37.0',
    gives: 'release day of 1.37: its build date',
    read: '2026-11-23',
    sha256: null,
  },
  {
    name: 'kubernetes.io/releases',
    gives: 'ends of life of 1.33 to 1.36; that of 1.32 by the 14-month rule',
    read: '2026-11-23',
    sha256: null,
  },
  {
    name: 'kubernetes/website data/releases/eol.yaml',
    gives: 'ends of life of 1.2 to 1.31',
    read: '2026-11-23',
    sha256: null,
  },
  {
    name: 'release announcements',
    gives: 'release days of 1.0 to 1.6',
    read: '2026-11-23',
    sha256: null,
  },
  {
    name: 'tags kubernetes-1.N.0 of kubernetes/apiserver',
    gives: 'release days of 1.7 to 1.36',
    read: '2026-07-23',
    sha256: null,
  },
];

/** Release days are those of tags, which may lag the announcement by a day; ends of life are upstream's. */
export const RELEASES: readonly Release[] = [
  { minor: 0, released: '2015-07-10', endOfLife: null },
  { minor: 1, released: '2015-11-09', endOfLife: null },
  { minor: 2, released: '2016-03-16', endOfLife: '2016-10-23' },
  { minor: 3, released: '2016-07-01', endOfLife: '2016-11-01' },
  { minor: 4, released: '2016-09-26', endOfLife: '2017-04-21' },
  { minor: 5, released: '2016-12-12', endOfLife: '2017-10-01' },
  { minor: 6, released: '2017-03-28', endOfLife: '2017-11-23' },
  { minor: 7, released: '2017-06-29', endOfLife: '2018-04-04' },
  { minor: 8, released: '2017-09-28', endOfLife: '2018-07-12' },
  { minor: 9, released: '2017-12-15', endOfLife: '2018-09-29' },
  { minor: 10, released: '2018-03-26', endOfLife: '2019-02-13' },
  { minor: 11, released: '2018-06-27', endOfLife: '2019-05-01' },
  { minor: 12, released: '2018-09-27', endOfLife: '2019-07-08' },
  { minor: 13, released: '2018-12-03', endOfLife: '2019-10-15' },
  { minor: 14, released: '2019-03-25', endOfLife: '2019-12-11' },
  { minor: 15, released: '2019-06-19', endOfLife: '2020-05-06' },
  { minor: 16, released: '2019-09-18', endOfLife: '2020-09-02' },
  { minor: 17, released: '2019-12-07', endOfLife: '2021-01-13' },
  { minor: 18, released: '2020-03-25', endOfLife: '2021-06-18' },
  { minor: 19, released: '2020-08-26', endOfLife: '2021-10-28' },
  { minor: 20, released: '2020-12-08', endOfLife: '2022-02-28' },
  { minor: 21, released: '2021-04-08', endOfLife: '2022-06-28' },
  { minor: 22, released: '2021-08-04', endOfLife: '2022-12-08' },
  { minor: 23, released: '2021-12-07', endOfLife: '2023-02-28' },
  { minor: 24, released: '2022-05-03', endOfLife: '2023-07-28' },
  { minor: 25, released: '2022-08-23', endOfLife: '2023-10-28' },
  { minor: 26, released: '2022-12-08', endOfLife: '2024-02-28' },
  { minor: 27, released: '2023-04-11', endOfLife: '2024-07-16' },
  { minor: 28, released: '2023-08-15', endOfLife: '2024-10-22' },
  { minor: 29, released: '2023-12-13', endOfLife: '2025-02-28' },
  { minor: 30, released: '2024-04-17', endOfLife: '2025-07-15' },
  { minor: 31, released: '2024-08-13', endOfLife: '2025-11-11' },
  { minor: 32, released: '2024-12-11', endOfLife: '2026-02-28' },
  { minor: 33, released: '2025-04-23', endOfLife: '2026-06-28' },
  { minor: 34, released: '2025-08-27', endOfLife: '2026-10-27' },
  { minor: 35, released: '2025-12-17', endOfLife: '2027-02-28' },
  { minor: 36, released: '2026-04-22', endOfLife: '2027-06-28' },
  { minor: 37, released: '2026-08-26', endOfLife: null },
];
