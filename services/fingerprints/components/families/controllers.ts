// What kube-controller-manager, kube-scheduler and cloud-controller-manager share: one library, told apart by port and /livez.
import type { Component, ComponentRule } from '../../component.ts';

export const CONTROLLER_EXCLUSIONS: Component['excludedBy'] = [
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
export const ON_ITS_PORT: readonly ComponentRule[] = [
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
export const ONE_SIGN: readonly ComponentRule[] = [
  {
    grade: 'possible',
    any: ['versionNotFound', 'healthzOk', 'healthzFailed', 'forbiddenStatus', 'apiServerClientCas'],
    port: true,
    why: 'One sign, on its port.',
  },
];
