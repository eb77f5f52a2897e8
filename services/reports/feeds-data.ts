// Everything the report on feeds is made of: what the headline report reads, and how far the feeds of its survey overlap.
import type { SightingOverlaps, SurveyOverlaps, Window } from '../rollups/overlap.store.ts';
import type { HeadlineData } from './headline-data.ts';

export interface FeedsData extends HeadlineData {
  readonly overlaps: SurveyOverlaps;
  /** The days before the survey was drawn. */
  readonly window: Window;
  /** Everything that feeds named in the window, surveyed or not. */
  readonly sightings: SightingOverlaps;
}
