// kube-proxy's metrics port, which shows its configuration, too.
import { noAuthentication } from '../authentication.ts';
import type { Component } from '../component.ts';
import { ALIKE, PLAIN_PORT_EXCLUSIONS } from './families/node-plain-ports.ts';

export const KUBE_PROXY_METRICS: Component = {
  name: 'kube-proxy-metrics',
  title: 'kube-proxy metrics port',
  usualPort: '10249',
  bindsTo: 'localhost; all interfaces on AKS',
  authenticates: 'no authentication, no encryption',
  exposure:
    'The configuration of kube-proxy can be read without credentials. AKS opens it on all interfaces of a node.',
  inArticle: true,
  advice: ['bind-to-localhost', 'firewall-control-plane'],
  ports: [10249],
  excludedBy: PLAIN_PORT_EXCLUSIONS,
  rules: ALIKE,
  authentication: noAuthentication,
};
