// kubecensus start: the service, until it is stopped.
import { once } from 'node:events';
import { KubecensusError } from '../platform/errors.ts';
import { type Part, ROLES, startParts } from '../roles.ts';
import { type Command, EXIT, textOption } from './command.ts';

/** Whoever stops services kills them half a minute after asking (systemd, Kubernetes, Compose as set in infra/): what cannot be let go by then is left, and issued again. */
const LEAVE_MS = 30_000;

export const startCommand: Command = {
  usage: 'start',
  isService: true,
  help: 'run the service: queue workers, schedules, deliveries, the API',
  options: [
    {
      flags: '--role <roles>',
      help: `which parts to run, comma-separated: ${Object.keys(ROLES).join(', ')} (default: all)`,
    },
    { flags: '--vantage <name>', help: 'where probes of this process leave from', setting: 'vantage' },
    {
      flags: '--source-addresses <list>',
      help: 'addresses of this machine that probes leave from, one of each family at most',
      setting: 'sourceAddresses',
    },
    { flags: '--listen <address>', help: 'where the API listens, as 127.0.0.1:8650', setting: 'api.listen' },
  ],
  printsRows: false,
  run: async (session, _args, options) => {
    const parts = rolesOf(textOption(options, 'role') ?? 'all');
    const composed = await session.open();
    const stop = await startParts(parts, composed);
    session.say(`kubecensus ${composed.codeVersion} runs: ${parts.join(', ')}.`);
    if (!session.signal.aborted) await once(session.signal, 'abort');
    setTimeout(() => {
      session.log.error(`not everything could be closed within ${LEAVE_MS / 1000} s; leaving it`);
      process.exit(EXIT.failed);
    }, LEAVE_MS).unref();
    await stop();
    return EXIT.done;
  },
};

function rolesOf(text: string): Part[] {
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.filter((name) => !Object.hasOwn(ROLES, name));
  if (unknown.length > 0)
    throw new KubecensusError(
      'KC_USAGE',
      `No role is named ${unknown.join(', ')}; there are: ${Object.keys(ROLES).join(', ')}.`,
    );
  return [...new Set(names.flatMap((name) => ROLES[name] ?? []))];
}
