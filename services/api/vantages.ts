// What each vantage of a survey saw, as it is written in answers.
import { type Static, Type } from 'typebox';
import { compareVantages, type VantageCounts } from '../rollups/vantages.ts';
import { Count, orNull, Texts } from './schemas.ts';

const Share = Type.Number({ minimum: 0 });

const View = Type.Object({
  vantage: Type.String(),
  seen: Count,
  onlyHere: Count,
  missed: orNull(
    Type.Object(
      { share: Share, low: Share, high: Share },
      { description: 'of the endpoints that any vantage saw, with Wilson’s 95 % interval' },
    ),
  ),
});

const Gain = Type.Object({
  vantage: Type.String(),
  before: Texts,
  seenBefore: Count,
  added: Count,
  gain: orNull(
    Type.Object({ ratio: Share, low: Share, high: Share }, { description: 'added / seenBefore, with a 95 % interval' }),
  ),
});

export const Vantages = orNull(
  Type.Object(
    {
      unit: Type.Literal('endpoint'),
      asked: Count,
      seen: Count,
      seenByAll: Count,
      views: Type.Array(View),
      gains: Type.Array(Gain, { description: 'of each vantage over those before it' }),
      estimate: orNull(
        Type.Object(
          { endpoints: Type.Number(), low: Type.Number(), high: Type.Number() },
          { description: 'Chapman’s of two vantages: endpoints that answer such passes, seen or not; a lower bound' },
        ),
      ),
    },
    {
      description:
        'where a component of Kubernetes was seen from, of endpoints that every vantage asked; null for a survey from one vantage, before it is counted, and without a key',
    },
  ),
);

/** null stays null. */
export function vantagesOf(counts: VantageCounts | null): Static<typeof Vantages> {
  if (counts === null) return null;
  const { asked, seen, seenByAll, views, gains, estimate } = compareVantages(counts);
  return {
    unit: 'endpoint',
    asked,
    seen,
    seenByAll,
    views: views.map(({ missed, ...view }) => ({
      ...view,
      missed: missed && { share: missed.share, low: missed.interval[0], high: missed.interval[1] },
    })),
    gains: gains.map(({ vantage, before, seenBefore, added, gain, interval }) => ({
      ...{ vantage, before: [...before], seenBefore, added },
      gain: gain === null || interval === null ? null : { ratio: gain, low: interval[0], high: interval[1] },
    })),
    estimate:
      estimate === null || estimate.suppressed !== null || estimate.interval === null
        ? null
        : { endpoints: estimate.estimate, low: estimate.interval[0], high: estimate.interval[1] },
  };
}
