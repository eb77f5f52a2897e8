// Floods of TLS messages that raise no event, from a process of its own: what the reader of the cap does when it cannot look between two messages.
import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { it } from 'node:test';
import { createProbe, DEFAULT_LIMITS } from '../../services/probes/tls.probe.ts';

/** The kernel's buffer is read in up to 32 pieces of 64 KiB before anybody is asked again, twenty times a second. */
const MOST_READ = 32 * 1024 * 1024;

for (const flood of ['long tickets', 'short tickets', 'key updates'])
  it(`an endless flood of ${flood} ends by the cap, long before the deadline`, async () => {
    const child = fork(new URL('./servers/flooding-child.ts', import.meta.url), [flood], { execArgv: [] });
    try {
      const [port] = (await once(child, 'message')) as [number];
      const probe = createProbe({
        limits: { ...DEFAULT_LIMITS, totalMs: 120_000, headersMs: 120_000 },
        userAgent: 'kubecensus-test/1',
        from: null,
        allow: () => true,
        now: () => new Date(),
      });
      const target = { address: '127.0.0.1', port, serverName: null, transport: 'tls', paths: ['/version'] } as const;
      const { outcome, detail, bytesIn } = await probe(target);
      assert.deepEqual({ outcome, detail }, { outcome: 'tls_protocol', detail: 'TOTAL_BYTES' });
      assert.ok(bytesIn > DEFAULT_LIMITS.totalBytes, 'the flood was no longer than the cap');
      assert.ok(bytesIn < MOST_READ, `${bytesIn} bytes were read`);
    } finally {
      child.kill('SIGKILL');
    }
  });
