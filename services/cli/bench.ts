// kubecensus bench: each benchmark prints a ratio against a named reference in the same run.
import { BENCHMARKS } from '../../scripts/bench/index.ts';
import { KubecensusError } from '../platform/errors.ts';
import { type Command, EXIT, textOption } from './command.ts';

export const benchCommand: Command = {
  usage: 'bench [name]',
  help: `run one benchmark or all: ${Object.keys(BENCHMARKS).join(', ')}`,
  printsRows: false,
  options: [
    { flags: '--observations <n>', help: 'with answers: observations of the made-up year (1000 to 100000000)' },
    { flags: '--candidates <n>', help: 'with survey: candidates to look at (1000 to 100000000)' },
    { flags: '--redis <url>', help: 'with survey: a Redis or Valkey for a second run with the queue in it' },
    { flags: '--zgrab2 <path>', help: 'with probe: a zgrab2 binary to compare with' },
  ],
  run: async (session, [name], options) => {
    if (name !== undefined && !Object.hasOwn(BENCHMARKS, name))
      throw new KubecensusError(
        'KC_USAGE',
        `There is no benchmark named ${name}; there are: ${Object.keys(BENCHMARKS).join(', ')}.`,
      );
    const observations = readNumber('observations', options);
    const candidates = readNumber('candidates', options);
    const redisUrl = textOption(options, 'redis');
    const zgrab2 = textOption(options, 'zgrab2');
    for (const [key, run] of Object.entries(BENCHMARKS)) {
      if (name === undefined || name === key)
        await run((line) => void process.stdout.write(`${key}: ${line}\n`), {
          observations,
          candidates,
          redisUrl,
          zgrab2,
        });
      if (session.signal.aborted) break;
    }
    return EXIT.done;
  },
};

const FEWEST = 1000;
const MOST = 100_000_000;

function readNumber(flag: string, options: Parameters<typeof textOption>[0]): number | null {
  const text = textOption(options, flag);
  if (text === null) return null;
  const number = Number(text);
  if (!/^[0-9]+$/.test(text) || number < FEWEST || number > MOST)
    throw new KubecensusError('KC_USAGE', `--${flag} takes a whole number from ${FEWEST} to ${MOST}, not ${text}.`);
  return number;
}
