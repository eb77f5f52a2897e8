// Which advice a verdict carries: the component's own, and what its openness and its age add.
import type { AdviceSlug } from './advice.ts';
import type { Component } from './component.ts';
import { Recent } from './recent.ts';
import type { Verdict } from './verdict.ts';

type Advice = readonly AdviceSlug[];

export const NO_ADVICE: Advice = Object.freeze([]);

/** Components, ways of authentication and states of support multiply to fewer. */
const known = new Recent<Advice>(1024);

/** Most urgent first. The same list for the same arguments: it is shared. */
export function adviceOn(
  component: Component,
  authentication: Verdict['authentication'],
  support: Verdict['support'],
): Advice {
  if (component.name !== 'kube-apiserver') return component.advice;
  return known.get(`${authentication} ${support}`, () => {
    const advice: AdviceSlug[] = [...component.advice];
    if (authentication === 'anonymous-full') advice.unshift('remove-anonymous-grants', 'disable-insecure-port');
    if (authentication === 'anonymous-public') advice.push('disable-anonymous');
    if (support === 'end-of-life') advice.push('upgrade-minor');
    return Object.freeze(advice);
  });
}
