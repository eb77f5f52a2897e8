// A dialer without a socket: what a host answers is drawn from a planned world by its address, so that every process of a benchmark sees the same internet.
import { createHash } from 'node:crypto';
import type { Evidence } from '../../services/feeds/evidence.ts';
import { judge } from '../../services/fingerprints/match.ts';
import type { Probe } from '../../services/probes/probe.ts';
import { labSights } from './evidence-lines.ts';
import { SCRATCH_PORT } from './survey-plan.ts';

const SEED = 'bench survey';
/** Hosts of the planned world; addresses share what they show. */
const HOSTS = 1500;
/** A quarter of all hosts does not answer. */
const SILENT = 4;

export interface FakeInternet {
  readonly probe: Probe;
  /** The component that is recognised at an address; null where nobody answers or nothing is recognised. */
  readonly componentAt: (address: string) => string | null;
}

/** The same in every process that asks for the same `now`. */
export async function fakeInternet(now: Date, clusterKey: string): Promise<FakeInternet> {
  const sights = (await labSights(SEED, HOSTS, now)).map(({ lineFor }) => {
    const evidence = JSON.parse(lineFor('192.0.2.1', now)) as Evidence;
    const dialled = { ...evidence, endpoint: { address: '192.0.2.1', port: SCRATCH_PORT } };
    const { component } = judge(dialled, { now: now.toISOString(), asn: null, key: clusterKey });
    return { evidence, component };
  });
  const at = (address: string) => {
    const digest = createHash('sha256').update(address).digest();
    return digest.readUInt8(0) % SILENT === 0 ? null : (sights[digest.readUInt32BE(1) % sights.length] ?? null);
  };
  return {
    probe: async ({ address, port }) => {
      const sight = at(address);
      const endpoint = { address, port };
      const timing = { connect: sight === null ? null : 20, tls: sight === null ? null : 40, http: null, total: 100 };
      if (sight === null)
        return {
          outcome: 'tcp_timeout',
          phase: 'connect',
          alert: null,
          detail: null,
          ms: timing,
          bytesIn: 0,
          evidence: { endpoint },
        };
      return {
        outcome: null,
        phase: 'done',
        alert: null,
        detail: null,
        ms: timing,
        bytesIn: 4096,
        evidence: { ...sight.evidence, endpoint },
      };
    },
    componentAt: (address) => at(address)?.component ?? null,
  };
}
