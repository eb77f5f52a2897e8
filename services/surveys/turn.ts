// Whose turn a chunk is: every vantage of a survey visits the same targets, one after the other and in an order that differs from chunk to chunk.
import type { SurveyTarget } from './survey.ts';

/** One vantage's visit to the targets of a chunk. */
export interface Turn {
  readonly vantage: string;
  /** 0 for the vantage that comes first. */
  readonly turn: number;
  readonly targets: readonly SurveyTarget[];
}

/**
 * The visits to the `nth` chunk of a plan. Who comes first goes round, so that all vantages have work at once and none is always the one that
 * finds hosts as they were half an hour before. What planning decided already is nobody's to dial: it stands in the first visit only.
 */
export function turnsOf(targets: readonly SurveyTarget[], vantages: readonly string[], nth: number): Turn[] {
  const dialled = targets.filter(({ outcome, address }) => outcome === null && address !== null);
  return vantages
    .map((_, turn) => ({
      vantage: vantages[(nth + turn) % vantages.length] as string,
      turn,
      targets: turn === 0 ? targets : dialled,
    }))
    .filter((visit) => visit.turn === 0 || visit.targets.length > 0);
}
