// k3s' supervisor, where it listens without the API.
import { tokenAuthentication } from '../authentication.ts';
import type { Component } from '../component.ts';

export const K3S_SUPERVISOR: Component = {
  name: 'k3s-supervisor',
  title: 'k3s supervisor',
  usualPort: '6443',
  bindsTo: 'all interfaces',
  authenticates: 'TLS, token',
  exposure: 'Nodes join here with a token; nobody else needs it.',
  inArticle: false,
  advice: ['firewall-control-plane'],
  ports: [],
  excludedBy: ['unauthorizedStatus', 'forbiddenStatus', 'etcdCertificate'],
  rules: [
    {
      grade: 'probable',
      all: ['k3sCertificate', 'versionNotFound'],
      why: "k3s' certificate on a listener without /version: the supervisor without the API.",
    },
  ],
  authentication: tokenAuthentication,
};
