// kubecensus bench: each benchmark prints a ratio against a named reference in the same run.
import { BENCHMARKS } from '../../scripts/bench/index.ts';
import { KubecensusError } from '../platform/errors.ts';
import { type Command, EXIT } from './command.ts';

export const benchCommand: Command = {
  usage: 'bench [name]',
  help: `run one benchmark or all: ${Object.keys(BENCHMARKS).join(', ')}`,
  printsRows: false,
  run: async (session, [name]) => {
    if (name !== undefined && !Object.hasOwn(BENCHMARKS, name))
      throw new KubecensusError(
        'KC_USAGE',
        `There is no benchmark named ${name}; there are: ${Object.keys(BENCHMARKS).join(', ')}.`,
      );
    for (const [key, run] of Object.entries(BENCHMARKS)) {
      if (name === undefined || name === key) await run((line) => void process.stdout.write(`${key}: ${line}\n`));
      if (session.signal.aborted) break;
    }
    return EXIT.done;
  },
};
