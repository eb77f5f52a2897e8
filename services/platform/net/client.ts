// The one HTTP client for APIs and feeds: polite, bounded and blunt. It follows nothing, retries nothing and decodes nothing.
import type { Socket } from 'node:net';
import { Agent, buildConnector, errors, ping, WebSocket } from 'undici';
import { DialDenied, type DialGuard, guardedLookup, judgeConnected, judgeLiteral, type Lookup } from './guard.ts';

/** The shape that feeds/http.ts declares; platform imports no stage, so it stands here again and the compiler compares. */
export interface ClientRequest {
  readonly url: string;
  readonly method?: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

export interface ClientReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** Sends one request; see NetClient. */
export type HttpClient = (request: ClientRequest) => Promise<ClientReply>;

export interface ClientSocketEvents {
  readonly open: () => void;
  readonly message: (text: string) => void;
  readonly end: (reason: string) => void;
}

export interface ClientSocket {
  readonly ping: () => void;
  readonly close: () => void;
}

export interface ClientOptions {
  /** Sent with every request, and not to be overridden by one. */
  readonly userAgent: string;
  /** From the call to the last byte, in milliseconds. */
  readonly totalTimeoutMs?: number;
  readonly connectTimeoutMs?: number;
  /** Connections to one origin at a time. */
  readonly connectionsPerOrigin?: number;
  /** Default: every address may be connected to. */
  readonly guard?: DialGuard;
  /** What names lead to; default: this system's resolver. */
  readonly lookup?: Lookup;
  /** Certificates to trust beside the built-in ones, PEM: for a proxy of one's own, and for tests. */
  readonly ca?: string;
}

export interface NetClient {
  /**
   * Sends one request and reads the whole reply. The body is as sent: a content coding is named in the headers and not undone.
   * Rejects with an Error whose `code` is a system code (ECONNREFUSED ...), an undici code (UND_ERR_...), or one of NET_ERRORS, and with the signal's
   * reason when the caller aborted. Never retried.
   */
  readonly request: HttpClient;
  /** Listens to a WebSocket; see feeds/web-socket.ts, whose shape this is. */
  readonly openSocket: (url: string, events: ClientSocketEvents) => ClientSocket;
  /** Cuts running requests and closes all connections; a WebSocket is closed by its own reader. */
  close(): Promise<void>;
}

/** The codes that this client makes itself. They name outcomes of a request, not errors that a user meets, so they stand in no table. */
export const NET_ERRORS = {
  bad_url: 'NET_BAD_URL',
  too_large: 'NET_TOO_LARGE',
  deadline: 'NET_DEADLINE',
  incomplete: 'NET_INCOMPLETE',
  malformed: 'NET_MALFORMED',
  denied: 'NET_DENIED',
} as const;

/** A failed request; a value in the making: feeds turn it into a partial run. */
export class NetError extends Error {
  readonly code: string;
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'NetError';
    this.code = code;
  }
}

/** A page of an engine or a tile of a log takes seconds; a minute is a dead server. */
const TOTAL_TIMEOUT_MS = 60_000;
const CONNECT_TIMEOUT_MS = 10_000;
const CONNECTIONS_PER_ORIGIN = 4;
/** Far above any honest API (Node's own default for all headers together). */
const MAX_HEADER_BYTES = 16 * 1024;
const KEEP_ALIVE_MS = 4_000;
/** Of a message of a WebSocket, after decompression: four bytes for each character of the longest that a feed reads. A longer one ends the connection. */
const MAX_MESSAGE_BYTES = 4 * 1024 * 1024;
/** How long a WebSocket that is being closed waits for the other side to agree. */
const CLOSE_GRACE_MS = 1_000;

/**
 * Makes the client. It uses an Agent of its own, so neither proxy variables of the environment nor a global dispatcher have a say.
 */
export function createClient(options: ClientOptions): NetClient {
  const { guard } = options;
  const plain = buildConnector({
    timeout: options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
    allowH2: false,
    ...(options.ca === undefined ? {} : { ca: options.ca }),
    ...(guard === undefined ? {} : { lookup: guardedLookup(guard, options.lookup) }),
  }) as (...parameters: Parameters<buildConnector.connector>) => Socket;
  const connect: buildConnector.connector = (where, callback) => {
    const socket = plain(where, callback);
    if (guard !== undefined) judgeConnected(socket, guard, where.hostname);
  };
  const mayAsk = (url: string): void => {
    if (guard !== undefined) judgeLiteral(guard, URL.parse(url)?.hostname ?? '');
  };
  const agent = new Agent({
    connections: options.connectionsPerOrigin ?? CONNECTIONS_PER_ORIGIN,
    pipelining: 1,
    allowH2: false,
    maxHeaderSize: MAX_HEADER_BYTES,
    keepAliveTimeout: KEEP_ALIVE_MS,
    // The deadline below ends everything; these two are per gap and would only add codes.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect,
  });
  const totalTimeoutMs = options.totalTimeoutMs ?? TOTAL_TIMEOUT_MS;
  return {
    request: async (request) => {
      mayAsk(request.url);
      return send(agent, request, options.userAgent, totalTimeoutMs);
    },
    openSocket: (url, events) => openSocket(connect, url, options.userAgent, events, mayAsk),
    close: () => agent.destroy(),
  };
}

