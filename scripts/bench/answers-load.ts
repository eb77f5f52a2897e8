// Clients that ask one address at once, each again when it was answered, over connections that stay.
import { Agent, get } from 'node:http';

/** Milliseconds to the last byte of an answer. */
export interface Timing {
  /** Of the one answer before all others, by one client: nothing is kept ready yet. */
  readonly first: number;
  readonly p50: number;
  readonly p95: number;
  /** Of one answer. */
  readonly bytes: number;
}

/** Asks `times` times by each of `clients`. Throws when an answer is not 200. */
export async function askAtOnce(url: string, clients: number, times: number): Promise<Timing> {
  const agent = new Agent({ keepAlive: true, maxSockets: clients });
  try {
    const { took: first, bytes } = await ask(url, agent);
    const measured: number[] = [];
    const client = async (): Promise<void> => {
      for (let n = 0; n <= times; n++) {
        const { took } = await ask(url, agent);
        if (n > 0) measured.push(took);
      }
    };
    await Promise.all(Array.from({ length: clients }, client));
    measured.sort((a, b) => a - b);
    const at = (share: number): number => measured[Math.ceil(share * measured.length) - 1] as number;
    return { first, p50: at(0.5), p95: at(0.95), bytes };
  } finally {
    agent.destroy();
  }
}

function ask(url: string, agent: Agent): Promise<{ took: number; bytes: number }> {
  const started = performance.now();
  return new Promise((resolve, reject) => {
    get(url, { agent, headers: { 'accept-encoding': 'gzip' } }, (response) => {
      let bytes = 0;
      response.on('data', (part: Buffer) => {
        bytes += part.length;
      });
      response.on('error', reject);
      response.on('end', () =>
        response.statusCode === 200
          ? resolve({ took: performance.now() - started, bytes })
          : reject(new Error(`${url} answered ${response.statusCode}.`)),
      );
    }).on('error', reject);
  });
}
