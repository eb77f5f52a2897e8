// Delivers what is due and ends: a process that a test may kill. Arguments: database URL, data directory, the moment that it takes for now.
import { loadConfig } from '../../services/config.ts';
import { createDeliveries } from '../../services/deliveries.ts';
import { openDatabase } from '../../services/platform/db/database.ts';
import { deliverDue } from '../../services/schedules/deliver.job.ts';
import { silentLog } from './run.ts';

const [url, dataDir, now] = process.argv.slice(2) as [string, string, string];
const database = await openDatabase(url, { log: silentLog, applicationName: 'deliver-once' });
const deliveries = createDeliveries(loadConfig(process.env, null), 'kubecensus/test');
await deliverDue({
  db: database.db,
  now: () => new Date(now),
  random: () => 0,
  log: silentLog,
  dataDir,
  deliveries,
});
await deliveries.close();
await database.close();
