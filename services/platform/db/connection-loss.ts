// Which database errors mean that the connection is gone, and which that the server itself undid the transaction.

/** Class 08: connection exceptions; 57P01 to 57P03: shut down, crashed, not ready yet; 57P05: idle session ended; 25P03: idle in a transaction too long. */
const LOST_STATES = /^(08...|57P0[1-5]|25P0[34])$/;
const LOST_SYSTEM_CODES = new Set([
  'ECONNRESET',
  'ECONNREFUSED',
  'EPIPE',
  'ETIMEDOUT',
  'ECONNABORTED',
  'ENOTCONN',
  'EAI_AGAIN',
]);
/** The driver gives no code for these. */
const LOST_MESSAGES =
  /^(Connection terminated|Client has encountered a connection error|timeout exceeded when trying to connect|Client was closed)/;

/** 40001 serialization_failure, 40P01 deadlock_detected: PostgreSQL says that the transaction was rolled back and may be tried again. */
const UNDONE_STATES = new Set(['40001', '40P01']);

/** The error and everything it was caused by or collects. */
function* chain(error: unknown, depth = 8): Generator<{ code?: unknown; message?: unknown }> {
  if (depth === 0 || typeof error !== 'object' || error === null) return;
  yield error;
  if (error instanceof AggregateError) for (const inner of error.errors) yield* chain(inner, depth - 1);
  if ('cause' in error) yield* chain(error.cause, depth - 1);
}

/** True when the connection broke or could not be made: the statement may or may not have run. */
export function isConnectionLoss(error: unknown): boolean {
  for (const { code, message } of chain(error)) {
    if (typeof code === 'string' && (LOST_STATES.test(code) || LOST_SYSTEM_CODES.has(code))) return true;
    if (code === undefined && typeof message === 'string' && LOST_MESSAGES.test(message)) return true;
  }
  return false;
}

/** Classes 53 and 58: out of disk, memory or connections, or an error of the system below; 57: an operator's doing; 25006: it takes no writes. */
const SERVERS_STATES = /^(53...|57...|58...|25006)$/;

/** True when the server or the way to it is at fault, and not what was asked of it. */
export function isServersFault(error: unknown): boolean {
  if (isConnectionLoss(error) || isUndone(error)) return true;
  for (const { code } of chain(error)) if (typeof code === 'string' && SERVERS_STATES.test(code)) return true;
  return false;
}

/** True when the server rolled the transaction back because of others. */
export function isUndone(error: unknown): boolean {
  for (const { code } of chain(error)) if (typeof code === 'string' && UNDONE_STATES.has(code)) return true;
  return false;
}
