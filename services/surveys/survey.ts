// A survey: one named pass over the candidates, with what is needed to repeat it.

export interface SurveyPlan {
  readonly id: string;
  readonly method: 'active' | 'passive';
  /** Orders the targets and draws the sample: same seed and same candidates, same survey. */
  readonly seed: string;
  /** Share of the candidates that is drawn, above 0 and at most 1; null: all of them. */
  readonly sample: number | null;
  /** Ports of candidates that name none. */
  readonly ports: readonly number[];
  /** True when candidates that name another port are left out. */
  readonly portsOnly: boolean;
  /** Feeds whose candidates are surveyed; empty: all. */
  readonly feeds: readonly string[];
  /** Networks that may be probed, as given. */
  readonly scope: readonly string[];
  /** Where probes leave from; several joined by commas, as they are shown. */
  readonly vantage: string;
  /** The vantages that every target is asked from, one after the other; absent: the one of `vantage`. */
  readonly vantages?: readonly string[];
  /** Milliseconds at least between the end of one vantage's visit to a chunk and the next one's; absent: 0. */
  readonly vantageSpacingMs?: number;
  /** New connections per second over all targets. */
  readonly rate: number;
  /**
   * 'certificate': a first connection reads certificate and acceptable authorities, and only hosts where these speak of Kubernetes are
   * asked anything. 'none', or absent: every host is asked.
   */
  readonly firstPass?: 'none' | 'certificate';
  /** True when hosts that hide their version are dialled once more for their acceptable authorities; absent: false. */
  readonly clientCas?: boolean;
}

/** The vantages that a survey demands, in the order given. */
export const vantagesOf = (plan: Pick<SurveyPlan, 'vantage' | 'vantages'>): readonly string[] =>
  plan.vantages ?? [plan.vantage];

/** One endpoint of a survey, or a name that led to none. */
export interface SurveyTarget {
  /** The candidate that led here first. */
  readonly candidateId: number | null;
  /** The candidate's host: an address or a name. */
  readonly host: string;
  /** The pinned address; null when the name led to none. */
  readonly address: string | null;
  readonly port: number;
  readonly serverName: string | null;
  readonly feeds: readonly string[];
  readonly flags: readonly string[];
  /** Set when planning already knows how it ends (a name that does not resolve); else null. */
  readonly outcome: string | null;
  /** For a passive survey: the feed whose evidence is judged; else null. */
  readonly evidenceFeed: string | null;
  /** True when the probe before this survey saw it up, days ago at most: then a refusal now is a change. Known once it is stored. */
  readonly wasUp?: boolean;
}

/** An id that sorts by time and can be typed: s-20261123-114502-k3f9. `random` gives numbers in [0, 1). */
export function surveyId(at: Date, random: () => number): string {
  const stamp = at.toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-');
  const tail = Math.floor(random() * 36 ** 4)
    .toString(36)
    .padStart(4, '0');
  return `s-${stamp}-${tail}`;
}
