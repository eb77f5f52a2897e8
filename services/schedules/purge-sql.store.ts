// The scope of a purge as conditions in SQL: arrays that Postgres hashes, so that a table is read once however long the list is.
import { type RawBuilder, sql } from 'kysely';
import type { PurgeScope } from './purge-scope.ts';

const NEVER = sql<boolean>`false`;

const either = (conditions: readonly RawBuilder<boolean>[]): RawBuilder<boolean> =>
  conditions.length === 0 ? NEVER : sql<boolean>`coalesce(${sql.join(conditions, sql` or `)}, false)`;

/** Whether an address lies in the scope; false for null. */
export const addressIn = ({ prefixes }: PurgeScope, address: RawBuilder<unknown>): RawBuilder<boolean> =>
  either(
    prefixes.map(
      ({ family, length, prefixes: same }) => sql<boolean>`case when family(${address}) = ${sql.lit(family)}
        then network(set_masklen(${address}, ${sql.lit(length)}))::inet = any(${[...same]}::inet[]) else false end`,
    ),
  );

/** Whether a name is in the scope or below it; false for null. */
export const nameIn = ({ suffixes }: PurgeScope, name: RawBuilder<unknown>): RawBuilder<boolean> =>
  either(
    suffixes.map(
      ({ labels, suffixes: same }) =>
        sql<boolean>`substring(lower(${name}) from ${`([^.]+(?:[.][^.]+){${labels - 1}})$`}) = any(${[...same]}::text[])`,
    ),
  );

/** Whether a target or an observation `o` is about somebody in the scope. `certificates`: those with a key in it. */
export const rowIn = (scope: PurgeScope, certificates: readonly number[] = []): RawBuilder<boolean> =>
  either([
    addressIn(scope, sql`o.address`),
    nameIn(scope, sql`o.host`),
    nameIn(scope, sql`o.server_name`),
    ...(certificates.length === 0 ? [] : [sql<boolean>`o.certificate_id = any(${[...certificates]}::bigint[])`]),
  ]);