function openSocket(
  connect: buildConnector.connector,
  url: string,
  userAgent: string,
  events: ClientSocketEvents,
  mayAsk: (url: string) => void,
): ClientSocket {
  // A connection of its own, so that it can be cut: a WebSocket waits for ever for a peer that does not say goodbye.
  let line: Socket | null = null;
  let failure = '';
  let opened = false;
  const dispatcher = new Agent({
    allowH2: false,
    maxHeaderSize: MAX_HEADER_BYTES,
    webSocket: { maxPayloadSize: MAX_MESSAGE_BYTES },
    connect: (options, callback) =>
      connect(options, (...result) => {
        // The WebSocket itself keeps its reasons from scripts, as browsers do.
        if (result[0] !== null) failure = withCode(result[0], new URL(url).host).message;
        line = result[1];
        callback(...result);
      }),
  });
  let socket: WebSocket;
  try {
    mayAsk(url);
    socket = new WebSocket(url, { dispatcher, headers: { 'user-agent': userAgent } });
  } catch (error) {
    queueMicrotask(() => events.end(error instanceof Error ? error.message : String(error)));
    return { ping: () => undefined, close: () => undefined };
  }
  let grace: NodeJS.Timeout | undefined;
  socket.addEventListener('open', () => {
    opened = true;
    events.open();
  });
  socket.addEventListener('message', ({ data }) => {
    if (typeof data === 'string') events.message(data);
  });
  socket.addEventListener('close', ({ code, reason }) => {
    clearTimeout(grace);
    dispatcher.destroy().catch(() => undefined);
    const closed = `closed with code ${code}${reason === '' ? '' : `, ${reason}`}`;
    events.end(failure !== '' ? failure : opened ? closed : 'the server does not accept WebSockets here');
  });
  return {
    ping: () => {
      if (socket.readyState === WebSocket.OPEN) ping(socket);
    },
    close: () => {
      if (socket.readyState === WebSocket.CLOSED) return;
      socket.close();
      grace ??= setTimeout(() => line?.destroy(), CLOSE_GRACE_MS);
    },
  };
}

async function send(
  agent: Agent,
  request: ClientRequest,
  userAgent: string,
  totalTimeoutMs: number,
): Promise<ClientReply> {
  const url = parseUrl(request.url);
  request.signal.throwIfAborted();
  const deadline = AbortSignal.timeout(totalTimeoutMs);
  const signal = AbortSignal.any([request.signal, deadline]);
  try {
    const reply = await agent.request({
      origin: url.origin,
      path: url.pathname + url.search,
      method: request.method ?? 'GET',
      headers: headersFor(request, userAgent),
      body: request.body ?? null,
      signal,
    });
    // A body that is cut emits an error of its own; nobody listens once the cap or the deadline has spoken.
    reply.body.on('error', () => undefined);
    const body = await readBody(reply.body, request.maxBytes, Number(reply.headers['content-length'] ?? 0));
    return { status: reply.statusCode, headers: joinHeaders(reply.headers), body };
  } catch (error) {
    if (request.signal.aborted) throw request.signal.reason;
    if (deadline.aborted) {
      throw new NetError(NET_ERRORS.deadline, `${url.host} did not answer in full within ${totalTimeoutMs} ms.`, {
        cause: error,
      });
    }
    throw withCode(error, url.host);
  }
}

function parseUrl(text: string): URL {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new NetError(NET_ERRORS.bad_url, 'The address is no http or https URL.');
  }
  if (url.username !== '' || url.password !== '')
    throw new NetError(NET_ERRORS.bad_url, 'The URL holds a user name or password; use a header.');
  return url;
}

function headersFor(request: ClientRequest, userAgent: string): Record<string, string> {
  const given = Object.entries(request.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value] as const);
  return { 'accept-encoding': 'identity', ...Object.fromEntries(given), 'user-agent': userAgent };
}

/** Reads to the end or to the cap, whichever comes first; a declared length above the cap is not read at all. */
async function readBody(
  stream: AsyncIterable<Uint8Array> & { destroy(error?: Error): unknown },
  maxBytes: number,
  declared: number,
): Promise<Uint8Array> {
  const tooLarge = (): NetError => new NetError(NET_ERRORS.too_large, `The reply is longer than ${maxBytes} bytes.`);
  if (declared > maxBytes) {
    stream.destroy();
    throw tooLarge();
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  // Leaving the loop early destroys the stream and its connection.
  for await (const chunk of stream) {
    size += chunk.byteLength;
    if (size > maxBytes) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}

function joinHeaders(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  const joined: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) joined[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return joined;
}

/** Every failure leaves with a code. A reply that ends before its declared length has one name, however the driver noticed. */
function withCode(error: unknown, host: string): Error {
  if (error instanceof NetError) return error;
  const known = innermost(error);
  if (known instanceof DialDenied) return known;
  if (known instanceof errors.SocketError)
    return new NetError(NET_ERRORS.incomplete, `${host} closed the connection before the reply was whole.`, {
      cause: error,
    });
  if (known instanceof errors.HTTPParserError)
    return new NetError(NET_ERRORS.malformed, `${host} does not speak HTTP: ${known.message}`, { cause: error });
  if (known instanceof Error && 'code' in known && typeof known.code === 'string')
    return new NetError(known.code, `${host}: ${known.message}`, { cause: error });
  return new NetError(NET_ERRORS.incomplete, `${host}: ${known instanceof Error ? known.message : String(known)}`, {
    cause: error,
  });
}

/** A name with several addresses fails with one error per address; the first says enough. */
function innermost(error: unknown): unknown {
  if (error instanceof AggregateError && error.errors.length > 0) return innermost(error.errors[0]);
  if (error instanceof Error && !('code' in error) && error.cause !== undefined) return innermost(error.cause);
  return error;
}
