// A server process that is stopped and continued: the kernel goes on answering for it, the process does not.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';
import type { Issued } from '../../../services/lab/server-certificates.ts';
import type { AdverseServer } from './listener.ts';

export interface StoppableServer extends AdverseServer {
  resume(): void;
}

/** More connections than any backlog of 1 takes; the kernel rounds up and adds one. */
const FILLERS = 8;
/** A loopback connection that is not there by now is not coming. */
const FILLED_AFTER_MS = 200;

async function stopped(issued: Issued, backlog: number) {
  const child = fork(new URL('./stoppable-child.ts', import.meta.url), [String(backlog)], { execArgv: [] });
  child.send({ key: issued.key, cert: issued.cert });
  const [port] = await once(child, 'message');
  child.kill('SIGSTOP');
  const close = async (): Promise<void> => {
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
  return { port: Number(port), resume: () => void child.kill('SIGCONT'), close };
}

/** Completes TCP handshakes (the kernel does) and never says a word, until resumed. Connections are not counted by a stopped process: 1 is assumed. */
export async function serveStopped(issued: Issued): Promise<StoppableServer> {
  return { ...(await stopped(issued, 128)), connections: () => 1 };
}

/** A stopped process whose accept queue is full: the kernel drops further SYNs, so the port is a black hole on loopback. */
export async function serveBlackHole(issued: Issued): Promise<AdverseServer> {
  const server = await stopped(issued, 1);
  const fillers = Array.from({ length: FILLERS }, () => net.connect(server.port, '127.0.0.1'));
  for (const filler of fillers) filler.on('error', () => {});
  await new Promise((resolve) => setTimeout(resolve, FILLED_AFTER_MS));
  if (fillers.every((filler) => !filler.connecting))
    throw new Error('the backlog takes everything: this is no black hole');
  return {
    port: server.port,
    connections: () => 0,
    close: async () => {
      for (const filler of fillers) filler.destroy();
      await server.close();
    },
  };
}
