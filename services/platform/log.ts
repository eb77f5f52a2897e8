// The log: pino on stderr, JSON lines for machines and short lines for a person at a terminal, never with a secret in it.
import { type Level, type Logger, pino, stdSerializers } from 'pino';

export type Log = Logger;

/** The password of a URL anywhere in a text: scheme://user:PASSWORD@host. What follows the colon is none when it is a port. */
const URL_PASSWORD = /\b([a-z][a-z0-9+.-]*:\/\/[^\s:@/"']*):(?!\d+[/?#])[^\s@"']+@/gi;

/** C0, DEL, C1, and the Unicode marks that change direction or break lines: a hostile host name must not move the cursor. */
const UNTRUSTED = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/g;

/** Makes text from outside safe to show on a terminal: control characters become visible \\uXXXX escapes. */
export function escapeControls(text: string): string {
  return text.replace(UNTRUSTED, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Hides passwords inside URLs. */
export function hidePasswords(text: string): string {
  return text.replace(URL_PASSWORD, '$1:***@');
}

/** Field names whose values never reach the log, at the top and one level down. */
const REDACTED = [
  'password',
  'secret',
  'token',
  'apiKey',
  'key',
  'authorization',
  'cookie',
  'databaseUrl',
  'redisUrl',
  'connectionString',
].flatMap((name) => [name, `*.${name}`]);

/** What is told of an error: drivers hang their whole connection on it. The chain of causes stands in message and stack. */
function briefError(error: Error): Record<string, unknown> {
  const { type, message, stack } = stdSerializers.err(error) as { type: string; message: string; stack: string };
  return { type, message, stack, ...('code' in error ? { code: error.code } : {}) };
}

/** Names of pino's level numbers. */
const LEVEL_NAMES: Readonly<Record<number, string>> = {
  10: 'trace',
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
  60: 'fatal',
};

/** Where the log goes: stderr, or a test's collector. */
export interface LogOutput {
  write(text: string): unknown;
  readonly isTTY?: boolean;
}

/**
 * Makes the log. On a terminal one short line per entry, else one JSON object per line. Text from outside is escaped in both: JSON escapes C0 itself, the
 * others are escaped here. Passwords inside URLs are hidden wherever they stand, also in the messages of drivers' errors.
 */
export function createLog(level: Level | 'silent', output: LogOutput = process.stderr): Log {
  const line = output.isTTY === true ? shortLine : (json: string) => json;
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: REDACTED, censor: '***' },
      serializers: { err: briefError },
    },
    { write: (json: string) => output.write(`${escapeControls(hidePasswords(line(json.trimEnd())))}\n`) },
  );
}

/** 2026-11-24T06:00:00.000Z warn the message key=value. An error shows its message, and below debug its stack is left to the JSON form. */
function shortLine(json: string): string {
  const { level, time, msg, err, ...rest } = JSON.parse(json) as Record<string, unknown>;
  const fields = Object.entries(rest).map(
    ([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  const failure =
    typeof err === 'object' && err !== null && 'message' in err ? [`error=${JSON.stringify(err.message)}`] : [];
  return [time, LEVEL_NAMES[Number(level)] ?? level, msg ?? '', ...fields, ...failure].join(' ').trimEnd();
}
