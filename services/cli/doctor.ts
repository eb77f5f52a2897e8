// kubecensus doctor: is this installation, and this vantage, fit to run? A list of checks; each says what it found and what to do.
import { feedHostReason } from '../candidates/feed-host.ts';
import type { Parts } from '../parts.ts';
import { type Finding, fail, notChecked } from '../platform/finding.ts';
import { createClient } from '../platform/net/client.ts';
import { release } from '../platform/release.ts';
import { checkProbingFile, type Network } from '../surveys/attribution.probe.ts';
import { type Command, EXIT, type Session } from './command.ts';
import {
  checkComplaints,
  checkContact,
  checkGeo,
  checkNeverProbe,
  checkOptOuts,
  checkScope,
  checkSecrets,
} from './doctor/conduct.ts';
import { checkClock, checkPartitions, checkQueue, checkSchema, checkServer } from './doctor/database.ts';
import { checkWorkers } from './doctor/fleet.ts';
import { checkDataDirectory, checkOpenFiles, readLimits } from './doctor/machine.ts';
import { checkChunks, checkPause } from './doctor/stops.ts';
import { checkOwnAddresses, checkResolvers } from './doctor/vantage.ts';
import { formatRows } from './rows.ts';

interface Patient {
  readonly session: Session;
  readonly network: Network;
  readonly now: Date;
}

interface Check {
  readonly name: string;
  /** What must hold for the check to mean anything. */
  readonly needs: 'nothing' | 'database' | 'schema' | 'network';
  readonly run: (patient: Patient, parts: Parts) => Promise<Finding> | Finding;
}

const CHECKS: readonly Check[] = [
  { name: 'database', needs: 'database', run: (_, parts) => checkServer(parts) },
  { name: 'clock', needs: 'database', run: (_, parts) => checkClock(parts) },
  { name: 'schema', needs: 'database', run: (_, parts) => checkSchema(parts) },
  { name: 'partitions', needs: 'schema', run: (_, parts) => checkPartitions(parts) },
  { name: 'queue', needs: 'database', run: (_, parts) => checkQueue(parts) },
  { name: 'workers', needs: 'schema', run: (_, parts) => checkWorkers(parts) },
  { name: 'kill switch', needs: 'schema', run: (_, parts) => checkPause(parts) },
  { name: 'chunks', needs: 'schema', run: (_, parts) => checkChunks(parts) },
  { name: 'opt-outs', needs: 'schema', run: (_, parts) => checkOptOuts(parts) },
  { name: 'complaints', needs: 'schema', run: (_, parts) => checkComplaints(parts) },
  { name: 'geo data', needs: 'database', run: (_, parts) => checkGeo(parts) },
  {
    name: 'open files',
    needs: 'nothing',
    run: async ({ session }) => checkOpenFiles(await readLimits(), session.config.inFlight),
  },
  { name: 'data directory', needs: 'nothing', run: ({ session }) => checkDataDirectory(session.config.dataDir) },
  { name: 'secrets', needs: 'nothing', run: ({ session }) => checkSecrets(session.config) },
  { name: 'contact', needs: 'nothing', run: ({ session }) => checkContact(session.config) },
  { name: 'scope', needs: 'nothing', run: ({ session }) => checkScope(session.config) },
  { name: 'never-probe table', needs: 'nothing', run: ({ now }) => checkNeverProbe(now) },
  { name: 'resolvers', needs: 'network', run: ({ session }) => checkResolvers(session.config['dns.servers']) },
  {
    name: 'probing.txt',
    needs: 'network',
    run: ({ session, network, now }) => checkProbingFile(session.config, network, now),
  },
  {
    name: 'reverse names',
    needs: 'network',
    run: ({ session, network, now }) => checkOwnAddresses(session.config, network, now),
  },
];

export const doctorCommand: Command = {
  usage: 'doctor',
  help: 'whether this installation and this vantage are fit to run: each finding with what to do; fails when one does',
  options: [{ flags: '--network', help: 'also what leaves this machine: resolvers, probing.txt, reverse names' }],
  run: async (session, _args, options) => {
    const parts = await session.look().catch((error: unknown) => error as Error);
    const client = createClient({
      userAgent: parts instanceof Error ? `kubecensus/${release.version}` : parts.userAgent,
      // A reverse name is written by whoever routes the address.
      guard: feedHostReason,
    });
    try {
      const now = parts instanceof Error ? new Date() : parts.now();
      const patient = { session, network: { http: client.request, servers: session.config['dns.servers'] }, now };
      const rows = await examine(patient, parts, options['network'] === true);
      await session.out(formatRows(rows, session.format));
      return rows.some(({ status }) => status === 'fail') ? EXIT.failed : EXIT.done;
    } finally {
      await client.close();
    }
  },
};

async function examine(patient: Patient, parts: Parts | Error, asksNetwork: boolean) {
  const rows: { check: string; status: Finding['status']; found: string; todo: string | null }[] = [];
  let isMigrated = false;
  for (const { name, needs, run } of CHECKS) {
    const finding = await (async () => {
      if (needs === 'network' && !asksNetwork) return notChecked('it would leave this machine', 'Ask with --network.');
      if (needs === 'schema' && !isMigrated) return notChecked('the schema is not that of this release');
      if (parts instanceof Error && (needs === 'database' || needs === 'schema'))
        return name === 'database' ? failed(parts) : notChecked('the database does not answer');
      return await run(patient, parts as Parts);
    })().catch(failed);
    if (name === 'schema') isMigrated = finding.status === 'ok';
    rows.push({ check: name, ...finding });
  }
  return rows;
}

/** An error of ours says what to do itself. */
function failed(error: unknown): Finding {
  const { message, todo } = error as Error & { todo?: string };
  return fail(message, todo ?? 'See the log.');
}
