// A guest on somebody else's Postgres: one connection, read-only transactions, a statement timeout, and a name that says who asks.
import { Socket } from 'node:net';
import pg from 'pg';
import { DialDenied, type DialGuard, guardedLookup, judgeConnected, judgeLiteral } from '../net/guard.ts';

/** The shape that feeds/guest-database.ts declares; platform imports no stage, so it stands here again and the compiler compares. */
export interface GuestConnection {
  readonly url: string;
  readonly password: string | null;
  readonly statementTimeoutMs: number;
  readonly signal: AbortSignal;
}

export interface Guest {
  rows(query: string, values: readonly (string | number)[]): Promise<readonly unknown[]>;
  close(): Promise<void>;
}

const CONNECT_TIMEOUT_MS = 15_000;
/** The server counts its timeout from the arrival of the statement; the network and the rows need some time, too. */
const REPLY_GRACE_MS = 30_000;
/** How long a server that has gone silent is waited for at the end. */
const CLOSE_GRACE_MS = 1_000;
/** NAMEDATALEN of a Postgres as it is built by default, less the end; the server cuts longer names, too, and says so in its log. */
const MAX_NAME = 63;

/** Makes the opener; `applicationName` is what the server's owner sees of us. `guard`: where no server is visited; it rejects with NET_DENIED then. */
export function guestOpener(
  applicationName: string,
  guard: DialGuard = () => null,
): (options: GuestConnection) => Promise<Guest> {
  return async ({ url, password, statementTimeoutMs, signal }) => {
    signal.throwIfAborted();
    // A socket of our own, so that an abort cuts a query that waits for a frozen server.
    const socket = new GuardedSocket(guard);
    const client = new pg.Client({
      connectionString: withPassword(url, password),
      application_name: applicationName.slice(0, MAX_NAME),
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      query_timeout: statementTimeoutMs + REPLY_GRACE_MS,
      keepAlive: true,
      stream: () => socket,
    });
    // A path is a socket of this machine, where no guest belongs.
    if (client.host.startsWith('/')) throw new DialDenied(client.host, 'local_socket');
    judgeLiteral(guard, client.host);
    // A connection that breaks while nothing is asked: the next query rejects, and that is how it is noticed.
    client.on('error', () => undefined);
    const cut = (): void => void socket.destroy();
    signal.addEventListener('abort', cut, { once: true });
    const close = async (): Promise<void> => {
      signal.removeEventListener('abort', cut);
      const grace = setTimeout(cut, CLOSE_GRACE_MS);
      await client.end().catch(() => undefined);
      clearTimeout(grace);
    };
    try {
      await client.connect();
    } catch (error) {
      await close();
      throw error instanceof Error && NO_PASSWORD.test(error.message) ? passwordWanted(error) : error;
    }
    return { rows: (query, values) => readOnly(client, statementTimeoutMs, query, values), close };
  };
}

/** The driver connects by port and host; here the host is judged as it is looked up. */
class GuardedSocket extends Socket {
  readonly #guard: DialGuard;

  constructor(guard: DialGuard) {
    super();
    this.#guard = guard;
  }

  override connect(...parameters: unknown[]): this {
    const [port, host] = parameters;
    judgeConnected(this, this.#guard, String(host));
    return super.connect({ port: Number(port), host: String(host), lookup: guardedLookup(this.#guard) });
  }
}

/** A password in the string is the only one that the driver takes beside a string. */
function withPassword(url: string, password: string | null): string {
  const address = new URL(url);
  if (password !== null) address.password = encodeURIComponent(password);
  return address.href;
}

/** The driver gives no code for a password that is wanted and not there; the server's own is that of a wrong one. */
const NO_PASSWORD = /password must be a (non-empty )?string/;
const passwordWanted = (cause: Error): Error =>
  Object.assign(new Error('the server asks for a password', { cause }), { code: '28P01' });

/**
 * Everything about the session is said inside the transaction: poolers such as PgBouncer give each transaction another connection, and refuse
 * parameters of the start-up packet that they do not know.
 */
async function readOnly(
  client: pg.Client,
  statementTimeoutMs: number,
  query: string,
  values: readonly (string | number)[],
): Promise<readonly unknown[]> {
  await client.query(`begin read only; set local statement_timeout = ${Math.ceil(statementTimeoutMs)}`);
  try {
    const { rows } = await client.query<Record<string, unknown>>(query, [...values]);
    await client.query('commit');
    return rows;
  } catch (error) {
    await client.query('rollback').catch(() => undefined);
    throw error;
  }
}
