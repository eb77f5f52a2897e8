// A TCP proxy on loopback that can be told to misbehave: the faults of a network and of whoever is behind it, in this process.
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Cuts connections when the client sends `bytes`. */
export interface Cut {
  /** Looked for in what one read brings; statements are short and come whole on loopback. */
  readonly bytes: Buffer;
  /** True: the server still gets them and does what they say, and the client never hears of it. False: they are lost. */
  readonly isDelivered: boolean;
  /** How many connections are cut so. */
  readonly times: number;
}

export interface FaultProxy {
  /** Where to connect instead of the server. */
  readonly port: number;
  /** The server's URL with the proxy in its place. */
  through(url: string): string;
  /** Holds every piece of data from the client back for so long, in milliseconds. */
  delay(ms: number): void;
  /** Nothing passes in either direction, new connections included, and nobody is told: as when a route is gone. */
  hang(): void;
  /** Whatever was held back passes, and everything works again. */
  heal(): void;
  /** Ends every connection with a reset. */
  reset(): void;
  /** Ends the server's side of every connection and leaves the client's open. */
  halfClose(): void;
  /** Resets every connection and lets in no new one, as a server that is down; `heal` lets them in again. */
  down(): void;
  /** Resets each connection after so many bytes from the server; null for no limit. Counts from now on. */
  limit(bytes: number | null): void;
  cut(cut: Cut): void;
  /** How many connections were cut by `cut`. */
  readonly cuts: number;
  /** Connections that are open now. */
  readonly open: number;
  close(): Promise<void>;
}

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
  /** Bytes that the server may still send. */
  left: number;
}

/** Starts a proxy in front of the server at `url`, which states a host and a port. */
export async function startFaultProxy(url: string): Promise<FaultProxy> {
  const { hostname, port } = new URL(url);
  return FaultyProxy.start(hostname, Number(port));
}

class FaultyProxy implements FaultProxy {
  port = 0;
  cuts = 0;
  readonly #pairs = new Set<Pair>();
  #delayMs = 0;
  #isDown = false;
  #limit = Number.POSITIVE_INFINITY;
  #healed = Promise.resolve();
  #heal = (): void => undefined;
  #cut: Cut | null = null;
  readonly #host: string;
  readonly #hostPort: number;
  readonly #listener = createServer({ allowHalfOpen: true, noDelay: true }, (client) => this.#accept(client));

  constructor(host: string, port: number) {
    this.#host = host;
    this.#hostPort = port;
  }

  static async start(host: string, port: number): Promise<FaultyProxy> {
    const proxy = new FaultyProxy(host, port);
    proxy.#listener.listen(0, '127.0.0.1');
    await once(proxy.#listener, 'listening');
    proxy.port = (proxy.#listener.address() as AddressInfo).port;
    return proxy;
  }

  get open(): number {
    return this.#pairs.size;
  }

  through(url: string): string {
    const changed = new URL(url);
    changed.hostname = '127.0.0.1';
    changed.port = String(this.port);
    return changed.href;
  }

  delay(ms: number): void {
    this.#delayMs = ms;
  }

  hang(): void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#healed = promise;
    this.#heal = resolve;
  }

  heal(): void {
    this.#isDown = false;
    this.#heal();
  }

  reset(): void {
    for (const pair of this.#pairs) drop(pair);
  }

  halfClose(): void {
    for (const { client } of this.#pairs) client.end();
  }

  down(): void {
    this.#isDown = true;
    this.reset();
  }

  limit(bytes: number | null): void {
    this.#limit = bytes ?? Number.POSITIVE_INFINITY;
    for (const pair of this.#pairs) pair.left = this.#limit;
  }

  cut(cut: Cut): void {
    this.#cut = cut;
    this.cuts = 0;
  }

  async close(): Promise<void> {
    this.#heal();
    this.#listener.close();
    for (const { client, server } of this.#pairs) {
      client.destroy();
      server.destroy();
    }
    await once(this.#listener, 'close');
  }

  #accept(client: Socket): void {
    if (this.#isDown) {
      client.resetAndDestroy();
      return;
    }
    const server = connect({ host: this.#host, port: this.#hostPort, allowHalfOpen: true, noDelay: true });
    const pair = { client, server, left: this.#limit };
    this.#pairs.add(pair);
    for (const socket of [client, server]) {
      socket.on('error', () => drop(pair));
      socket.on('close', () => this.#pairs.delete(pair));
    }
    void this.#fromClient(pair);
    void this.#fromServer(pair);
  }

  async #fromClient(pair: Pair): Promise<void> {
    await pump(pair, 'client', async (chunk) => {
      if (this.#delayMs > 0) await sleep(this.#delayMs);
      await this.#healed;
      const cut = this.#cut;
      if (cut === null || this.cuts >= cut.times || !chunk.includes(cut.bytes)) return true;
      this.cuts++;
      pair.client.resetAndDestroy();
      if (!cut.isDelivered) {
        drop(pair);
        return false;
      }
      // The server answers when it has done what it was told; nobody is left to hear it.
      pair.server.once('data', () => pair.server.destroy());
      pair.server.write(chunk);
      return false;
    });
  }

  async #fromServer(pair: Pair): Promise<void> {
    await pump(pair, 'server', async (chunk) => {
      await this.#healed;
      pair.left -= chunk.length;
      if (pair.left >= 0) return true;
      drop(pair);
      return false;
    });
  }
}

/** Carries one direction until its end, which is passed on as a half-close; what `passes` refuses is not carried. */
async function pump(pair: Pair, from: 'client' | 'server', passes: (chunk: Buffer) => Promise<boolean>): Promise<void> {
  const to = from === 'client' ? pair.server : pair.client;
  try {
    for await (const chunk of pair[from].iterator({ destroyOnReturn: false })) {
      if (!(await passes(chunk as Buffer))) return;
      if (to.writable && !to.write(chunk)) await Promise.race([once(to, 'drain'), once(to, 'close')]);
    }
    to.end();
  } catch {
    drop(pair);
  }
}

function drop({ client, server }: Pair): void {
  if (!client.destroyed) client.resetAndDestroy();
  if (!server.destroyed) server.resetAndDestroy();
}
