// The lab's own process: started by process.ts with its options, ends when told to or when its parent is gone.
import { runLab } from './lab.ts';
import type { FromLab, ToLab } from './process.ts';
import type { WorldOptions } from './world.ts';

const say = (message: FromLab) => process.send?.(message);

/** The options as process.ts wrote them; dates become text in JSON. */
function readOptions(text: string | undefined): WorldOptions {
  const written = JSON.parse(text ?? '{}') as Omit<WorldOptions, 'now'> & { now: string };
  return { ...written, now: new Date(written.now) };
}

try {
  const lab = await runLab(readOptions(process.argv[2]));
  let ending = false;
  const end = () => {
    if (ending) return;
    ending = true;
    void lab.close().then(() => process.disconnect?.());
  };
  process.on('message', (message: ToLab) => {
    if (message.type === 'dials') say({ type: 'dials', counts: lab.dials() });
    else end();
  });
  process.once('disconnect', () => process.exit(0));
  // An interrupt at the terminal reaches the whole group; the parent decides when the lab ends.
  process.on('SIGINT', () => undefined);
  const { place = 0, lowPorts = true } = lab.options;
  say({ type: 'ready', place, lowPorts, addresses: lab.addresses });
} catch (error) {
  say({ type: 'failed', message: error instanceof Error ? error.message : String(error) });
  process.exitCode = 1;
  process.disconnect?.();
}
