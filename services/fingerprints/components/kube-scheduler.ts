// kube-scheduler: it chooses a node for every pod.
import { controllerAuthentication } from '../authentication.ts';
import type { Component } from '../component.ts';
import { CONTROLLER_EXCLUSIONS, ON_ITS_PORT, ONE_SIGN } from './families/controllers.ts';

export const KUBE_SCHEDULER: Component = {
  name: 'kube-scheduler',
  title: 'kube-scheduler',
  usualPort: '10259',
  bindsTo: 'localhost',
  authenticates: 'TLS; /healthz without authentication, the rest with',
  exposure: 'Misconfigured: it is meant for localhost, and only the control plane itself needs it.',
  inArticle: true,
  advice: ['bind-to-localhost', 'firewall-control-plane'],
  ports: [10259, 10251],
  notOnPorts: [10257, 10252],
  excludedBy: CONTROLLER_EXCLUSIONS,
  rules: [
    {
      grade: 'confirmed',
      all: ['schedulerCertificate', 'healthzOk'],
      any: ['versionNotFound', 'forbiddenStatus'],
      why: 'The subject of a scheduler, open health, closed rest.',
    },
    ...ON_ITS_PORT,
    { grade: 'probable', all: ['schedulerCertificate'], why: 'The subject of a scheduler.' },
    {
      grade: 'probable',
      all: ['localhostEpochCertificate', 'healthzOk', 'livezOk'],
      any: ['versionNotFound', 'forbiddenStatus'],
      why: 'The library of the controllers with /livez: the scheduler.',
    },
    ...ONE_SIGN,
  ],
  authentication: controllerAuthentication,
};
