// The plain ports of a node: the kubelet's health and read-only ports and kube-proxy's two. Two of them answer alike, so that the port decides.
import { noAuthentication } from '../authentication.ts';
import type { Component, ComponentRule } from '../component.ts';

const EXCLUDED_BY: Component['excludedBy'] = [
  'versionEndpoint',
  'unstampedVersion',
  'etcdVersion',
  'etcdHealth',
  'certificateName',
  'dashboardPage',
];

/** Never more than probable: healthz ok and a 404 is what any Go program can answer. */
const ALIKE: readonly ComponentRule[] = [
  {
    grade: 'probable',
    all: ['healthzOk', 'versionNotFound'],
    port: true,
    why: 'Open health and no /version, on its port.',
  },
  { grade: 'possible', all: ['healthzOk'], port: true, why: 'Open health, on its port.' },
  { grade: 'possible', all: ['versionNotFound'], port: true, why: "Go's 404, on its port." },
];

export const KUBELET_HEALTHZ: Component = {
  name: 'kubelet-healthz',
  title: 'kubelet health port',
  ports: [10248],
  excludedBy: EXCLUDED_BY,
  rules: ALIKE,
  exposure: 'Misconfigured: it is meant for localhost. It tells little, but shows how the node is set up.',
  advice: ['bind-to-localhost'],
  authentication: noAuthentication,
};

export const KUBELET_READONLY: Component = {
  name: 'kubelet-readonly',
  title: 'kubelet read-only port',
  ports: [10255],
  excludedBy: EXCLUDED_BY,
  rules: ALIKE,
  exposure: 'Pod specifications of the node, with their environment, can be read without credentials.',
  advice: ['disable-read-only-port', 'firewall-control-plane'],
  authentication: noAuthentication,
};

export const KUBE_PROXY_METRICS: Component = {
  name: 'kube-proxy-metrics',
  title: 'kube-proxy metrics port',
  ports: [10249],
  excludedBy: EXCLUDED_BY,
  rules: ALIKE,
  exposure:
    'The configuration of kube-proxy can be read without credentials. AKS opens it on all interfaces of a node.',
  advice: ['bind-to-localhost', 'firewall-control-plane'],
  authentication: noAuthentication,
};

export const KUBE_PROXY_HEALTHZ: Component = {
  name: 'kube-proxy-healthz',
  title: 'kube-proxy health port',
  ports: [10256],
  excludedBy: EXCLUDED_BY,
  rules: [
    { grade: 'confirmed', all: ['proxyHealth'], why: 'The JSON of kube-proxy alone.' },
    { grade: 'possible', any: ['healthzOk', 'versionNotFound'], port: true, why: 'One sign, on its port.' },
  ],
  exposure: 'Low: load balancers ask it whether the node forwards traffic.',
  advice: ['firewall-control-plane'],
  authentication: noAuthentication,
};
