// How many networks stand behind a cell: what is published needs enough of them. Counts from before have none and stay unpublished until recounted.
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table rollup add column networks bigint not null default 0`.execute(db);
}
