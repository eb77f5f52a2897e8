// Puts the roles of grants.ts into the database, with exactly their rights: what a role could do more before, it can no longer.
import { randomBytes } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import { KubecensusError } from '../errors.ts';
import { QUEUE_SCHEMA } from '../queue/queue.ts';
import { literal } from './copy.ts';
import { FUNCTION_GRANTS, GRANTS, OTHER_GRANTS, ROLES, type RoleName, rightsOn } from './grants.ts';
import type { DB } from './schema.ts';
import { scramVerifier } from './scram.ts';

/** Any number that no other part locks. */
const LOCK = 5_550_003;
const SALT_BYTES = 16;
export const ROLE_NAMES = Object.keys(ROLES) as RoleName[];

/**
 * Makes the roles and their grants in one transaction, so that no running process is without a right in between. A role with a password may log in; one without
 * is for logins of the owner's own making (`grant census_api to …`), and keeps a password that it has. Throws
 * KC_ROLES when this login may not make roles, or for a password that is not printable ASCII.
 */
export async function placeRoles(
  db: Kysely<DB>,
  passwords: Readonly<Partial<Record<RoleName, string>>>,
): Promise<void> {
  const place = (): Promise<void> =>
    db.transaction().execute(async (tx) => {
      const run = (statement: string): Promise<unknown> => sql.raw(statement).execute(tx);
      await sql`select pg_advisory_xact_lock(${LOCK})`.execute(tx);
      for (const role of ROLE_NAMES) await makeRole(run, role, passwords[role] ?? null);
      for (const statement of grantStatements(await readPlace(tx))) await run(statement);
    });
  for (let tries = 1; ; tries++) {
    try {
      return await place();
    } catch (error) {
      if (!MET_ANOTHER.test((error as Error).message) || tries === MAX_TRIES) throw error;
    }
  }
}

/** Roles are the server's, and our lock is the database's: two databases whose roles are placed at once meet here. */
const MET_ANOTHER = /tuple concurrently updated/;
const MAX_TRIES = 10;

/** Brings the grants up to date where the roles have been placed before, after a migration; else nothing. */
export async function refreshRoles(db: Kysely<DB>): Promise<boolean> {
  const { rows } = await sql<{ placed: boolean }>`
    select count(*) = ${ROLE_NAMES.length} as placed from pg_roles
    where rolname = any(${ROLE_NAMES}::text[]) and has_table_privilege(oid, 'control', 'select')`.execute(db);
  if (rows[0]?.placed !== true) return false;
  await placeRoles(db, {});
  return true;
}

/** Roles belong to the server and not to the database: another database's `migrate` may have made it, or be making it. */
async function makeRole(
  run: (statement: string) => Promise<unknown>,
  role: RoleName,
  password: string | null,
): Promise<void> {
  const verifier = password === null ? null : scramVerifier(password, randomBytes(SALT_BYTES));
  if (password !== null && verifier === null)
    throw new KubecensusError('KC_ROLES', `The password of ${role} should be printable ASCII without spaces.`);
  try {
    // Asked first: an owner who may not make roles may still grant to those that are there.
    await run(`do $$ begin
      if not exists (select from pg_roles where rolname = '${role}') then create role ${role} nologin; end if;
    exception when duplicate_object or unique_violation then null; end $$`);
    if (verifier !== null) await run(`alter role ${role} login password ${literal(verifier)}`);
  } catch (cause) {
    throw new KubecensusError('KC_ROLES', `${role}: ${(cause as Error).message}.`, { cause });
  }
}

interface Place {
  /** Quoted. */
  readonly schema: string;
  readonly queueSchema: string | null;
}

async function readPlace(tx: Kysely<DB>): Promise<Place> {
  const { rows } = await sql<Place>`
    select quote_ident(current_schema()) as schema,
      (select quote_ident(nspname) from pg_namespace where nspname = ${QUEUE_SCHEMA}) as "queueSchema"`.execute(tx);
  return rows[0]!;
}

function grantStatements({ schema, queueSchema }: Place): string[] {
  const roles = ROLE_NAMES.join(', ');
  const tables = Object.entries({ ...GRANTS, ...OTHER_GRANTS });
  return [
    // A login that could make tables or functions could put them where others look for ours.
    `revoke create on schema ${schema} from public, ${roles}`,
    `revoke all on all tables in schema ${schema} from ${roles}`,
    `grant usage on schema ${schema} to ${roles}`,
    ...tables.flatMap(([table, line]) =>
      ROLE_NAMES.flatMap((role) => {
        const rights = rightsOn(line[role]);
        return rights === '' ? [] : [`grant ${rights} on ${schema}.${table} to ${role}`];
      }),
    ),
    ...Object.entries(FUNCTION_GRANTS).map(([name, role]) => `grant execute on function ${schema}.${name} to ${role}`),
    // The queue is BullMQ's: keys of work, and never the truth. Its own functions decide what happens to its tables.
    ...(queueSchema === null
      ? []
      : [
          `grant usage on schema ${queueSchema} to ${roles}`,
          `grant select, insert, update, delete on all tables in schema ${queueSchema} to census_prober, census_scheduler`,
          `grant select on all tables in schema ${queueSchema} to census_api`,
          `grant usage on all sequences in schema ${queueSchema} to census_prober, census_scheduler`,
        ]),
  ];
}
