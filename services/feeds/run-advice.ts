// What the owner of a feed can do about a run: about how it ended, and about rows that were refused.
import { ERRORS } from '../platform/errors.ts';
import type { FeedRun } from './feed-run.store.ts';
import { JUMP_FACTOR } from './jump.ts';

/** How a run ended, and what follows; one sentence each. Reasons of other texts say themselves what is missing. */
const ABOUT_ENDS: Readonly<Record<string, string>> = {
  interrupted:
    'Its process ended in the middle: run the feed, or import the file, again, and it goes on at its last committed row.',
  stopped: 'It was stopped: run the feed, or import the file, again, and it goes on at its last committed row.',
  feed_empty:
    'The source gave nothing, so that what it said before stays: look whether the query or the export is still right.',
  cut_short: 'The end of the file is missing: fetch it, or let the tool write it, again.',
  file_changed: 'The file was written to while it was read: import it again when it is finished.',
  no_certificates: 'Certificates are of an earlier study: import them with the other files.',
  credit_limit: 'Raise maxCredits or agree with --spend; the next run goes on where this one stopped.',
  credits_exhausted: 'The account is empty: the next run goes on where this one stopped, once there are credits.',
  credentials_refused: 'The key was refused in the middle: look at the account; the next run goes on there.',
  rate_limited: 'The engine asks for patience: the next run goes on there.',
  unavailable: 'The engine was not available: the next run goes on there.',
  bad_answer: 'The engine answered with something else than data: the next run goes on there.',
  engine_cap: 'The engine gives out no more of one query: split the query, for example by port or country.',
  page_cap: 'Raise maxPages, or split the query.',
  fewer_rows_than_total: 'The list ended before the total that the engine claims: do not use this run for overlaps.',
  cursor_loop: 'A page came again, so that what lay behind it is missing: split the query.',
  page_token_refused: 'The engine refused to go on at the last place: the next run begins anew.',
};

/** Rows that were refused, by reason, where their owner can do something about it. */
const ABOUT_ROWS: Readonly<Record<string, string>> = {
  bad_address: 'write addresses in their usual form; no other spelling is guessed at',
  bad_certificate: 'the tool may cut certificates: raise its limit',
  bad_encoding: 'convert the file to UTF-8',
  bad_json: 'look at the named lines: a tool that is killed leaves half a line',
  bad_name: 'only host names that public DNS can hold are taken',
  bad_time: 'give times as the format has them, with their zone',
  cidr_not_allowed: 'networks are taken with --expand-cidr, up to a /24',
  column_count: 'a separator or a quotation mark is missing in the named rows',
  internal_name: 'no public resolver knows these names',
  no_port: 'give the port with --port',
  not_open: 'let the tool write open ports only',
  opted_out: 'these asked not to be looked at, and are not stored',
  out_of_scope: 'they lie outside of the scope of this installation',
  special_purpose: 'private, loopback and reserved networks are never taken',
  time_in_future: 'the clock of the tool, or the unit of its times, is wrong',
  single_label_name: 'a name without a dot is of somebody’s own network',
  wildcard_name: 'a wildcard is no host',
};

/** Sentences, most urgent first; empty when there is nothing to do. */
export function adviceOn(run: FeedRun): string[] {
  return [...decision(run), ...ending(run), ...rows(run)];
}

/** Why a run is held, in one sentence with its numbers. */
export function holdText({ hold }: FeedRun): string | null {
  if (hold === null) return null;
  const n = (count: number): string => count.toLocaleString('en-US');
  const way = hold.now > hold.before ? `${JUMP_FACTOR} times as many or more` : `a ${JUMP_FACTOR}th or less`;
  return `${hold.reason}: ${n(hold.now)} ${hold.unit} after ${n(hold.before)} in run ${hold.beforeRun}, ${way}`;
}

function decision(run: FeedRun): string[] {
  if (run.state === 'held')
    return [
      `Look at its rows; then type kubecensus feeds approve ${run.id} to let them in, or kubecensus feeds reject ${run.id} to drop them. Until then no survey, export, overlap or tally knows of them.`,
    ];
  if (run.state === 'running' || run.state === 'rejected' || run.held === 0) return [];
  return [
    `${run.held} of its rows wait for the end of its delivery: run the feed again, or type kubecensus feeds approve ${run.id}.`,
  ];
}

function ending(run: FeedRun): string[] {
  if (run.partialReason === null) return run.capHit ? ['A limit cut it short: split the query.'] : [];
  const code = /^(KC_[A-Z_]+):/.exec(run.partialReason)?.[1];
  const todo = code !== undefined && Object.hasOwn(ERRORS, code) ? ERRORS[code as keyof typeof ERRORS].todo : null;
  const known = Object.hasOwn(ABOUT_ENDS, run.partialReason) ? ABOUT_ENDS[run.partialReason] : null;
  return [todo ?? known ?? 'The reason says what is missing; what was read before it is kept.'];
}

function rows(run: FeedRun): string[] {
  return Object.keys(run.rejectedBy).flatMap((reason) =>
    Object.hasOwn(ABOUT_ROWS, reason) ? [`${reason}: ${ABOUT_ROWS[reason]}.`] : [],
  );
}
