// crt.sh's database in a Postgres that the lab is handed: the tables, view and functions that a search needs, and a guest who may read them.
import type { LabCrtshRow } from './crtsh.ts';

/** Runs statements on the database, as its owner. */
export type LabSql = (text: string, values?: readonly unknown[]) => Promise<unknown>;

export interface LabCrtshDatabaseOptions {
  /** Name of the guest's role; roles belong to a whole server. */
  readonly guest: string;
  readonly password: string;
  /** Seconds that the database takes to read the dates of certificates for names below `slow.example`. */
  readonly slowSeconds?: number;
}

/**
 * Makes the tables with the columns of crtsh/certwatch_db and the names of its functions. The service reads certificates in C; here what stands
 * in one lies in a table beside it, so that any octets will do for a certificate.
 */
export async function prepareCrtsh(sql: LabSql, options: LabCrtshDatabaseOptions): Promise<void> {
  const { guest, password, slowSeconds = 0 } = options;
  await sql(`
    create text search configuration public.certwatch (copy = pg_catalog.simple);
    create table lab_read (certificate bytea primary key, not_before timestamp, not_after timestamp, names text[] not null);
    create function x509_notBefore(bytea) returns timestamp stable language sql
      as 'select not_before from lab_read where certificate = $1';
    create function x509_notAfter(bytea) returns timestamp stable language plpgsql as $body$
      declare t timestamp;
      begin
        if exists (select from lab_read r cross join unnest(r.names) n where r.certificate = $1 and n like '%.slow.example')
          then perform pg_sleep(${slowSeconds}); end if;
        select not_after into t from lab_read where certificate = $1;
        return t;
      end $body$;
    create function identities(bytea) returns tsvector stable language sql as $body$
      select strip(to_tsvector('public.certwatch', coalesce(string_agg(lower(part.below), ' '), '')))
      from lab_read r cross join unnest(r.names) as name
      cross join lateral regexp_split_to_array(name, '[.]') as labels
      cross join lateral generate_series(1, cardinality(labels)) as first
      cross join lateral (select array_to_string(labels[first:], '.') as below) part
      where r.certificate = $1 $body$;
    create table certificate (id bigserial not null, issuer_ca_id integer not null, certificate bytea not null);
    create table ct_log_entry (certificate_id bigint not null, entry_id bigint not null, entry_timestamp timestamp not null, ct_log_id integer not null);
    create view certificate_and_identities as
      select c.id as certificate_id, c.certificate, 'san:dNSName'::text as name_type, n as name_value, c.issuer_ca_id
      from certificate c join lab_read r using (certificate) left join lateral unnest(r.names) as n on true;
    create role "${guest}" with login password '${password}';
    grant select on certificate, certificate_and_identities, ct_log_entry, lab_read to "${guest}"`);
}

/** Adds certificates in order; each is in two logs where it was logged at all, the second an hour later. */
export async function addCrtshCertificates(sql: LabSql, rows: readonly LabCrtshRow[]): Promise<void> {
  await sql(
    `with given as (select value, ordinality from jsonb_array_elements($1::jsonb) with ordinality),
      numbered as (select value, nextval('certificate_id_seq') as id from given order by ordinality),
      made as (insert into certificate (id, issuer_ca_id, certificate) select id, 7, int8send(id) from numbered),
      read as (insert into lab_read select int8send(id), coalesce((value->>'notBefore')::timestamp, '2026-11-01'),
        case when (value->>'expired')::boolean then timestamp '2020-01-01' else timestamp 'infinity' end,
        array(select jsonb_array_elements_text(value->'names')) from numbered)
    insert into ct_log_entry select id, id, (value->>'entryTimestamp')::timestamp + later * interval '1 hour', 1 + later
      from numbered cross join generate_series(0, 1) as later where value->>'entryTimestamp' is not null`,
    [JSON.stringify(rows)],
  );
}
