// The log list, version 3: which logs exist, in which state, and for which certificates. Schema: gstatic.com/ct/log_list/v3/log_list_schema.json.
import { hash } from 'node:crypto';
import { listOf, member, parseJson, recordOf, textOf } from '../json.ts';
import { decodeBase64 } from './checkpoint.ts';

/** Every state of the schema; a log is in exactly one. */
export const LOG_STATES = ['pending', 'qualified', 'usable', 'readonly', 'retired', 'rejected'] as const;

/** A log of the list that is worth following. */
export interface ListedLog {
  readonly description: string;
  /** Base64 of SHA-256 over the key. */
  readonly logId: string;
  /** DER SubjectPublicKeyInfo. */
  readonly key: Buffer;
  readonly protocol: 'rfc6962' | 'static';
  /** Where it is read: the log's url, or its monitoring prefix. */
  readonly url: string;
  /** What checkpoints are signed for (static logs): the submission prefix without scheme and trailing slash. */
  readonly origin: string;
}

/** Logs by why they are not followed, in snake_case words. */
export type SkippedLogs = Readonly<Record<string, number>>;

export interface LogList {
  readonly follow: readonly ListedLog[];
  readonly skipped: SkippedLogs;
  /** log_list_timestamp as the list states it. */
  readonly stated: string | null;
}

/** Public certificates live 398 days at most (CA/Browser Forum, Baseline Requirements 6.3.2): what ends later is not issued yet. */
const LONGEST_LIFE_MS = 398 * 86_400_000;
const MAX_TEXT = 2048;
/** Names reserved for documentation (RFC 2606, RFC 6761), where lists place logs that only keep old parsers alive. */
const PLACEHOLDER_HOST = /(?:^|\.)example(?:\.(?:com|net|org))?$/;

/**
 * The logs to follow on the day `now`: in one of `states`, with an id that is the hash of the key, and a temporal interval that valid
 * certificates can fall into. Null when the text is no log list of version 3.
 */
export function readLogList(text: string, states: ReadonlySet<string>, now: Date): LogList | null {
  const list = parseJson(text);
  const operators = member(list, 'operators');
  if (!Array.isArray(operators)) return null;
  const follow: ListedLog[] = [];
  const skipped: Record<string, number> = {};
  const seen = new Set<string>();
  const consider = (entry: unknown, protocol: ListedLog['protocol']): void => {
    const judged = judge(entry, protocol, states, now);
    const reason = typeof judged === 'string' ? judged : seen.has(judged.logId) ? 'listed_twice' : null;
    if (reason !== null) skipped[reason] = (skipped[reason] ?? 0) + 1;
    else if (typeof judged !== 'string') {
      seen.add(judged.logId);
      follow.push(judged);
    }
  };
  for (const operator of operators as unknown[]) {
    // Tiles first: where an operator lists a log both ways, they are the cheaper way to read it.
    for (const entry of listOf(member(operator, 'tiled_logs'))) consider(entry, 'static');
    for (const entry of listOf(member(operator, 'logs'))) consider(entry, 'rfc6962');
  }
  return { follow, skipped, stated: textOf(member(list, 'log_list_timestamp'), MAX_TEXT) };
}

/** The log, or the word for why it is not followed. */
function judge(
  entry: unknown,
  protocol: ListedLog['protocol'],
  states: ReadonlySet<string>,
  now: Date,
): ListedLog | string {
  const text = (key: string): string | null => textOf(member(entry, key), MAX_TEXT);
  const state = Object.keys(recordOf(member(entry, 'state')) ?? {});
  if (state.length !== 1) return 'no_state';
  if (!states.has(state[0]!))
    return `state_${(LOG_STATES as readonly string[]).includes(state[0]!) ? state[0] : 'unknown'}`;
  const [logId, key] = [text('log_id'), decodeBase64(text('key') ?? '')];
  if (logId === null || key === null || hash('sha256', key, 'base64') !== logId) return 'id_is_not_hash_of_key';
  const url = webAddress(text(protocol === 'static' ? 'monitoring_url' : 'url'));
  const submission = webAddress(text(protocol === 'static' ? 'submission_url' : 'url'));
  if (url === null || submission === null) return 'bad_url';
  if (PLACEHOLDER_HOST.test(url.hostname) || /\bbogus\b/i.test(url.pathname)) return 'placeholder';
  // Anybody may put anything into a log for tests, under roots that no client trusts.
  if (text('log_type')?.toLowerCase() === 'test') return 'test';
  const shard = shardReason(member(entry, 'temporal_interval'), now);
  if (shard !== null) return shard;
  const origin = `${submission.host}${submission.pathname}`.replace(/\/+$/, '');
  return { description: text('description') ?? origin, logId, key, protocol, url: url.href, origin };
}

/** Shards take certificates by their notAfter: `{start_inclusive, end_exclusive}`, RFC 3339. */
function shardReason(interval: unknown, now: Date): string | null {
  if (interval === null) return null;
  const start = Date.parse(textOf(member(interval, 'start_inclusive'), MAX_TEXT) ?? '');
  const end = Date.parse(textOf(member(interval, 'end_exclusive'), MAX_TEXT) ?? '');
  if (Number.isNaN(start) || Number.isNaN(end)) return 'bad_interval';
  if (end <= now.getTime()) return 'shard_past';
  return start > now.getTime() + LONGEST_LIFE_MS ? 'shard_future' : null;
}

function webAddress(text: string | null): URL | null {
  const url = text === null ? null : URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol) && url.search === '' && url.username === '' ? url : null;
}
