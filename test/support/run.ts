// What scripts/test.ts and the test files of its run agree on. Imports no test runner: the script is none.
import { pino } from 'pino';
import type { Log } from '../../services/platform/log.ts';

/** Set by scripts/test.ts: a PostgreSQL server that all test files of a run share. */
export const DATABASE_URL_VARIABLE = 'KUBECENSUS_TEST_DATABASE_URL';

export const silentLog: Log = pino({ level: 'silent' });
