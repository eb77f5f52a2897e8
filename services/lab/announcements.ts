// A certstream that talks while somebody listens: the names of the lab's logs, one certificate after the other, from the beginning again at the end.
import { certificateUpdate, HEARTBEAT, type LabCertstream, startCertstream } from './certstream.ts';

/** A hundred certificates a second: a run of a few seconds hears some hundreds. */
const EVERY_MS = 10;
const HEARTBEAT_EVERY = 100;

/** Starts the server and its voice. */
export async function startAnnouncements(
  address: string,
  names: readonly (readonly string[])[],
): Promise<Pick<LabCertstream, 'url' | 'close'>> {
  const stream = await startCertstream(address);
  let said = 0;
  const timer = setInterval(() => {
    const next = names[said % names.length];
    if (stream.clients === 0 || next === undefined) return;
    stream.send(said % HEARTBEAT_EVERY === 0 ? HEARTBEAT : certificateUpdate(next, said, new Date()));
    said += 1;
  }, EVERY_MS);
  return {
    url: stream.url,
    close: async () => {
      clearInterval(timer);
      await stream.close();
    },
  };
}
