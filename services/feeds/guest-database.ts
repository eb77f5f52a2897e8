// The one way in which a feed reads somebody else's Postgres. The driver lives in platform/db.

export interface GuestOptions {
  /** postgres: or postgresql: address, without a password. */
  readonly url: string;
  /** Null: the server asks for none. */
  readonly password: string | null;
  /** Longer statements are cancelled by the server (57014). */
  readonly statementTimeoutMs: number;
  /** Cuts the connection. */
  readonly signal: AbortSignal;
}

/** A session that can read and nothing else. */
export interface GuestSession {
  /**
   * The rows of one query, in a read-only transaction of its own. Rejects with an Error that has a string `code` (SQLSTATE, or that of a
   * system call) where there is one; the session is of no use any more after a lost connection.
   */
  rows(query: string, values: readonly (string | number)[]): Promise<readonly unknown[]>;
  /** Idempotent. */
  close(): Promise<void>;
}

/** Connects. Rejects as `rows` does. */
export type GuestOpener = (options: GuestOptions) => Promise<GuestSession>;
