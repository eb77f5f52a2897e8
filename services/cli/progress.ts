// A progress bar on a terminal, a line now and then elsewhere is left to the log.
import { Presets, SingleBar } from 'cli-progress';
import type { Session } from './command.ts';

export interface Progress {
  update(done: number, total: number, note: string): void;
  /** Ends the bar; a second call does nothing. */
  stop(done: number, total: number): void;
}

/** A bar on stderr when that is a terminal; silent otherwise. */
export function progressBar(session: Session, title: string): Progress {
  if (!session.progressBars) return { update: () => {}, stop: () => {} };
  const bar = new SingleBar(
    { format: `${title} {bar} {value}/{total} {note}`, stream: process.stderr, hideCursor: true },
    Presets.shades_classic,
  );
  let running = true;
  bar.start(1, 0, { note: '' });
  return {
    update: (done, total, note) => {
      bar.setTotal(Math.max(total, 1));
      bar.update(done, { note });
    },
    stop: (done, total) => {
      if (!running) return;
      running = false;
      if (total > 0) bar.update(done);
      bar.stop();
    },
  };
}
