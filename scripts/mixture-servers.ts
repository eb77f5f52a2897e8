// The servers of the mixture, in a process of their own: what they hold is not the probe's memory. Ends with its parent.
import { issueCertificate } from '../services/lab/server-certificates.ts';
import type { Target } from '../services/probes/probe.ts';
import { targetOf } from '../test/hostile/adverse-case.ts';
import { adverseCases } from '../test/hostile/adverse-cases.ts';
import { serveTls } from '../test/hostile/servers/listener.ts';

/** Sent once all of them listen. */
export interface MixtureServers {
  readonly adverse: readonly Target[];
  readonly good: readonly Target[];
}

const ANSWER = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
/** Cases whose servers are processes of their own, or cost the process itself seconds of work. */
const LEFT_OUT = /^A(?:02|07|09|26|27|28|43)/;

const [adverse, good] = process.argv.slice(2).map(Number) as [number, number];
process.once('disconnect', () => process.exit());
const cases = (await adverseCases()).filter(({ id }) => !LEFT_OUT.test(id));
const { key, cert } = await issueCertificate();
const targets = { adverse: [] as Target[], good: [] as Target[] };
for (let at = 0; at < adverse; at++) {
  const one = cases[at % cases.length];
  if (one !== undefined) targets.adverse.push(targetOf(await one.serve(), one.target));
}
for (let at = 0; at < good; at++)
  targets.good.push(
    targetOf(await serveTls({ key, cert }, (socket) => void socket.on('data', () => socket.write(ANSWER)))),
  );
process.send?.(targets satisfies MixtureServers);
