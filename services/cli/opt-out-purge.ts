// kubecensus opt-out purge: forget now what is stored of those who opted out; the scheduler does it daily.
import { purgeContext } from '../roles.ts';
import { PURGED, purgeOptedOut } from '../schedules/purge.store.ts';
import { type Command, EXIT } from './command.ts';
import { formatRows } from './rows.ts';

export const optOutPurgeCommand: Command = {
  usage: 'opt-out purge',
  help: 'forget what is stored of those who opted out: candidates and evidence go, observations lose address and names, counts stay',
  run: async (session) => {
    const parts = await session.open();
    const purged = await purgeOptedOut(purgeContext(parts));
    await session.out(
      formatRows(
        PURGED.map((what) => ({ what, count: purged?.[what] ?? 0 })),
        session.format,
      ),
    );
    return EXIT.done;
  },
};
