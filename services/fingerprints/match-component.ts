// Components weighed: which rule of which component the answers of the rungs fulfil.
import type { Component, ComponentRule } from './component.ts';
import { COMPONENT_LIST } from './components/list.ts';
import type { Facts } from './facts.ts';
import type { Indicators } from './rungs/list.ts';
import { GRADES } from './verdict.ts';

export interface Match {
  readonly component: Component;
  readonly rule: ComponentRule;
}

/**
 * The component with the highest grade; where two reach the same, one that is on its usual port, then the one that stands first in the list. Null
 * when no rule holds.
 */
export function matchComponent(
  facts: Pick<Facts, 'port' | 'transport'>,
  indicators: Indicators,
  components: readonly Component[] = COMPONENT_LIST,
): Match | null {
  let best: Match | null = null;
  let bestOnPort = false;
  for (const component of components) {
    if (!isPossible(component, facts, indicators)) continue;
    const onPort = isUsualPort(component, facts.port);
    const rule = component.rules.find((candidate) => ruleHolds(candidate, indicators, onPort));
    if (rule === undefined) continue;
    const better = best === null ? -1 : GRADES.indexOf(rule.grade) - GRADES.indexOf(best.rule.grade);
    if (better > 0 || (better === 0 && (bestOnPort || !onPort))) continue;
    best = { component, rule };
    bestOnPort = onPort;
    if (onPort && rule.grade === 'confirmed') return best;
  }
  return best;
}

/** True when the component listens there by default or in some distribution. */
export function isUsualPort(component: Component, port: number | null): boolean {
  return port !== null && component.ports.includes(port);
}

function isPossible(
  component: Component,
  { port, transport }: Pick<Facts, 'port' | 'transport'>,
  indicators: Indicators,
): boolean {
  if (port !== null && component.notOnPorts?.includes(port) === true) return false;
  if (port !== null && transport !== 'tls' && component.notOnPlainPorts?.includes(port) === true) return false;
  return !component.excludedBy.some((rung) => indicators[rung] === true);
}

/** True when every condition of the rule is met. */
export function ruleHolds(rule: ComponentRule, indicators: Indicators, onPort: boolean): boolean {
  if (rule.port === true && !onPort) return false;
  if (rule.all?.some((rung) => indicators[rung] !== true) === true) return false;
  if (rule.any !== undefined && !rule.any.some((rung) => indicators[rung] === true)) return false;
  return rule.none?.some((rung) => indicators[rung] === true) !== true;
}
