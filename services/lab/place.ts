// Finds a part of the loopback network where no other lab runs, and holds it.
import { createServer, type Server } from 'node:net';
import { PLACES } from './world.ts';

/** A place that belongs to this lab until it is released. */
export interface Place {
  readonly place: number;
  /** Whether this process may listen below 1024. */
  readonly lowPorts: boolean;
  release(): Promise<void>;
}

/** Hosts end in 1 to 250, so this address of each /16 is nobody's host. */
const keeper = (place: number) => `127.${16 + place}.255.254`;

/**
 * Claims the first free place from `first` on. The claim is a listener, so that it ends with the process. Rejects with the system's error when
 * the addresses cannot be listened on at all, or EADDRINUSE when all places are taken.
 */
export async function claimPlace(first = 0): Promise<Place> {
  let failure: unknown;
  for (let step = 0; step < PLACES; step += 1) {
    const place = (first + step) % PLACES;
    try {
      return await claim(place, 443, true);
    } catch (error) {
      failure = error;
      if (codeOf(error) === 'EADDRINUSE') continue;
      if (codeOf(error) !== 'EACCES') throw error;
    }
    try {
      return await claim(place, 6443, false);
    } catch (error) {
      failure = error;
      if (codeOf(error) !== 'EADDRINUSE') throw error;
    }
  }
  throw failure;
}

async function claim(place: number, port: number, lowPorts: boolean): Promise<Place> {
  const server: Server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen({ host: keeper(place), port, exclusive: true }, () => resolve());
  });
  return { place, lowPorts, release: () => new Promise((resolve) => server.close(() => resolve())) };
}

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code;
