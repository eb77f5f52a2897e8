// Which rungs spoke for the component that a verdict names.
import type { Component } from './component.ts';
import { ruleHolds } from './match-component.ts';
import type { Strength } from './rung.ts';
import { type Indicators, RUNGS, type RungName } from './rungs/list.ts';

/** Stands at the end of the list where the component's usual port counted; no rung, since it is nothing that the host sent. */
export const PORT_COUNTED = 'port';

const WORTH: readonly Strength[] = ['proof', 'strong', 'weak', 'context'];
const STRONGEST_FIRST: readonly RungName[] = WORTH.flatMap((worth) =>
  RUNGS.filter(({ strength }) => strength === worth).map(({ name }) => name),
);

/**
 * The rungs with a yes in any rule of the component that holds, strongest first and in the order of the ladder where equal; `port` at the end when
 * one of these rules needs the component's port. Conditions that something be absent name no rung: what is not there speaks for nothing.
 */
export function decidingRungs(component: Component, indicators: Indicators, onPort: boolean): readonly string[] {
  const holding = component.rules.filter((rule) => ruleHolds(rule, indicators, onPort));
  const asked = new Set(holding.flatMap(({ all, any }) => [...(all ?? []), ...(any ?? [])]));
  const spoke: string[] = STRONGEST_FIRST.filter((name) => asked.has(name) && indicators[name] === true);
  if (holding.some(({ port }) => port === true)) spoke.push(PORT_COUNTED);
  return spoke;
}
