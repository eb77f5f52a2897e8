// How many workers a vantage wants: what autoscalers read. Pace bounds what more of them gain, and the length of a chunk holds its pace already.

/** A survey that is late wants its rest done within this time: no number of workers does it at once. */
const SHORTEST_SECONDS = 15 * 60;

export interface Backlog {
  /** Chunks that nobody has committed. */
  readonly openChunks: number;
  /** Seconds that one chunk takes a worker; null while that is unknown. */
  readonly chunkSeconds: number | null;
  /** Chunks that one worker has in hand at once, 1 or more. */
  readonly atOnce: number;
  /** Seconds in which a survey should end, and those that have gone by since the oldest running one began. */
  readonly windowSeconds: number;
  readonly goneSeconds: number;
}

/** Workers that end the open chunks in what is left of the window: 0 without work, 1 while nobody knows how long a chunk takes. */
export function workersWanted({ openChunks, chunkSeconds, atOnce, windowSeconds, goneSeconds }: Backlog): number {
  if (openChunks === 0) return 0;
  if (chunkSeconds === null) return 1;
  const left = Math.max(SHORTEST_SECONDS, windowSeconds - goneSeconds);
  const wanted = Math.ceil((openChunks * chunkSeconds) / (atOnce * left));
  return Math.min(Math.max(1, wanted), Math.ceil(openChunks / atOnce));
}
