// Servers whose bytes were changed at random, seeded, met by the real probes over real sockets; `npm run test:fuzz` goes on for longer.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { transcriptTargets } from '../../scripts/fuzz/targets.ts';
import { fuzz } from '../../scripts/fuzz.ts';

/** Some wait out a time limit of the probe: enough for ten seconds. */
const RUNS = 30;

test('transcripts of servers with changed bytes come to one known end each', async () => {
  const { runs, failure } = await fuzz(transcriptTargets(), 'kubecensus', (run) => run >= RUNS);
  assert.equal(failure, null, failure === null ? '' : `${failure.target} ${failure.run}: ${String(failure.error)}`);
  assert.deepEqual([...runs], [['transcripts', RUNS]]);
});
