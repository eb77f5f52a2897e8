// The one way in which a feed asks a server: a request in, a reply out. The client itself lives in platform/net.

/** One request. Nothing is followed or retried: redirects come back as replies, and the feed decides what to do. */
export interface HttpRequest {
  /** Absolute http: or https: URL. */
  readonly url: string;
  /** Default GET. */
  readonly method?: 'GET' | 'POST';
  /** Names in any case. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** A reply with a longer body (after the transfer coding, before any content coding) is a failure. */
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

/** One whole reply, whatever its status. */
export interface HttpReply {
  readonly status: number;
  /** Names in lower case; repeated fields joined by ', '. */
  readonly headers: Readonly<Record<string, string>>;
  /** As sent: a content coding is not undone. */
  readonly body: Uint8Array;
}

/**
 * Sends one request. Rejects with an Error that has a string `code` when no whole reply came (refused, reset, timed out, too large),
 * and with the signal's reason when it was aborted.
 */
export type HttpClient = (request: HttpRequest) => Promise<HttpReply>;
