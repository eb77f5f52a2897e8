// Run in a network namespace of its own, whose neighbour never answers: A03 and D8 with real errors of a real kernel, A08 with a real zero window.
import { runCase } from '../adverse-case.ts';
import { serveTcp } from './listener.ts';

const nobody = async () => ({ port: 6443, connections: () => 0, close: async () => {} });
/** The kernel says so after three unanswered ARP requests; its interval is set by who started this. */
const limits = { connectMs: 30_000, tlsMs: 30_000, headersMs: 30_000, totalMs: 60_000 };
const patient = { ...(await import('../../../services/probes/tls.probe.ts')).DEFAULT_LIMITS, ...limits };

await runCase({
  id: 'A03',
  what: 'ICMP host unreachable',
  serve: nobody,
  outcome: 'tcp_unreachable',
  target: { address: '10.66.0.2' },
  options: { limits: patient },
  accepted: 0,
});
process.stdout.write('A03\n');
await runCase({
  id: 'D8',
  what: 'an IPv6 address, and no route to any',
  serve: nobody,
  outcome: 'error_ours',
  target: { address: '2001:db8::1' },
  accepted: 0,
});
process.stdout.write('D8\n');
let read = 0;
await runCase({
  id: 'A08',
  what: 'SYN-ACK with a zero window',
  // It would read all that comes: nothing can come.
  serve: () => serveTcp((socket) => void socket.on('data', (bytes) => (read += bytes.length))),
  outcome: 'tls_timeout',
});
if (read !== 0) throw new Error(`the window was open: ${read} bytes came`);
process.stdout.write('A08\n');
