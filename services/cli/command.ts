// What a command is, and what it is given.

import type { LabSettings } from '../compose.ts';
import type { Config } from '../config.ts';
import type { Parts } from '../parts.ts';
import type { Log } from '../platform/log.ts';
import type { RowFormat } from './rows.ts';

/** Exit codes of the contract. */
export const EXIT = { done: 0, failed: 1, usage: 2, partial: 3, interrupted: 130 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The world as a command sees it. */
export interface Session {
  readonly config: Config;
  readonly log: Log;
  readonly format: RowFormat;
  /** Writes a result; resolves when stdout has taken it. */
  readonly out: (text: string) => Promise<void>;
  /** Writes a remark for people to stderr. */
  readonly say: (text: string) => void;
  readonly progressBars: boolean;
  /** Aborts on the first SIGINT or SIGTERM; the second ends the process. */
  readonly signal: AbortSignal;
  /** Opens the database and what hangs on it; closed when the command ends. */
  readonly open: (lab?: { settings: LabSettings; config: Config }) => Promise<Parts>;
  /** The same, with the database left as it is: neither migrated nor given partitions. */
  readonly look: () => Promise<Parts>;
}

export interface OptionSpec {
  /** As commander reads it: '--rate <n>', '--feed <name...>', '--passive'. */
  readonly flags: string;
  readonly help: string;
  /** Setting of the configuration that this option overrides; its text is checked there. */
  readonly setting?: string;
}

export type Options = Readonly<Record<string, unknown>>;

export interface Command {
  /** Words after `kubecensus`, with arguments as commander reads them: 'feeds show <run>'. */
  readonly usage: string;
  readonly help: string;
  /** Runs when the group is named alone: `kubecensus feeds` lists. */
  readonly isDefault?: true;
  /** A service runs until it is told to stop: a signal is its regular end, and its exit code says so. */
  readonly isService?: true;
  /** False for commands that print no rows: they take no --format. */
  readonly printsRows?: false;
  readonly options?: readonly OptionSpec[];
  readonly run: (session: Session, args: readonly string[], options: Options) => Promise<ExitCode>;
}

/** A text option, or null. */
export const textOption = (options: Options, name: string): string | null =>
  typeof options[name] === 'string' ? (options[name] as string) : null;

/** An option that may be repeated, or []. */
export const listOption = (options: Options, name: string): string[] =>
  Array.isArray(options[name]) ? (options[name] as string[]) : [];
