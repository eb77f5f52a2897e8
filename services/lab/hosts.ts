// Opens the lab's hosts: a real listener for every service of every host, on the loopback network.
import { createServer, type Server, type Socket } from 'node:net';
import { type Certificates, makeCertificates } from './certificates.ts';
import { converse } from './conversation.ts';
import type { LabHost, LabService, LabWorld } from './host.ts';

/** Connections that wait in the kernel per listener. A survey opens one at a time per address; tests open more. */
const BACKLOG = 64;

/** Listeners opened at once: enough to be fast, few enough to leave the loop responsive. */
const OPENED_AT_ONCE = 200;

export interface RunningHosts {
  /** Connections accepted so far, by "address:port"; endpoints that nobody dialled are absent. */
  dials(): Readonly<Record<string, number>>;
  readonly certificates: Certificates;
  /** Ends every connection and listener; resolves when all are gone. */
  close(): Promise<void>;
}

/** Starts every service of the world. Rejects with the listener's error when an address is taken; then nothing is left open. */
export async function startHosts(world: LabWorld): Promise<RunningHosts> {
  const certificates = await makeCertificates();
  const startedAt = new Date();
  const counts = new Map<string, number>();
  const sockets = new Set<Socket>();
  const servers: Server[] = [];

  const open = ({ address, refuses }: LabHost, service: LabService): Promise<void> => {
    const key = `${address}:${service.port}`;
    const server = createServer((socket) => {
      counts.set(key, (counts.get(key) ?? 0) + 1);
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
      if (refuses !== undefined && socket.remoteAddress === refuses) socket.resetAndDestroy();
      else converse(socket, { service, certificates, startedAt });
    });
    servers.push(server);
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host: address, port: service.port, backlog: BACKLOG, exclusive: true }, () => {
        server.removeListener('error', reject);
        resolve();
      });
    });
  };

  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    await Promise.all(
      servers.map(
        (server) => new Promise<void>((resolve) => (server.listening ? server.close(() => resolve()) : resolve())),
      ),
    );
  };

  const all = world.hosts.flatMap((host) => host.services.map((service) => ({ host, service })));
  try {
    for (let at = 0; at < all.length; at += OPENED_AT_ONCE) {
      await Promise.all(all.slice(at, at + OPENED_AT_ONCE).map(({ host, service }) => open(host, service)));
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { certificates, dials: () => Object.fromEntries(counts), close };
}
