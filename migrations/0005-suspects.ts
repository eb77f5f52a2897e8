// What answered, as a digest over all bodies of one endpoint; and the grades that only a whole survey can raise.
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table observation add column body_digest text`.execute(db);
  await sql`
    create table survey_suspect (
      survey_id text not null references survey (id) on delete cascade,
      address inet not null,
      port integer not null,
      grade text not null check (grade in ('medium', 'high')),
      reasons text[] not null,
      primary key (survey_id, address, port)
    )`.execute(db);
}
