// What a chunk under way tells Postgres, and what it hears there of other workers and of the people on call.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../platform/clock.ts';
import type { Database } from '../platform/db/database.ts';
import { reportWatch } from '../surveys/brake.store.ts';
import { isEnding } from '../surveys/early-end.store.ts';
import type { ChunkWatch } from './chunk-watch.ts';

/** How often a chunk under way reports: what one worker learns, the others know as soon. */
const REPORT_MS = 2_000;

/**
 * Tells Postgres what the chunk learns of networks, and the chunk what others learned, at once and then every REPORT_MS until stopped. `ending` aborts when
 * the survey has ended or is about to.
 */
export async function reporting(
  watch: ChunkWatch,
  surveyId: string,
  context: { readonly database: Database; readonly now: Clock },
): Promise<{ readonly ending: AbortSignal; readonly stop: () => Promise<void> }> {
  const ending = new AbortController();
  const report = async (): Promise<void> => {
    const news = watch.take();
    try {
      watch.leaveAlone(await reportWatch(context.database, surveyId, news, context.now()));
      if (await isEnding(context.database.db, surveyId)) ending.abort();
    } catch {
      // The database is away: the chunk goes on, and the next report says all of it.
      watch.giveBack(news);
    }
  };
  await report();
  const stopping = new AbortController();
  const loop = (async () => {
    while (!stopping.signal.aborted) {
      await sleep(REPORT_MS, undefined, { signal: stopping.signal }).catch(() => undefined);
      await report();
    }
  })();
  return {
    ending: ending.signal,
    stop: async () => {
      stopping.abort();
      await loop;
    },
  };
}
