// kube-controller-manager, kube-scheduler and cloud-controller-manager: one library, told apart by port and /livez.
import { controllerAuthentication } from '../authentication.ts';
import type { Component, ComponentRule } from '../component.ts';

const EXCLUDED_BY: Component['excludedBy'] = [
  'certificateName',
  'versionEndpoint',
  'etcdVersion',
  'etcdCertificate',
  'nodeEpochCertificate',
  'nodeCertificate',
  'unauthorizedText',
  'unauthorizedStatus',
  'proxyHealth',
  'ingressCertificate',
  'auditId',
  'flowSchema',
];

/** What each of them shows on its own port. */
const ON_ITS_PORT: readonly ComponentRule[] = [
  {
    grade: 'confirmed',
    all: ['localhostEpochCertificate', 'healthzOk'],
    any: ['versionNotFound', 'forbiddenStatus'],
    port: true,
    why: 'Self-signed for localhost, open health, closed rest, on its port.',
  },
  {
    grade: 'probable',
    all: ['localhostEpochCertificate'],
    port: true,
    why: 'Self-signed for localhost, on its port.',
  },
  {
    grade: 'probable',
    all: ['versionNotFound', 'healthzOk'],
    port: true,
    why: 'Open health and no /version, on its port; many components answer alike.',
  },
  {
    grade: 'probable',
    all: ['forbiddenStatus', 'healthzOk'],
    port: true,
    why: 'Open health, the rest forbidden, on its port.',
  },
  {
    grade: 'probable',
    all: ['versionNotFound', 'healthzFailed'],
    port: true,
    why: 'Failing health and no /version, on its port.',
  },
  {
    grade: 'probable',
    all: ['leaderElectionCheck'],
    port: true,
    why: 'Failing health with the check of an elected leader, on its port.',
  },
];

/** The least of it. */
const ONE_SIGN: readonly ComponentRule[] = [
  {
    grade: 'possible',
    any: ['versionNotFound', 'healthzOk', 'healthzFailed', 'forbiddenStatus', 'apiServerClientCas'],
    port: true,
    why: 'One sign, on its port.',
  },
];

export const KUBE_CONTROLLER_MANAGER: Component = {
  name: 'kube-controller-manager',
  title: 'kube-controller-manager',
  ports: [10257, 10252],
  excludedBy: [...EXCLUDED_BY, 'livezOk'],
  rules: [
    ...ON_ITS_PORT,
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
  exposure: 'Misconfigured: only the control plane itself needs it.',
  advice: ['bind-to-localhost', 'firewall-control-plane'],
  authentication: controllerAuthentication,
};

export const KUBE_SCHEDULER: Component = {
  name: 'kube-scheduler',
  title: 'kube-scheduler',
  ports: [10259, 10251],
  notOnPorts: [10257, 10252],
  excludedBy: EXCLUDED_BY,
  rules: [
    ...ON_ITS_PORT,
    {
      grade: 'probable',
      all: ['localhostEpochCertificate', 'healthzOk', 'livezOk'],
      any: ['versionNotFound', 'forbiddenStatus'],
      why: 'The library of the controllers with /livez: the scheduler.',
    },
    ...ONE_SIGN,
  ],
  exposure: 'Misconfigured: only the control plane itself needs it.',
  advice: ['bind-to-localhost', 'firewall-control-plane'],
  authentication: controllerAuthentication,
};

export const CLOUD_CONTROLLER_MANAGER: Component = {
  name: 'cloud-controller-manager',
  title: 'cloud-controller-manager',
  ports: [10258, 10253],
  excludedBy: EXCLUDED_BY,
  rules: [...ON_ITS_PORT, ...ONE_SIGN],
  exposure: 'Misconfigured: only the control plane itself needs it.',
  advice: ['bind-to-localhost', 'firewall-control-plane'],
  authentication: controllerAuthentication,
};
