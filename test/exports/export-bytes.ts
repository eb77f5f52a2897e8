// An export as bytes, and the rows of a Parquet file, for tests.
import { Writable } from 'node:stream';
import { zstdDecompressSync } from 'node:zlib';
import { type FileMetaData, parquetMetadata, parquetReadObjects } from 'hyparquet';
import { DATASETS, type DatasetName } from '../../services/exports/columns.ts';
import { exportDataset } from '../../services/exports/export.store.ts';
import type { ExportResult, ExportSelection } from '../../services/exports/export-request.ts';
import type { Database } from '../../services/platform/db/database.ts';
import { NOW } from '../support/observations.ts';

/** Exports into memory; of survey `s` where nothing else is said. */
export async function exportBytes(
  database: Database,
  selection: Partial<ExportSelection> & Pick<ExportSelection, 'dataset' | 'format'>,
): Promise<{ bytes: Buffer; result: ExportResult }> {
  const chunks: Buffer[] = [];
  const out = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      chunks.push(chunk);
      done();
    },
  });
  const surveyId = DATASETS[selection.dataset as DatasetName].perSurvey ? 's' : null;
  const result = await exportDataset(
    { surveyId, ...selection, out, codeVersion: 'test', at: NOW },
    database,
    new AbortController().signal,
  );
  return { bytes: Buffer.concat(chunks), result };
}

const arrayBufferOf = (bytes: Buffer): ArrayBuffer =>
  bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer;

/** Rows as objects: integers as bigint, times as Date. */
export async function parquetRows(bytes: Buffer): Promise<Record<string, unknown>[]> {
  const buffer = arrayBufferOf(bytes);
  const file = { byteLength: buffer.byteLength, slice: (start: number, end?: number) => buffer.slice(start, end) };
  return await parquetReadObjects({ file, compressors: { ZSTD: (input) => zstdDecompressSync(input) } });
}

export const parquetFacts = (bytes: Buffer): FileMetaData => parquetMetadata(arrayBufferOf(bytes));
