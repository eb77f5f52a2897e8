// kubelet: the agent of a node, on its authenticated port.
import { kubeletAuthentication } from '../authentication.ts';
import type { Component } from '../component.ts';

export const KUBELET: Component = {
  name: 'kubelet',
  title: 'kubelet',
  usualPort: '10250',
  bindsTo: 'all interfaces',
  authenticates: 'TLS; the root answers 404 without credentials, the rest needs them',
  exposure: 'Significant: who gets past its authentication can run commands in every pod of the node.',
  inArticle: true,
  advice: ['firewall-control-plane', 'authorize-kubelet'],
  ports: [10250],
  excludedBy: [
    'certificateName',
    'localhostEpochCertificate',
    'etcdCertificate',
    'ingressCertificate',
    'plainTransport',
    'versionEndpoint',
    'etcdVersion',
    'unauthorizedStatus',
    'forbiddenStatus',
    'cacheControl',
  ],
  rules: [
    { grade: 'confirmed', all: ['forbiddenNodesText'], why: 'The words of the kubelet itself.' },
    {
      grade: 'confirmed',
      all: ['versionNotFound', 'unauthorizedText'],
      any: ['nodeEpochCertificate', 'nodeCertificate', 'nodeClientCas'],
      why: 'Its answers, and the certificate or authorities of a node.',
    },
    { grade: 'confirmed', all: ['versionNotFound', 'unauthorizedText'], port: true, why: 'Its answers on its port.' },
    {
      grade: 'confirmed',
      all: ['versionNotFound', 'healthzOk'],
      any: ['nodeEpochCertificate', 'nodeCertificate'],
      why: 'A node certificate and an open health path.',
    },
    { grade: 'probable', all: ['nodeCertificate'], why: 'The certificate of a node.' },
    {
      grade: 'probable',
      all: ['nodeEpochCertificate'],
      port: true,
      why: 'A self-signed certificate in the name of a host, on its port.',
    },
    { grade: 'probable', all: ['versionNotFound', 'nodeClientCas'], why: 'Authorities of a node and its 404.' },
    { grade: 'probable', all: ['unauthorizedText'], port: true, why: 'Its 401 on its port.' },
    { grade: 'probable', all: ['versionNotFound'], port: true, why: 'Its 404 on its port.' },
    {
      grade: 'possible',
      all: ['nodeEpochCertificate'],
      why: 'A self-signed certificate in the name of a host: other programs of a node make theirs alike.',
    },
    { grade: 'possible', all: ['nodeClientCas'], why: 'Authorities of a node.' },
    { grade: 'possible', all: ['versionNotFound', 'unauthorizedText'], why: 'Its answers, anywhere.' },
    { grade: 'possible', all: ['clusterIssuer'], port: true, why: 'A certificate of a cluster on its port.' },
  ],
  authentication: kubeletAuthentication,
};
