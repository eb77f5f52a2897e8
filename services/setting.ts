// Kinds of settings: how a text of the environment or a JSON value becomes one, and what is said of a value that does not.
import { isIP } from 'node:net';
import { readScope } from './candidates/scope-text.ts';

/** One setting: where it comes from, how its text is read, what it means. docs/configuration.md is tested against this table. */
export interface Setting<T> {
  readonly env: string;
  readonly fallback: T;
  readonly means: string;
  /** May stand in a file of its own, which the variable with _FILE behind names. */
  readonly secret?: true;
  /** Turns text or a JSON value into the setting, or says in one sentence what is expected instead. */
  readonly read: (value: unknown) => { ok: true; value: T } | { ok: false; expected: string };
}

export const text = (env: string, fallback: string, means: string): Setting<string> => ({
  env,
  fallback,
  means,
  read: (value) =>
    typeof value === 'string' && value !== '' ? { ok: true, value } : { ok: false, expected: 'a text' },
});

export const optional = (env: string, means: string): Setting<string | null> => ({
  ...text(env, '', means),
  fallback: null,
  read: text(env, '', means).read,
});

export const matching = (env: string, pattern: RegExp, expected: string, means: string): Setting<string | null> => ({
  env,
  fallback: null,
  means,
  read: (value) => (typeof value === 'string' && pattern.test(value) ? { ok: true, value } : { ok: false, expected }),
});

export const secret = <T>(setting: Setting<T>): Setting<T> & { readonly secret: true } => ({
  ...setting,
  secret: true,
});

export const number = (
  env: string,
  fallback: number,
  range: readonly [number, number],
  means: string,
): Setting<number> => ({
  env,
  fallback,
  means,
  read: (value) => {
    const parsed = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
    if (typeof parsed === 'number' && parsed >= range[0] && parsed <= range[1]) return { ok: true, value: parsed };
    return { ok: false, expected: `a number from ${range[0]} to ${range[1]}` };
  },
});

export const whole = (
  env: string,
  fallback: number,
  range: readonly [number, number],
  means: string,
): Setting<number> => {
  const setting = number(env, fallback, range, means);
  const read: Setting<number>['read'] = (value) => {
    const result = setting.read(value);
    if (result.ok && Number.isInteger(result.value)) return result;
    return { ok: false, expected: `a whole number from ${range[0]} to ${range[1]}` };
  };
  return { ...setting, read };
};

/** A list: a JSON array in the file, comma-separated in the environment. */
export const list = (env: string, fallback: readonly string[], means: string): Setting<readonly string[]> => ({
  env,
  fallback,
  means,
  read: (value) => {
    const items = typeof value === 'string' ? value.split(',').map((item) => item.trim()) : value;
    if (Array.isArray(items) && items.every((item) => typeof item === 'string' && item !== ''))
      return { ok: true, value: items };
    return { ok: false, expected: 'a list of texts' };
  },
});

/** Vantages are parts of queue names and labels of metrics. */
const VANTAGE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const VANTAGE_FORM = 'of letters, digits, dots, dashes and underscores, 64 at most';

export const readVantage: Setting<string>['read'] = (value) =>
  typeof value === 'string' && VANTAGE_NAME.test(value)
    ? { ok: true, value }
    : { ok: false, expected: `a name ${VANTAGE_FORM}` };

export const vantageList = (env: string, means: string): Setting<readonly string[]> => {
  const plain = list(env, [], means);
  return {
    ...plain,
    read: (value) => {
      const read = plain.read(value);
      if (read.ok && read.value.every((name) => VANTAGE_NAME.test(name)) && isDistinct(read.value)) return read;
      return { ok: false, expected: `a list of different names ${VANTAGE_FORM}` };
    },
  };
};

const isDistinct = (values: readonly unknown[]): boolean => new Set(values).size === values.length;

/** Our own addresses, at most one of each family. */
export const sources = (env: string, means: string): Setting<readonly string[]> => {
  const plain = list(env, [], means);
  return {
    ...plain,
    read: (value) => {
      const read = plain.read(value);
      if (read.ok && read.value.every((address) => isIP(address) !== 0) && isDistinct(read.value.map(isIP)))
        return read;
      return { ok: false, expected: 'a list of addresses, one of each family at most' };
    },
  };
};

/** Networks as a survey takes them; what is wrong with one is said with all other mistakes. */
export const scope = (env: string, means: string): Setting<readonly string[]> => {
  const plain = list(env, [], means);
  return {
    ...plain,
    read: (value) => {
      const read = plain.read(value);
      if (!read.ok) return read;
      try {
        readScope(read.value);
        return read;
      } catch (error) {
        return { ok: false, expected: `networks that may be probed (${(error as Error).message.replace(/\.$/, '')})` };
      }
    },
  };
};

export const ports = (env: string, fallback: readonly number[], means: string): Setting<readonly number[]> => ({
  env,
  fallback,
  means,
  read: (value) => {
    const items = (typeof value === 'string' ? value.split(',') : Array.isArray(value) ? value : []).map(Number);
    if (items.length > 0 && items.every((port) => Number.isInteger(port) && port > 0 && port <= 65535))
      return { ok: true, value: items };
    return { ok: false, expected: 'a list of ports from 1 to 65535' };
  },
});

/** A yes or no: a JSON boolean in the file, one of two words in the environment. */
export const flag = (env: string, fallback: boolean, means: string): Setting<boolean> => ({
  env,
  fallback,
  means,
  read: (value) =>
    value === true || value === 'true'
      ? { ok: true, value: true }
      : value === false || value === 'false'
        ? { ok: true, value: false }
        : { ok: false, expected: 'true or false' },
});

/** One of a closed set of words. */
export const word = <Word extends string>(
  env: string,
  fallback: Word,
  words: readonly Word[],
  means: string,
): Setting<Word> => ({
  env,
  fallback,
  means,
  read: (value) => {
    const found = words.find((one) => one === value);
    return found === undefined ? { ok: false, expected: `one of ${words.join(', ')}` } : { ok: true, value: found };
  },
});

/** Where a server listens. */
export interface Listen {
  readonly host: string;
  readonly port: number;
}

/** "127.0.0.1:8650", "[::1]:8650", "localhost:8650"; port 0 takes any that is free. */
export const listen = (env: string, fallback: string, means: string): Setting<string> => ({
  env,
  fallback,
  means,
  read: (value) =>
    typeof value === 'string' && readListen(value) !== null
      ? { ok: true, value }
      : { ok: false, expected: 'an address and a port such as 127.0.0.1:8650 or [::1]:8650' },
});

export const listenOrNot = (env: string, means: string): Setting<string | null> => ({
  ...listen(env, '', means),
  fallback: null,
});

/** The parts of a listen address, or null when it is none. */
export function readListen(text: string): Listen | null {
  const [, six, name, digits] = /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9.-]+)):([0-9]{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  return digits === undefined || port > 65535 ? null : { host: six ?? name ?? '', port };
}

/** A web address that a path may be added to. */
export const WEB_ADDRESS = /^https?:\/\/[^\s/?#]+(\/[^\s?#]*)?$/;
export const MAIL_ADDRESS = /^[^\s@<>]+@[^\s@<>]+$/;

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'silent'];
