// One session per process on the embedded server, holding a shared advisory lock: the server itself knows who uses it, and forgets a killed process at once.
import pg from 'pg';

/** Any numbers will do that nobody else locks in the database `postgres` of this cluster. */
const LOCK_KEY = 7_370_726_963;
const CREATE_LOCK_KEY = 7_370_726_964;
const CONNECT_TIMEOUT_MS = 10_000;

/** The driver has these two and its types do not name them. */
type Unreferable = pg.Client & { ref(): void; unref(): void };

export interface Presence {
  /** Gives up the place. True when nobody else uses the server: then the caller alone may stop it, and newcomers wait until it is gone. */
  leave(): Promise<boolean>;
  /** Closes the session. */
  end(): Promise<void>;
}

/**
 * Takes a place on the server, and makes the database when it is missing. `onLost` is called once when the session breaks before `leave`.
 * Rejects with the driver's error while the server is starting or stopping; the caller tries again.
 */
export async function enter(adminUrl: string, database: string, onLost: (error: unknown) => void): Promise<Presence> {
  const client = new pg.Client({
    connectionString: adminUrl,
    application_name: 'kubecensus presence',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
  }) as Unreferable;
  let watched = false;
  const lost = (error: unknown): void => {
    if (!watched) return;
    watched = false;
    onLost(error);
  };
  client.on('error', lost);
  client.on('end', () => lost(new Error('the session ended')));
  try {
    await client.connect();
    await client.query('select pg_advisory_lock_shared($1)', [LOCK_KEY]);
    // One at a time: two who both find it missing would otherwise make it twice.
    await client.query('select pg_advisory_lock($1)', [CREATE_LOCK_KEY]);
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [database]);
    if (rowCount === 0) await client.query(`create database ${client.escapeIdentifier(database)}`);
    await client.query('select pg_advisory_unlock($1)', [CREATE_LOCK_KEY]);
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error;
  }
  watched = true;
  // A process that forgot to leave must still be able to end.
  client.unref();
  return {
    async leave() {
      watched = false;
      client.ref();
      await client.query('select pg_advisory_unlock_shared($1)', [LOCK_KEY]);
      const { rows } = await client.query('select pg_try_advisory_lock($1) as last', [LOCK_KEY]);
      return rows[0]?.last === true;
    },
    async end() {
      watched = false;
      await client.end().catch(() => undefined);
    },
  };
}
