// The environment of commands that survey a lab on loopback: a database of the test, a home of its own, and no courtesy that only costs time there.
import { join } from 'node:path';

/** `home` is a directory of the test; further settings go on top. */
export const labEnvironment = (
  databaseUrl: string,
  home: string,
  more: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> => ({
  HOME: home,
  DATABASE_URL: databaseUrl,
  KUBECENSUS_DATA_DIR: join(home, 'data'),
  KUBECENSUS_CLUSTER_KEY: 'test',
  KUBECENSUS_SCOPE: 'lab:127.0.0.0/8',
  KUBECENSUS_RATE: '2000',
  KUBECENSUS_NETWORK_SPACING_MS: '0',
  KUBECENSUS_NETWORK_IN_FLIGHT: '100',
  KUBECENSUS_ADDRESS_SPACING_MS: '0',
  ...more,
});
