// The API of this installation: built of the composed parts, and made to listen.
import type { Api } from './api/context.ts';
import { Cursors } from './api/cursor.ts';
import type { ApiKey } from './api/keys/api-key.ts';
import { PublicView } from './api/public-view.store.ts';
import type { ReadinessContext } from './api/readiness.store.ts';
import { signingSecret } from './api/secret.store.ts';
import { createServer } from './api/server.ts';
import { describeFeeds } from './feeds/describe.ts';
import type { Parts } from './parts.ts';
import { KubecensusError } from './platform/errors.ts';
import { type Listen, readListen } from './setting.ts';

/** What the checks of readiness ask, in every role. */
export function readinessContext(parts: Parts): ReadinessContext {
  return {
    ...parts,
    readOptOuts: () => parts.policyFor(['0.0.0.0/0', '::/0']),
    askQueue: async () => {
      if (parts.stuck.size > 0) throw new KubecensusError('KC_QUEUE_STUCK', [...parts.stuck].join(', '));
      return (await parts.queue()).counts('observe');
    },
  };
}

/** The server, not listening. `guest`: as in ApiContext. */
export async function apiServer(parts: Parts, guest?: ApiKey): Promise<Api> {
  const { config, db } = parts;
  const secret = await signingSecret(db);
  return createServer({
    ...readinessContext(parts),
    ...parts,
    ...(guest === undefined ? {} : { guest }),
    dataDir: config.dataDir,
    secret,
    cursors: new Cursors(secret),
    publicView: new PublicView(db, config['api.publicNetworks']),
    declaredFeeds: () => describeFeeds(config.feeds, config.secret),
    settings: {
      publicUrl: config['api.publicUrl'],
      publicAggregates: config['api.publicAggregates'],
      requestsPerMinute: config['api.requestsPerMinute'],
      publicRequestsPerMinute: config['api.publicRequestsPerMinute'],
      trustedProxies: config['api.trustedProxies'],
    },
  });
}

/** Listens where the configuration says; gives the URL. Throws KC_API_LISTEN. */
export async function listen(api: Api, where: string): Promise<string> {
  try {
    return await api.listen(readListen(where) as Listen);
  } catch (error) {
    throw new KubecensusError('KC_API_LISTEN', `${where}: ${(error as Error).message}.`, { cause: error });
  }
}
