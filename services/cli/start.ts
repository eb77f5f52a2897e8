// kubecensus start: the service, until it is stopped.
import { once } from 'node:events';
import { KubecensusError } from '../platform/errors.ts';
import { type Part, ROLES, startParts } from '../roles.ts';
import { type Command, EXIT, textOption } from './command.ts';

export const startCommand: Command = {
  usage: 'start',
  help: 'run the service: queue workers, schedules, deliveries, the API',
  options: [
    {
      flags: '--role <roles>',
      help: `which parts to run, comma-separated: ${Object.keys(ROLES).join(', ')} (default: all)`,
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
