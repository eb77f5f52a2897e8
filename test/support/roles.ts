// The database roles in a test. Roles belong to the server, which test files share: every test gives them the same passwords.
import type { RoleName } from '../../services/platform/db/grants.ts';
import { placeRoles, ROLE_NAMES } from '../../services/platform/db/roles.ts';
import type { TestDatabase } from './database.ts';

export const rolePassword = (role: RoleName): string => `${role}-of-a-test`;

/** Places the roles into a test's database, and lets all of them log in. */
export async function placeTestRoles({ database }: TestDatabase): Promise<void> {
  const passwords = Object.fromEntries(ROLE_NAMES.map((role) => [role, rolePassword(role)]));
  await placeRoles(database.db, passwords);
}

/** The connection string of a role. */
export function asRole(url: string, role: RoleName): string {
  const own = new URL(url);
  own.username = role;
  own.password = rolePassword(role);
  return own.href;
}
