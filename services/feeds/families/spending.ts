// Settings of feeds that are paid by the run.
import type { Settings } from '../settings.ts';

/** A whole pass of the dearest feed at its default length: 100 pages of Censys on its smallest plan. */
const CONFIRM_CREDITS = 500;

/** What paid feeds have in common. */
export const SPENDING = {
  maxCredits: {
    kind: 'integer',
    fallback: null,
    means: 'credits of one run at most; what would cost more is not asked for',
  },
  confirmCredits: {
    kind: 'integer',
    fallback: CONFIRM_CREDITS,
    means: 'a person agrees before a run that may cost more credits',
  },
} as const;

export const spendingOf = (settings: Settings) => ({
  maxCredits: settings.optionalInteger('maxCredits'),
  confirmCredits: settings.integer('confirmCredits'),
});
