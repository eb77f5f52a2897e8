// A limit of credits for one run, beside the one that the configuration may hold.
import { FEED_TYPES } from './index.ts';

type Declared = Readonly<Record<string, unknown>> & { readonly type: string };

/** The settings with at most so many credits a run. Types that are not paid by the run stay as they are. */
export function withLimit(settings: Declared, credits: number): Declared {
  const paid = Object.hasOwn(FEED_TYPES[settings.type]?.settings ?? {}, 'maxCredits');
  if (!paid) return settings;
  const own = settings['maxCredits'];
  return { ...settings, maxCredits: typeof own === 'number' ? Math.min(own, credits) : credits };
}
