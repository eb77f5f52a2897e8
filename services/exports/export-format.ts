// The formats of exports as data: what Postgres is asked for, and what is made of its answer.
import type { Dataset } from './column.ts';
import { DATASETS, type DatasetName } from './columns.ts';
import { copyBinary, copyCsv, copyJson, type Selection } from './copy-query.ts';
import type { Encoder } from './encoder.ts';
import { parquetEncoder } from './parquet.ts';
import { SCAN_KUBERNETES, SCAN_KUBERNETES_HEADER, shadowserverEncoder } from './shadowserver.ts';
import { csvEncoder, jsonEncoder } from './text-encoder.ts';

export interface FormatSpec {
  readonly mediaType: string;
  readonly extension: string;
  /** What is selected for a dataset; null where the format has no form for it. */
  readonly of: (name: DatasetName) => Dataset | null;
  readonly copy: (dataset: Dataset, selection: Selection) => string;
  /** `facts`: what a file should say of itself where its format has a place for it. */
  readonly encoder: (dataset: Dataset, facts: Readonly<Record<string, string>>) => Encoder;
  /** Columns of the file where they are not the dataset's. */
  readonly header?: readonly string[];
}

const any = (name: DatasetName): Dataset => DATASETS[name];

export const FORMAT_SPECS = {
  csv: {
    mediaType: 'text/csv; charset=utf-8; header=present',
    extension: 'csv',
    of: any,
    copy: copyCsv,
    encoder: ({ columns }) => csvEncoder(columns),
  },
  ndjson: {
    mediaType: 'application/x-ndjson',
    extension: 'ndjson',
    of: any,
    copy: copyJson,
    encoder: () => jsonEncoder(),
  },
  parquet: {
    mediaType: 'application/vnd.apache.parquet',
    extension: 'parquet',
    of: any,
    copy: copyBinary,
    encoder: ({ columns }, facts) => parquetEncoder(columns, facts),
  },
  shadowserver: {
    mediaType: 'text/csv; charset=utf-8; header=present',
    extension: 'csv',
    of: (name) => (name === 'observations' ? SCAN_KUBERNETES : null),
    copy: copyJson,
    encoder: () => shadowserverEncoder(),
    header: SCAN_KUBERNETES_HEADER,
  },
} as const satisfies Record<string, FormatSpec>;

export type ExportFormat = keyof typeof FORMAT_SPECS;
export const EXPORT_FORMATS = Object.keys(FORMAT_SPECS) as readonly ExportFormat[];
