// cloud-controller-manager: the controllers that speak to a provider's API.
import { controllerAuthentication } from '../authentication.ts';
import type { Component } from '../component.ts';
import { CONTROLLER_EXCLUSIONS, ON_ITS_PORT, ONE_SIGN } from './families/controllers.ts';

export const CLOUD_CONTROLLER_MANAGER: Component = {
  name: 'cloud-controller-manager',
  title: 'cloud-controller-manager',
  usualPort: '10258',
  bindsTo: 'all interfaces',
  authenticates: 'TLS; /healthz without authentication, the rest with',
  exposure: 'Needless: only the control plane itself asks it.',
  inArticle: false,
  advice: ['bind-to-localhost', 'firewall-control-plane'],
  ports: [10258, 10253],
  excludedBy: CONTROLLER_EXCLUSIONS,
  rules: [...ON_ITS_PORT, ...ONE_SIGN],
  authentication: controllerAuthentication,
};
