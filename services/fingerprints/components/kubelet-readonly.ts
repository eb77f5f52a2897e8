// The kubelet's old port without authentication.
import { noAuthentication } from '../authentication.ts';
import type { Component } from '../component.ts';
import { ALIKE, PLAIN_PORT_EXCLUSIONS } from './families/node-plain-ports.ts';

export const KUBELET_READONLY: Component = {
  name: 'kubelet-readonly',
  title: 'kubelet read-only port',
  usualPort: '10255',
  bindsTo: 'off; on in GKE',
  authenticates: 'no authentication, no encryption',
  exposure: 'Pod specifications of the node, with their environment, can be read without credentials.',
  inArticle: true,
  advice: ['disable-read-only-port', 'firewall-control-plane'],
  ports: [10255],
  excludedBy: PLAIN_PORT_EXCLUSIONS,
  rules: ALIKE,
  authentication: noAuthentication,
};
