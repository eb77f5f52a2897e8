// What reports and pages say of a component, by the name that verdicts and counts carry.
import type { ComponentProfile } from './component.ts';
import { COMPONENT_LIST } from './components/list.ts';
import { OTHER } from './components/other.ts';
import { COMPONENTS } from './verdict.ts';

const BY_NAME: ReadonlyMap<string, ComponentProfile> = new Map(
  [...COMPONENT_LIST, OTHER].map((component) => [component.name, component]),
);

/** Null for a name that is no component of ours, and for none. */
export function componentProfile(name: string | null | undefined): ComponentProfile | null {
  return BY_NAME.get(name ?? '') ?? null;
}

/** Every component but `other`, in the order of the public list. */
export const COMPONENT_PROFILES: readonly ComponentProfile[] = COMPONENTS.flatMap((name) =>
  name === OTHER.name ? [] : (componentProfile(name) ?? []),
);
