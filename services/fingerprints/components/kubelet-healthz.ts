// The kubelet's health port.
import { noAuthentication } from '../authentication.ts';
import type { Component } from '../component.ts';
import { ALIKE, PLAIN_PORT_EXCLUSIONS } from './families/node-plain-ports.ts';

export const KUBELET_HEALTHZ: Component = {
  name: 'kubelet-healthz',
  title: 'kubelet health port',
  usualPort: '10248',
  bindsTo: 'localhost',
  authenticates: 'no authentication, health only',
  exposure: 'Misconfigured: it is meant for localhost. It tells little, but shows how the node is set up.',
  inArticle: true,
  advice: ['bind-to-localhost'],
  ports: [10248],
  excludedBy: PLAIN_PORT_EXCLUSIONS,
  rules: ALIKE,
  authentication: noAuthentication,
};
