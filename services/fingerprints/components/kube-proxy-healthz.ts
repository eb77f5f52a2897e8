// kube-proxy's health port, for load balancers.
import { noAuthentication } from '../authentication.ts';
import type { Component } from '../component.ts';
import { PLAIN_PORT_EXCLUSIONS } from './families/node-plain-ports.ts';

export const KUBE_PROXY_HEALTHZ: Component = {
  name: 'kube-proxy-healthz',
  title: 'kube-proxy health port',
  usualPort: '10256',
  bindsTo: 'all interfaces',
  authenticates: 'no authentication, health only',
  exposure: 'Low: load balancers ask it whether the node forwards traffic.',
  inArticle: true,
  advice: ['firewall-control-plane'],
  ports: [10256],
  excludedBy: PLAIN_PORT_EXCLUSIONS,
  rules: [
    { grade: 'confirmed', all: ['proxyHealth'], why: 'The JSON of kube-proxy alone.' },
    { grade: 'possible', any: ['healthzOk', 'versionNotFound'], port: true, why: 'One sign, on its port.' },
  ],
  authentication: noAuthentication,
};
