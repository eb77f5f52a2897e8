// Delivers a report to an S3-compatible store: one object per file below a day and the report's id, the manifest last.
import { describeFile, MANIFEST } from '../report-files.ts';
import type { AttemptEnd, Means, Parcel } from './delivery.ts';

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  md: 'text/markdown; charset=utf-8',
  json: 'application/json',
  csv: 'text/csv; charset=utf-8',
  svg: 'image/svg+xml',
};

/** What a file of a report is, by its name. */
export function contentTypeOf(path: string): string {
  return CONTENT_TYPES[path.slice(path.lastIndexOf('.') + 1)] ?? 'application/octet-stream';
}

/** Puts every file. Delivering again puts the same bytes under the same keys; whoever sees the manifest sees a whole report. Never throws. */
export async function deliverToStorage(
  parcel: Parcel,
  place: { readonly bucket: string; readonly prefix: string },
  means: Means,
): Promise<AttemptEnd> {
  const folder = keyFolder(parcel, place.prefix);
  const paths = [...parcel.contents.keys()].filter((path) => path !== MANIFEST).sort();
  try {
    for (const path of [...paths, MANIFEST]) {
      const bytes = parcel.contents.get(path)!;
      const { sha256 } = describeFile(path, bytes);
      const object = {
        bucket: place.bucket,
        key: `${folder}/${path}`,
        bytes,
        contentType: contentTypeOf(path),
        sha256,
      };
      await means.storage(object);
    }
    return { result: 'delivered', detail: `${paths.length + 1} objects below s3://${place.bucket}/${folder}/` };
  } catch (error) {
    return { result: 'failed', detail: `${(error as Error).name}: ${(error as Error).message}` };
  }
}

/** PREFIX/2026-11-24/headline-r-daily-20261124-120000, by the day on which the report was made, UTC. */
function keyFolder({ files, report }: Parcel, prefix: string): string {
  const folder = `${report.generatedAt.slice(0, 10)}/${files.name}-${files.id}`;
  return prefix === '' ? folder : `${prefix}/${folder}`;
}
