// kube-controller-manager: the controllers of a cluster.
import { controllerAuthentication } from '../authentication.ts';
import type { Component } from '../component.ts';
import { CONTROLLER_EXCLUSIONS, ON_ITS_PORT, ONE_SIGN } from './families/controllers.ts';

export const KUBE_CONTROLLER_MANAGER: Component = {
  name: 'kube-controller-manager',
  title: 'kube-controller-manager',
  usualPort: '10257',
  bindsTo: 'localhost',
  authenticates: 'TLS; /healthz without authentication, the rest with',
  exposure: 'Misconfigured: it is meant for localhost, and only the control plane itself needs it.',
  inArticle: true,
  advice: ['bind-to-localhost', 'firewall-control-plane'],
  ports: [10257, 10252],
  excludedBy: [...CONTROLLER_EXCLUSIONS, 'livezOk'],
  rules: [
    {
      grade: 'confirmed',
      all: ['controllerManagerCertificate', 'healthzOk'],
      any: ['versionNotFound', 'forbiddenStatus'],
      why: 'The subject of a controller manager, open health, closed rest.',
    },
    ...ON_ITS_PORT,
    { grade: 'probable', all: ['controllerManagerCertificate'], why: 'The subject of a controller manager.' },
    {
      grade: 'probable',
      all: ['localhostEpochCertificate', 'healthzOk', 'livezNotFound'],
      any: ['versionNotFound', 'forbiddenStatus'],
      why: 'The library of the controllers, and no /livez: the controller manager, or more rarely that of a cloud or an old scheduler.',
    },
    ...ONE_SIGN,
    {
      grade: 'possible',
      all: ['leaderElectionCheck'],
      why: 'Failing health with the check of an elected leader: a controller manager or a scheduler.',
    },
    {
      grade: 'possible',
      all: ['localhostEpochCertificate'],
      why: 'Self-signed for localhost: a controller manager, a scheduler or an extension server.',
    },
    {
      grade: 'possible',
      all: ['healthzOk', 'versionNotFound', 'cacheControl'],
      none: ['plainTransport'],
      why: 'Open health and no /version in the manner of the API machinery.',
    },
  ],
  authentication: controllerAuthentication,
};
