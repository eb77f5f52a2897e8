// RKE2's supervisor: where its nodes join.
import { tokenAuthentication } from '../authentication.ts';
import type { Component } from '../component.ts';

export const RKE2_SUPERVISOR: Component = {
  name: 'rke2-supervisor',
  title: 'RKE2 supervisor',
  usualPort: '9345',
  bindsTo: 'all interfaces',
  authenticates: 'TLS, token',
  exposure: 'Nodes join here with a token; the pair 6443 and 9345 shows an RKE2 server.',
  inArticle: false,
  advice: ['firewall-control-plane'],
  ports: [9345],
  excludedBy: ['etcdCertificate', 'ingressCertificate', 'versionEndpoint'],
  rules: [
    { grade: 'confirmed', all: ['rke2SupervisorCertificate'], why: "The supervisor's own subject." },
    { grade: 'probable', all: ['serverCaIssuer'], port: true, why: "A cluster's authority on the supervisor's port." },
    { grade: 'probable', all: ['unauthorizedStatus'], port: true, why: 'A refusal of the API machinery on its port.' },
  ],
  authentication: tokenAuthentication,
};
