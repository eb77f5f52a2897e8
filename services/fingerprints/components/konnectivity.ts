// konnectivity's server: the end of the tunnel that nodes open to their control plane.
import { tokenAuthentication } from '../authentication.ts';
import type { Component } from '../component.ts';

export const KONNECTIVITY: Component = {
  name: 'konnectivity',
  title: 'konnectivity server (agent port)',
  usualPort: '8132',
  bindsTo: 'all interfaces',
  authenticates: 'TLS, client certificate or token',
  exposure:
    'Nodes open their tunnel to the control plane here, with a client certificate or a token; nobody else needs it.',
  inArticle: false,
  advice: ['firewall-control-plane'],
  ports: [8132, 8133],
  excludedBy: [
    'wholeVersionBody',
    'unauthorizedStatus',
    'forbiddenStatus',
    'localhostEpochCertificate',
    'versionNotFound',
  ],
  rules: [
    {
      grade: 'probable',
      all: ['certificateName'],
      port: true,
      why: "The API server's certificate on the tunnel's port: the reference manifest shares it.",
    },
    {
      grade: 'possible',
      any: ['apiServerSubject', 'vendorServerName', 'clusterIssuer'],
      port: true,
      why: "An API server's or a cluster authority's certificate on the tunnel's port.",
    },
  ],
  authentication: tokenAuthentication,
};
