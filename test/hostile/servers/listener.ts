// Test servers on loopback: they count connections and can be closed with everything that they hold.
import { once } from 'node:events';
import net from 'node:net';
import tls from 'node:tls';

/** A server that a probe meets. */
export interface AdverseServer {
  readonly port: number;
  /** TCP connections so far. */
  connections(): number;
  close(): Promise<void>;
}

/** Listens and hands every connection to `meet`; errors of its sockets are expected and dropped. */
async function listenWith(
  server: net.Server,
  event: string,
  meet: (socket: net.Socket) => void,
  host: string,
): Promise<AdverseServer> {
  const sockets = new Set<net.Socket>();
  let connections = 0;
  server.on('connection', (socket) => {
    connections++;
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  });
  server.on('tlsClientError', () => {});
  server.on(event, (socket: net.Socket) => {
    socket.on('error', () => {});
    meet(socket);
  });
  server.listen(0, host);
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    port: address.port,
    connections: () => connections,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A TCP server. */
export function serveTcp(meet: (socket: net.Socket) => void, host = '127.0.0.1'): Promise<AdverseServer> {
  return listenWith(net.createServer(), 'connection', meet, host);
}

/** A TLS server; `meet` gets the secured socket. */
export function serveTls(
  options: tls.TlsOptions,
  meet: (socket: net.Socket) => void,
  host = '127.0.0.1',
): Promise<AdverseServer> {
  return listenWith(tls.createServer(options), 'secureConnection', meet, host);
}

/** Calls `tick` every `ms` until the socket is closed. */
export function whileOpen(socket: net.Socket, ms: number, tick: () => void): void {
  const timer = setInterval(tick, ms);
  socket.on('close', () => clearInterval(timer));
}

/** Small pieces are written by the dozen, so that a flood costs the peer's time and not the test's. */
const FLOOD_BYTES = 8192;

/** Writes the same bytes again and again as fast as the peer reads. */
export function flood(socket: net.Socket, piece: Buffer | string): void {
  const bytes = Buffer.from(piece);
  const chunk = Buffer.concat(Array<Buffer>(Math.ceil(FLOOD_BYTES / bytes.length)).fill(bytes));
  const fill = (): void => {
    while (!socket.destroyed && socket.write(chunk));
  };
  socket.on('drain', fill);
  fill();
}
