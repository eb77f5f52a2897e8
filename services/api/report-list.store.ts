// Reports that were made and stored, newest first.
import { type Kysely, sql } from 'kysely';
import type { DB } from '../platform/db/schema.ts';

export interface StoredReport {
  readonly id: string;
  readonly name: string;
  readonly survey: string | null;
  readonly createdAt: Date;
}

export interface ReportQuery {
  /** Names of reports that are left out. */
  readonly without: readonly string[];
  /** Time and id of the row before; null: from the first. */
  readonly after: readonly [Date, string] | null;
  readonly limit: number;
}

export async function listReports(db: Kysely<DB>, { without, after, limit }: ReportQuery): Promise<StoredReport[]> {
  const behind = after === null ? sql`true` : sql`(created_at, id) < (${after[0]}, ${after[1]})`;
  const { rows } = await sql<StoredReport>`
    select id, name, survey_id as survey, created_at as "createdAt" from report
    where name <> all(${[...without]}::text[]) and ${behind} order by created_at desc, id desc limit ${limit}
  `.execute(db);
  return rows;
}

/** The report of this id with its manifest, or null. */
export async function findReport(
  db: Kysely<DB>,
  id: string,
): Promise<(StoredReport & { readonly manifest: Record<string, unknown> }) | null> {
  const row = await db.selectFrom('report').selectAll().where('id', '=', id).executeTakeFirst();
  if (row === undefined) return null;
  const { name, survey_id: survey, created_at: createdAt } = row;
  return { id, name, survey, createdAt, manifest: row.manifest as Record<string, unknown> };
}
