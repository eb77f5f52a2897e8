// A service that is recognised and is no Kubernetes component, so that nobody takes it for one.
import type { ComponentProfile } from '../component.ts';
import type { RungName } from '../rungs/list.ts';

/** It has no grade: it is named where no component matches and one of these rungs says yes. */
export const OTHER: ComponentProfile & { readonly recognisedBy: readonly RungName[] } = {
  name: 'other',
  title: 'another service',
  usualPort: 'any',
  bindsTo: 'as it was told to',
  authenticates: 'as it was told to',
  exposure:
    'No component: an ingress controller, an application of a cluster, or a program with a version body of its own.',
  inArticle: false,
  advice: [],
  recognisedBy: ['ingressCertificate', 'clusterServiceCertificate', 'foreignVersionBody'],
};
