// In what two surveys differ that their numbers depend on.
import type { SurveyFacts } from './headline-data.ts';

/** What decides over the numbers of a survey beside the world. */
export type MadeAlike = Pick<SurveyFacts, 'method' | 'ports' | 'feeds' | 'scope' | 'sample' | 'vantage' | 'state'>;

/** The words for what differs; [] when the two were made alike. */
export function surveyDifferences(now: MadeAlike, then: MadeAlike): string[] {
  const pairs: [string, unknown, unknown][] = [
    ['method', now.method, then.method],
    ['ports', [...now.ports].sort(), [...then.ports].sort()],
    ['feeds', [...now.feeds].sort(), [...then.feeds].sort()],
    ['scope', [...now.scope].sort(), [...then.scope].sort()],
    ['sample', now.sample, then.sample],
    ['vantage', now.vantage, then.vantage],
    ['completeness', now.state, then.state],
  ];
  return pairs.filter(([, a, b]) => JSON.stringify(a) !== JSON.stringify(b)).map(([name]) => name);
}
