// Rancher: a console over many clusters.
import { tokenAuthentication } from '../authentication.ts';
import type { Component } from '../component.ts';

export const RANCHER: Component = {
  name: 'rancher',
  title: 'Rancher',
  usualPort: '443',
  bindsTo: 'all interfaces',
  authenticates: 'TLS, login',
  exposure: 'One login for many clusters.',
  inArticle: false,
  advice: ['restrict-api-server', 'private-endpoint'],
  ports: [443, 8443],
  excludedBy: ['certificateName', 'etcdCertificate', 'localhostEpochCertificate'],
  rules: [
    { grade: 'confirmed', all: ['rancherHeader'], why: 'A header of Rancher.' },
    { grade: 'confirmed', all: ['rancherCertificate', 'rancherPage'], why: 'Its certificate and its page.' },
    { grade: 'probable', any: ['rancherCertificate', 'rancherPage'], why: 'Its certificate or its page.' },
  ],
  authentication: tokenAuthentication,
};
