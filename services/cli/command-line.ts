// Reads the command line, builds the session, runs one command, and turns what it says into an exit code.
import { Command as Commander, CommanderError, Option } from 'commander';
import { readScope } from '../candidates/scope-text.ts';
import { compose, type LabSettings } from '../compose.ts';
import { type Config, loadConfig } from '../config.ts';
import { LAB_ZONE } from '../lab/world.ts';
import type { Parts } from '../parts.ts';
import { KubecensusError } from '../platform/errors.ts';
import { createLog } from '../platform/log.ts';
import { release } from '../platform/release.ts';
import type { Command, ExitCode, Options, Session } from './command.ts';
import { EXIT } from './command.ts';
import { COMMANDS, GROUPS } from './index.ts';
import { ROW_FORMATS, type RowFormat } from './rows.ts';

/** Runs the command that `args` name; never throws. */
export async function runCommandLine(args: readonly string[], environment: NodeJS.ProcessEnv): Promise<number> {
  let result: ExitCode = EXIT.done;
  const program = new Commander('kubecensus')
    .description('Counts the Kubernetes APIs that are exposed to the internet, and shows how it counted.')
    .version(release.version)
    .configureOutput({ outputError: () => {} })
    .exitOverride();
  for (const option of COMMON) program.addOption(new Option(option.flags, option.help).hideHelp());
  for (const command of COMMANDS) {
    addCommand(program, command, async (words, options) => {
      result = await runCommand(command, words, options, environment);
    });
  }
  try {
    await program.parseAsync([...args], { from: 'user' });
    return result;
  } catch (error) {
    if (!(error instanceof CommanderError)) return complain(error);
    if (error.exitCode === 0) return EXIT.done;
    // A group named alone prints its help and says nothing else.
    const what = error.message.replace(/^error: /, '');
    return complain(new KubecensusError('KC_USAGE', what.startsWith('(') ? '' : what, { cause: error }));
  }
}

function addCommand(
  program: Commander,
  command: Command,
  action: (words: string[], options: Options) => Promise<void>,
): void {
  const [name, ...words] = command.usage.split(' ');
  const existing = program.commands.find((other) => other.name() === name);
  const isNested = words[0] !== undefined && /^[a-z]/.test(words[0]);
  if (isNested) {
    const group = existing ?? program.command(name as string).description(GROUPS[name as string] ?? '');
    addCommand(group, { ...command, usage: words.join(' ') }, action);
    return;
  }
  const made = program.command(command.usage, { isDefault: command.isDefault === true }).description(command.help);
  const own = (command.options ?? []).map((option) => attributeOf(option.flags));
  const common = COMMON.filter(
    (option) =>
      !own.includes(attributeOf(option.flags)) &&
      (command.printsRows !== false || !option.flags.startsWith('--format')),
  );
  for (const option of [...(command.options ?? []), ...common]) made.addOption(new Option(option.flags, option.help));
  made.action(async (...parameters: unknown[]) => {
    const positional = parameters
      .slice(0, -2)
      .flat()
      .filter((word) => word !== undefined) as string[];
    await action(positional, (parameters.at(-1) as Commander).optsWithGlobals() as Options);
  });
}

const COMMON = [
  { flags: '--data-dir <dir>', help: 'home of the embedded database', setting: 'dataDir' },
  { flags: '--format <format>', help: `${ROW_FORMATS.join(', ')} (default: table on a terminal, else ndjson)` },
  { flags: '--config <file>', help: 'configuration file (JSON)' },
] as const;

async function runCommand(
  command: Command,
  words: readonly string[],
  options: Options,
  environment: NodeJS.ProcessEnv,
): Promise<ExitCode> {
  const opened: Parts[] = [];
  const stopping = new AbortController();
  const onSignal = (): void => {
    if (stopping.signal.aborted) process.exit(EXIT.interrupted);
    process.stderr.write('\nstopping; once more to leave at once\n');
    stopping.abort();
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  try {
    const overrides = Object.fromEntries(
      [...(command.options ?? []), ...COMMON].flatMap((option) => {
        const value = options[attributeOf(option.flags)];
        return 'setting' in option && option.setting !== undefined && value !== undefined
          ? [[option.setting, value]]
          : [];
      }),
    );
    const config = loadConfig(
      environment,
      (options['config'] as string | undefined) ?? environment['KUBECENSUS_CONFIG'] ?? null,
      overrides,
    );
    const log = createLog(config['log.level'] as Parameters<typeof createLog>[0]);
    for (const remark of config.remarks) log.warn(remark);
    const session: Session = {
      config,
      log,
      format: rowFormat(command, options['format']),
      out: (text) =>
        new Promise((resolve, reject) => process.stdout.write(text, (error) => (error ? reject(error) : resolve()))),
      say: (text) => process.stderr.write(`${text}\n`),
      progressBars: process.stderr.isTTY === true,
      signal: stopping.signal,
      open: async (lab) => {
        const parts = await compose(
          lab?.config ?? config,
          log,
          lab === undefined ? ofLab(config) : { lab: lab.settings },
        );
        opened.push(parts);
        return parts;
      },
      look: async () => {
        const parts = await compose(config, log, { ...ofLab(config), asIs: true });
        opened.push(parts);
        return parts;
      },
    };
    const code = await command.run(session, words, options);
    const isCutShort = stopping.signal.aborted && command.isService !== true;
    return isCutShort && code === EXIT.done ? EXIT.interrupted : code;
  } catch (error) {
    return stopping.signal.aborted && isAbort(error) ? EXIT.interrupted : complain(error);
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
    for (const parts of opened.reverse()) await parts.close().catch((error: unknown) => complain(error));
  }
}

/** A configuration whose scope is a lab's, as `kubecensus lab` writes it, also takes the names of the lab's zone. */
const ofLab = ({ scope }: Config): { lab?: LabSettings } =>
  readScope(scope).loopbackLab ? { lab: { nameSuffix: LAB_ZONE } } : {};

/** commander's name of an option: '--data-dir <dir>' is dataDir. */
function attributeOf(flags: string): string {
  return new Option(flags).attributeName();
}

/** Row formats are checked here, except for commands whose --format means something else. */
function rowFormat(command: Command, value: unknown): RowFormat {
  if (command.printsRows === false && value !== undefined)
    throw new KubecensusError('KC_USAGE', 'This command prints no rows, so that it takes no --format.');
  if (value === undefined || command.options?.some((option) => option.flags.startsWith('--format')))
    return process.stdout.isTTY === true ? 'table' : 'ndjson';
  if ((ROW_FORMATS as readonly unknown[]).includes(value)) return value as RowFormat;
  throw new KubecensusError('KC_USAGE', `--format is one of ${ROW_FORMATS.join(', ')}.`);
}

const isAbort = (error: unknown): boolean =>
  error instanceof Error && (error.name === 'AbortError' || ('code' in error && error.code === 'ABORT_ERR'));

/** Says what happened and what to do; an error without a code is ours, and shows its stack. */
function complain(error: unknown): ExitCode {
  if (error instanceof KubecensusError) {
    process.stderr.write(`${error.code}: ${error.message}\n${error.todo}\n`);
    return error.exitCode;
  }
  const broken = error as NodeJS.ErrnoException;
  if (broken?.code === 'EPIPE') return EXIT.done;
  const wrapped = new KubecensusError('KC_INTERNAL', '', { cause: error });
  process.stderr.write(`${wrapped.code}: ${wrapped.message}\n${wrapped.todo}\n${broken?.stack ?? String(error)}\n`);
  return wrapped.exitCode;
}
