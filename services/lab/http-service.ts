// What every web server of the lab begins with: a port on loopback; and what its APIs share, whole requests handed to one function that says what is sent.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One request as it came in. */
export interface LabRequest {
  readonly method: string;
  readonly path: string;
  readonly search: Readonly<Record<string, string>>;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly json: Readonly<Record<string, unknown>>;
}

export interface LabAnswer {
  readonly status: number;
  /** A text is a web page, everything else JSON. */
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** The connection is cut in the middle of the body. */
  readonly cut?: boolean;
}

export interface HttpService {
  /** http://address:port, without a final slash. */
  readonly url: string;
  /** Requests as they came in, with their keys. */
  readonly requests: readonly LabRequest[];
  close(): Promise<void>;
}

/** A server that listens. */
export interface Listening {
  /** address:port as in a URL. */
  readonly authority: string;
  /** Ends all connections, too. */
  close(): Promise<void>;
}

/** Lets a server listen; port 0 is a free one. Rejects when the address cannot be bound. */
export async function listenOn(server: Server, address: string, port = 0): Promise<Listening> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, address, resolve);
  });
  const bound = (server.address() as AddressInfo).port;
  return {
    authority: `${address.includes(':') ? `[${address}]` : address}:${bound}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Bodies of requests are small; more is refused. */
const REQUEST_BYTES = 64 * 1024;

/** Listens on a free port of the address. `answer` is given each request with its number, from 1. */
export async function startHttp(
  address: string,
  answer: (request: LabRequest, number: number) => LabAnswer,
): Promise<HttpService> {
  const requests: LabRequest[] = [];
  const server = createServer((incoming, response) => {
    readRequest(incoming)
      .then((request) => {
        requests.push(request);
        send(response, answer(request, requests.length));
      })
      .catch(() => response.destroy());
  });
  const { authority, close } = await listenOn(server, address);
  return { url: `http://${authority}`, requests, close };
}

async function readRequest(incoming: IncomingMessage): Promise<LabRequest> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > REQUEST_BYTES) throw new Error('the request body is too large');
    chunks.push(chunk);
  }
  const url = new URL(incoming.url ?? '/', 'http://lab');
  const headers = Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]);
  return {
    method: incoming.method ?? 'GET',
    path: url.pathname,
    search: Object.fromEntries(url.searchParams),
    headers: Object.fromEntries(headers),
    json: chunks.length === 0 ? {} : JSON.parse(Buffer.concat(chunks).toString('utf8')),
  };
}

function send(response: ServerResponse, { status, headers, body, cut }: LabAnswer): void {
  if (status === 204) return void response.writeHead(status).end();
  const page = typeof body === 'string';
  const bytes = Buffer.from(page ? body : JSON.stringify(body));
  const type = page ? 'text/html' : 'application/json';
  response.writeHead(status, { 'content-type': type, 'content-length': bytes.length, ...headers });
  if (cut !== true) return void response.end(bytes);
  response.write(bytes.subarray(0, bytes.length / 2), () => response.destroy());
}
