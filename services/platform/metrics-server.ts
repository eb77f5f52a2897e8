// A small server for Prometheus and for whoever watches a process that is no API: /metrics, /livez, /readyz, /startupz.
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { KubecensusError } from './errors.ts';
import type { Metrics } from './metrics.ts';

/** A scrape is one line of a request. */
const REQUEST_MS = 10_000;
/** Watchers are few. */
const MAX_CONNECTIONS = 64;

export interface Watched {
  readonly metrics: Metrics;
  /** Each check and whether it passes. */
  readonly ready: () => Promise<Readonly<Record<string, boolean>>>;
  readonly started: () => Promise<Readonly<Record<string, boolean>>>;
}

export interface MetricsServer {
  readonly url: string;
  close(): Promise<void>;
}

/** Listens; throws KC_METRICS_LISTEN when it cannot. */
export async function startMetricsServer(
  where: { readonly host: string; readonly port: number },
  watched: Watched,
): Promise<MetricsServer> {
  const server = createServer({ requestTimeout: REQUEST_MS, headersTimeout: REQUEST_MS }, async (request, response) => {
    const answer = await answerTo(request.method ?? '', request.url ?? '', watched).catch(() => FAILED);
    response.writeHead(answer.status, {
      'content-type': answer.type,
      'cache-control': 'no-store',
      connection: 'close',
    });
    response.end(request.method === 'HEAD' ? '' : answer.body);
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.on('clientError', (_error, socket) => socket.destroy());
  try {
    await once(server.listen(where), 'listening');
  } catch (cause) {
    throw new KubecensusError('KC_METRICS_LISTEN', `${where.host}:${where.port}: ${(cause as Error).message}.`, {
      cause,
    });
  }
  return { url: urlOf(server), close: () => close(server) };
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

const TEXT = 'text/plain; charset=utf-8';
const FAILED: Answer = { status: 500, type: TEXT, body: 'failed\n' };

async function answerTo(method: string, url: string, { metrics, ready, started }: Watched): Promise<Answer> {
  if (method !== 'GET' && method !== 'HEAD') return { status: 405, type: TEXT, body: 'GET or HEAD\n' };
  switch (url.split('?')[0]) {
    case '/metrics':
      return { status: 200, type: metrics.contentType, body: await metrics.text() };
    case '/livez':
      return { status: 200, type: TEXT, body: 'pass\n' };
    case '/readyz':
      return verdict(await ready());
    case '/startupz':
      return verdict(await started());
    default:
      return { status: 404, type: TEXT, body: 'there are /metrics, /livez, /readyz and /startupz\n' };
  }
}

/** Which checks failed is for those who reach this listener: it is not for the public. */
function verdict(checks: Readonly<Record<string, boolean>>): Answer {
  const failed = Object.keys(checks).filter((name) => checks[name] !== true);
  return failed.length === 0
    ? { status: 200, type: TEXT, body: 'pass\n' }
    : { status: 503, type: TEXT, body: `fail: ${failed.join(', ')}\n` };
}

function urlOf(server: Server): string {
  const { address, family, port } = server.address() as AddressInfo;
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

async function close(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}
