// kubecensus migrate: brings the schema up to date; every other command does so too.
import { type Command, EXIT } from './command.ts';

export const migrateCommand: Command = {
  usage: 'migrate',
  help: 'bring the database schema up to date',
  printsRows: false,
  run: async (session) => {
    await session.open();
    session.say('The schema is up to date.');
    return EXIT.done;
  },
};
