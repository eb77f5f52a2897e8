// Where a dated table comes from: printed at its head, and data, so that it can be shown and carried over.

export interface TableSource {
  readonly name: string;
  /** What the table takes from it. */
  readonly gives: string;
  /** The UTC day on which it was read. */
  readonly read: string;
  /** SHA-256 of the file, or of the digests of a folder's files; null for what was compiled by hand. */
  readonly sha256: string | null;
}
