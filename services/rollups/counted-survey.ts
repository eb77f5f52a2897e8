// The facts that every number of a survey is quoted with, and the flags that say what it misses.

/** Why a number of a survey says less than it seems to. */
export const SURVEY_FLAGS = {
  unfinished: 'the survey has not ended, so that its numbers still grow',
  stopped: 'the survey was stopped before its end',
  not_rolled_up: 'the survey is not counted yet',
  sampled: 'the survey drew a part of its candidates; counts are those of the sample',
  partial_feed: 'a feed that the survey draws from was cut short',
  opted_out: 'endpoints whose owners opted out are left out',
  scope_blocked_us: 'networks that began to refuse us were left alone for the rest of the survey',
  mass_loss:
    'so much was lost at once that the fault was taken for ours: the survey was paused, and endpoints of that time count as suspect',
  chunk_quarantined: 'a part of the targets was given up, because it ended its process or always failed',
  headline_jump:
    'a headline count differs by more than a fifth from the survey before, which is the data as often as the world',
  lab: 'the survey looked at a lab on loopback and not at the internet',
} as const;
export type SurveyFlag = keyof typeof SURVEY_FLAGS;

/** The facts that a number is quoted with. */
export interface CountedSurvey {
  readonly id: string;
  readonly method: string;
  readonly state: string;
  readonly vantage: string;
  /** `probe` for our own connections; else the feeds whose evidence was judged. */
  readonly evidence: readonly string[];
  /** When the first target was issued, and when the survey ended. */
  readonly window: { readonly from: Date | null; readonly to: Date | null };
  /** Share of the candidates that was drawn, or null for all. */
  readonly sample: number | null;
  readonly flags: readonly SurveyFlag[];
  readonly createdAt: Date;
  readonly rolledUpAt: Date | null;
}
