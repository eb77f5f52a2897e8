// Planning a survey of 1,500,000 endpoints: how fast, and that memory does not grow with the number of candidates.
import { addCandidates, planAll } from './made-up-candidates.ts';
import { withScratch } from './scratch-database.ts';

const NOW = new Date('2026-11-24T12:00:00Z');
/** A tenth first: what a plan of ten times as many needs more is what would grow. */
const ENDPOINTS = [150_000, 1_500_000] as const;
const LOOK_MS = 100;

/** Prints endpoints per second and the largest resident memory of both plans. Some minutes, with 2 GB of disk while it runs. */
export async function benchPlan(print: (line: string) => void): Promise<void> {
  await withScratch(NOW, async ({ database }) => {
    const peaks: number[] = [];
    let stored = 0;
    for (const endpoints of ENDPOINTS) {
      await addCandidates(database, NOW, [stored, endpoints]);
      stored = endpoints;
      let peak = 0;
      const look = setInterval(() => {
        peak = Math.max(peak, process.memoryUsage.rss());
      }, LOOK_MS);
      const start = performance.now();
      await planAll(database, `bench-${endpoints}`, NOW, endpoints);
      const seconds = (performance.now() - start) / 1000;
      clearInterval(look);
      peaks.push(peak);
      print(
        `${endpoints.toLocaleString('en-US')} endpoints planned in ${seconds.toFixed(0)} s, RSS at most ${Math.round(peak / 1e6)} MB`,
      );
    }
    print(`ratio of the larger plan's memory to the smaller's ${(peaks[1]! / peaks[0]!).toFixed(2)}`);
  });
}
