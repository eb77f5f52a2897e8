// A report as it lies on disk: which files belong to it, and whether they are what its manifest says.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

export const MANIFEST = 'manifest.json';
/** The word by which a manifest says that its directory is a report of ours. */
export const MANIFEST_KIND = 'kubecensus-report';

export interface ReportFile {
  /** Relative to the directory, with forward slashes. */
  readonly path: string;
  readonly bytes: number;
  /** Lower-case hex. */
  readonly sha256: string;
}

export interface ReportFiles {
  readonly id: string;
  readonly name: string;
  /** Absolute. */
  readonly directory: string;
  /** Every file but manifest.json, by path. */
  readonly files: readonly ReportFile[];
}

/** Size and digest of a file's contents. */
export function describeFile(path: string, contents: string | Uint8Array): ReportFile {
  const bytes = Buffer.from(contents);
  return { path, bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
}

/** Reads the manifest of a report directory; null when the directory holds no report of ours. */
export async function readReport(directory: string): Promise<ReportFiles | null> {
  let manifest: unknown;
  try {
    manifest = JSON.parse(await readFile(join(directory, MANIFEST), 'utf8'));
  } catch {
    return null;
  }
  if (!isManifest(manifest)) return null;
  return { id: manifest.id, name: manifest.name, directory, files: manifest.files };
}

function isManifest(value: unknown): value is { kind: string; id: string; name: string; files: ReportFile[] } {
  if (typeof value !== 'object' || value === null) return false;
  const { kind, id, name, files } = value as Record<string, unknown>;
  return (
    kind === MANIFEST_KIND &&
    typeof id === 'string' &&
    typeof name === 'string' &&
    Array.isArray(files) &&
    files.every(isFile)
  );
}

/** One folder deep, no dots before a slash: a manifest that was tampered with must not lead out of its directory. */
const FILE_PATH = /^(?:[a-z0-9-]+\/)?[A-Za-z0-9_-]+\.[a-z]+$/;

function isFile(value: unknown): value is ReportFile {
  if (typeof value !== 'object' || value === null) return false;
  const { path, bytes, sha256 } = value as Record<string, unknown>;
  return typeof path === 'string' && FILE_PATH.test(path) && typeof bytes === 'number' && typeof sha256 === 'string';
}

/** The contents of a report with its manifest, or the path of the first file that is missing or differs from the manifest. */
export async function readContents(
  report: ReportFiles,
): Promise<{ contents: Map<string, Buffer> } | { damaged: string }> {
  const contents = new Map<string, Buffer>();
  for (const expected of report.files) {
    const bytes = await readFile(join(report.directory, expected.path)).catch(() => null);
    if (bytes === null || describeFile(expected.path, bytes).sha256 !== expected.sha256)
      return { damaged: expected.path };
    contents.set(expected.path, bytes);
  }
  const manifest = await readFile(join(report.directory, MANIFEST)).catch(() => null);
  if (manifest === null) return { damaged: MANIFEST };
  contents.set(MANIFEST, manifest);
  return { contents };
}

/** Where a report is kept when no other place is named. */
export function reportDirectory(dataDir: string, id: string): string {
  return join(dataDir, 'reports', id);
}
