// kubecensus migrate: brings the schema up to date, as every other command of the database's owner does; and makes the roles for processes with logins of their own.

import type { RoleName } from '../platform/db/grants.ts';
import { placeRoles, ROLE_NAMES, refreshRoles } from '../platform/db/roles.ts';
import { SECRETS } from '../secrets.ts';
import { type Command, EXIT } from './command.ts';

const PASSWORDS: Readonly<Record<RoleName, string>> = {
  census_prober: SECRETS.proberPassword,
  census_scheduler: SECRETS.schedulerPassword,
  census_api: SECRETS.apiPassword,
};

export const migrateCommand: Command = {
  usage: 'migrate',
  help: 'bring the database schema up to date',
  printsRows: false,
  options: [
    {
      flags: '--roles',
      help: 'make the database roles of worker, scheduler and API with their rights, and let those log in that have a password in the environment',
    },
  ],
  run: async (session, _args, options) => {
    const { config, db, queue } = await session.open();
    // Its tables are part of what a process without the owner's rights must find.
    if (config.redisUrl === null) await queue();
    if (options['roles'] !== true) {
      const refreshed = await refreshRoles(db);
      session.say(`The schema is up to date${refreshed ? ', and so are the rights of the roles' : ''}.`);
      return EXIT.done;
    }
    const given = ROLE_NAMES.flatMap((role) => {
      const password = config.secret(PASSWORDS[role]);
      return password === null || password === '' ? [] : [[role, password] as const];
    });
    await placeRoles(db, Object.fromEntries(given));
    session.say('The schema is up to date.');
    for (const role of ROLE_NAMES) {
      const mayLogIn = given.some(([name]) => name === role);
      session.say(`${role} has its rights${mayLogIn ? ' and may log in' : `; no password in ${PASSWORDS[role]}`}.`);
    }
    return EXIT.done;
  },
};
