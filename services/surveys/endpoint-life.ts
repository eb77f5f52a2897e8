// The states of an endpoint by its probes, and how seldom one that is down is asked again. Data and one rule, for SQL and for readers alike.

const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

/** Every state, in the order in which an endpoint goes through them. */
export const ENDPOINT_STATES = {
  candidate: 'probed, and never seen as a component of Kubernetes',
  up: 'seen by the last probe',
  suspect: 'missed by the last probe or two, or for less than 72 hours: nets lose packets and hosts restart',
  down: 'missed by three probes or more, and not seen for 72 hours at least',
  retired: 'not seen for 30 days',
} as const;
export type EndpointState = keyof typeof ENDPOINT_STATES;

/** Misses, and time since it was last seen, that make an endpoint down: single scans miss one in fifty hosts, and Censys evicts after 72 hours. */
export const DOWN_MISSES = 3;
export const DOWN_MS = 72 * HOUR_MS;
export const RETIRED_MS = 30 * DAY_MS;

/** Days from the last probe to the next, of an endpoint that is down; after the last of them it is probed when a feed names it again. */
export const DOWN_WAITS_DAYS = [1, 2, 4, 7, 14] as const;

/** What is kept of an endpoint. Times in milliseconds. */
export interface EndpointLife {
  readonly lastSeen: number | null;
  readonly lastProbed: number;
  /** Probes since it was last seen. */
  readonly misses: number;
}

/**
 * The state at `now`. Whether it is down is judged at its last probe, for a probe that was not made misses nothing; retired it becomes by time alone.
 */
export function endpointState({ lastSeen, lastProbed, misses }: EndpointLife, now: number): EndpointState {
  if (lastSeen === null) return 'candidate';
  if (misses === 0) return 'up';
  if (now - lastSeen >= RETIRED_MS) return 'retired';
  return misses >= DOWN_MISSES && lastProbed - lastSeen >= DOWN_MS ? 'down' : 'suspect';
}

/** Whether an active survey at `now` leaves the endpoint out. `lastNamed`: when a feed last named it, or null. */
export function isResting(life: EndpointLife, lastNamed: number | null, now: number): boolean {
  const state = endpointState(life, now);
  if (state !== 'down' && state !== 'retired') return false;
  const days = DOWN_WAITS_DAYS[life.misses - DOWN_MISSES];
  if (days !== undefined) return now - life.lastProbed < days * DAY_MS;
  return lastNamed === null || lastNamed <= life.lastProbed;
}
