// A command in a process of its own for the embedded database's tests: opens a data directory, says what it got, and obeys lines on stdin.
import { openEmbedded } from '../../services/platform/db/embedded.ts';
import { silentLog } from '../support/run.ts';

const embedded = await openEmbedded(process.argv[2] ?? '', silentLog);
process.stdout.write(`${JSON.stringify({ url: embedded.url, joined: embedded.joined })}\n`);
process.stdin.once('data', async () => {
  await embedded.close();
  process.stdin.destroy();
});
