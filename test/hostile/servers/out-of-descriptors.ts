// Run with a small limit of open files: uses them all up, probes, gives them back, probes again, prints both outcomes.
import { closeSync, openSync } from 'node:fs';
import { shortProbe, targetOf } from '../adverse-case.ts';

const probe = shortProbe();
const target = targetOf({ port: 1 });
// Whatever is loaded lazily is loaded now, while there are descriptors.
await probe(target);
const taken: number[] = [];
try {
  for (;;) taken.push(openSync('/dev/null', 'r'));
} catch {
  // The limit is reached.
}
const { outcome, detail } = await probe(target);
for (const descriptor of taken) closeSync(descriptor);
const again = await probe(target);
process.stdout.write(JSON.stringify({ outcome, detail, again: again.outcome }));
