// How long what is kept, as data: the settings of retention become the times before which something goes.

const DAY_MS = 24 * 3600 * 1000;
/** An answer under an Idempotency-Key is given again for a day. */
export const IDEMPOTENCY_MS = DAY_MS;

export interface Periods {
  /** Observations, evidence, planned targets, refused rows, reports on single hosts. */
  readonly observationDays: number;
  /** The state of an endpoint that no longer answers. */
  readonly stateDays: number;
  readonly exportDays: number;
  /** Reports that name no host. */
  readonly reportDays: number;
}

export type Cutoffs = Readonly<Record<'observations' | 'state' | 'exports' | 'reports' | 'idempotency', Date>>;

/** Everything made before these times goes. Those of days are midnights (UTC): partitions are days. */
export function cutoffsOf(periods: Periods, now: Date): Cutoffs {
  const midnight = (days: number): Date => {
    const time = now.getTime() - days * DAY_MS;
    return new Date(time - (time % DAY_MS));
  };
  return {
    observations: midnight(periods.observationDays),
    state: midnight(periods.stateDays),
    exports: midnight(periods.exportDays),
    reports: midnight(periods.reportDays),
    idempotency: new Date(now.getTime() - IDEMPOTENCY_MS),
  };
}
