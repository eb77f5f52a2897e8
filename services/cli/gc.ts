// kubecensus gc: drops what is older than the settings of retention say.
import { periodsOf } from '../config.ts';
import { collectGarbage } from '../schedules/retention.job.ts';
import { type Command, EXIT } from './command.ts';
import { formatRows } from './rows.ts';

export const gcCommand: Command = {
  usage: 'gc',
  help: 'drop what is older than retention allows: observations by the day, evidence, files; counts stay for ever',
  options: [{ flags: '--dry-run', help: 'only say what would be dropped' }],
  run: async (session, _args, options) => {
    const parts = await session.open();
    const { config } = session;
    const isDryRun = options['dryRun'] === true;
    const retained = await collectGarbage({ ...parts, dataDir: config.dataDir, periods: periodsOf(config), isDryRun });
    await session.out(
      formatRows(
        retained.map((row) => ({ ...row })),
        session.format,
      ),
    );
    return EXIT.done;
  },
};
