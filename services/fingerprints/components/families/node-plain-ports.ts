// What the plain ports of a node share: the kubelet's health and read-only ports and kube-proxy's two. Three of them answer alike, so that the port decides.
import type { Component, ComponentRule } from '../../component.ts';

export const PLAIN_PORT_EXCLUSIONS: Component['excludedBy'] = [
  'versionEndpoint',
  'unstampedVersion',
  'etcdVersion',
  'etcdHealth',
  'certificateName',
  'dashboardPage',
];

/** Never more than probable: healthz ok and a 404 is what any Go program can answer. */
export const ALIKE: readonly ComponentRule[] = [
  {
    grade: 'probable',
    all: ['healthzOk', 'versionNotFound'],
    port: true,
    why: 'Open health and no /version, on its port.',
  },
  { grade: 'possible', all: ['healthzOk'], port: true, why: 'Open health, on its port.' },
  { grade: 'possible', all: ['versionNotFound'], port: true, why: "Go's 404, on its port." },
];
