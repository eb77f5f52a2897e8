// When a survey stops itself: networks that begin to refuse us, and losses everywhere that can only be our own fault. Rules and their figures; no I/O.

/**
 * How an endpoint ends that was up and no longer lets us in: refused, dropped, cut off before or inside TLS, or said to be unreachable. What fails on our
 * side is not among them, and neither is an answer that is merely another one.
 */
export const LOST: ReadonlySet<string> = new Set([
  'tcp_refused',
  'tcp_timeout',
  'tcp_unreachable',
  'tcp_reset',
  'tls_timeout',
  'tls_closed',
  'tls_reset',
  'http_timeout',
]);

/** Ends that say nothing of the endpoint: neither asked nor lost. */
export const UNASKED: ReadonlySet<string> = new Set([
  'error_ours',
  'blocked_policy',
  'scope_blocked_us',
  'invalid_target',
]);

/**
 * The step at which a walk stops its scope. A walk goes up by one for what was lost and down by one, never below zero, for what answered: Page's
 * cumulative sum (Biometrika 41, 1954), whose step is the log likelihood ratio of "one in ten is lost" against "nine in ten are", in units of ln 9. So more
 * than half must be lost since it left zero, and nine more lost than answered. One in ten is more than what surveys of one day to the
 * next lose of hosts by themselves. Where that is the truth, a walk that leaves zero reaches nine with a chance of 9^-9, one in 387 million
 * (Wald's inequality): over a million hosts, one false stop in some hundreds of surveys, and it costs a network the rest of one survey.
 */
export const STOP_AT = 9;

/** The next step of a walk. */
export const walked = (level: number, isLost: boolean): number => Math.max(0, level + (isLost ? 1 : -1));

/**
 * Whether networks of one AS, in the order in which they ended, have it stopped. An AS is judged by networks and not by hosts: one data centre that
 * is switched off is one network or a few, however many hosts stood there.
 */
export function stopsSystem(ends: readonly boolean[]): boolean {
  let level = 0;
  for (const isLost of ends) {
    level = walked(level, isLost);
    if (level >= STOP_AT) return true;
  }
  return false;
}

/** The last networks of an AS that are looked at: enough for a walk that is up to nine, whatever came before. */
export const SYSTEM_ENDS = 64;

/** What was asked of endpoints that were up, and how many of them were lost. */
export interface Losses {
  readonly asked: number;
  readonly lost: number;
}

/** Over how long losses are added up, in minutes. */
export const TRIP_MINUTES = 10;
/** The share of them that pauses the installation. */
export const TRIP_SHARE = 0.2;
/**
 * Fewer say nothing. By Chernoff's bound, exp(-n KL(0.2, p)): where one endpoint in ten is lost by chance, 300 show one in five with a chance below 2 in a
 * million, and where one in twenty is, below 10^-18. A survey of seven hours has 42 such windows.
 */
export const TRIP_ASKED = 300;

/** Whether so much was lost at once that the fault is taken for ours. */
export const trips = ({ asked, lost }: Losses): boolean => asked >= TRIP_ASKED && lost > asked * TRIP_SHARE;

/**
 * What was begun before the pause reached every worker ends this much later, in milliseconds: workers read the switch four times a second, a probe has 15 s
 * and a second connection of it a pause in between.
 */
export const TRIP_TAIL_MS = 45_000;

/** A scope that a survey leaves alone: the text of a prefix, or "AS" and a number. */
export const systemScope = (asn: number): string => `AS${asn}`;
