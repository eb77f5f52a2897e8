// Which advice a verdict carries: the component's own, and what its openness and its age add.
import { ADVICE_SLUGS, type AdviceSlug } from './advice.ts';
import type { Component } from './component.ts';
import { Recent } from './recent.ts';
import type { Verdict } from './verdict.ts';

type Finding = Pick<Verdict, 'authentication' | 'support'> & { readonly plain: boolean };

/** What an API server is told beside its component's own advice. */
export const ADVICE_BY_FINDING: readonly {
  readonly slug: AdviceSlug;
  /** In words, after "kube-apiserver". */
  readonly when: string;
  readonly holds: (finding: Finding) => boolean;
}[] = [
  {
    slug: 'remove-anonymous-grants',
    when: 'that answers anonymous-full over TLS',
    holds: ({ authentication, plain }) => authentication === 'anonymous-full' && !plain,
  },
  {
    slug: 'disable-insecure-port',
    when: 'that answers anonymous-full without TLS',
    holds: ({ authentication, plain }) => authentication === 'anonymous-full' && plain,
  },
  {
    slug: 'disable-anonymous',
    when: 'that answers anonymous-public',
    holds: ({ authentication }) => authentication === 'anonymous-public',
  },
  { slug: 'upgrade-minor', when: 'past its end of life', holds: ({ support }) => support === 'end-of-life' },
];

export const NO_ADVICE: readonly AdviceSlug[] = Object.freeze([]);

/** Ways of authentication and states of support multiply to fewer. */
const known = new Recent<readonly AdviceSlug[]>(64);

/** Most urgent first. The same list for the same arguments: it is shared. */
export function adviceOn(
  component: Component,
  authentication: Verdict['authentication'],
  support: Verdict['support'],
  plain: boolean,
): readonly AdviceSlug[] {
  if (component.name !== 'kube-apiserver') return component.advice;
  return known.get(`${authentication} ${support} ${plain}`, () => {
    const found = ADVICE_BY_FINDING.filter(({ holds }) => holds({ authentication, support, plain })).map(
      ({ slug }) => slug,
    );
    return Object.freeze(ADVICE_SLUGS.filter((slug) => component.advice.includes(slug) || found.includes(slug)));
  });
}
