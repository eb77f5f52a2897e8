// An aggregated API server: metrics-server and other extensions of the API.
import { apiServerAuthentication } from '../authentication.ts';
import type { Component } from '../component.ts';

export const AGGREGATED_APISERVER: Component = {
  name: 'aggregated-apiserver',
  title: 'aggregated API server (metrics-server and others)',
  usualPort: 'any',
  bindsTo: 'inside the cluster',
  authenticates: 'as the API server',
  exposure: 'An extension of the API that the API server calls; clients have no business with it.',
  inArticle: false,
  advice: ['firewall-control-plane'],
  ports: [443, 4443],
  excludedBy: [
    'certificateName',
    'versionEndpoint',
    'etcdVersion',
    'proxyHealth',
    'versionNotFound',
    'foreignVersionBody',
  ],
  rules: [
    {
      grade: 'confirmed',
      all: ['unstampedVersion'],
      why: 'The version body of a server without Kubernetes version stamps.',
    },
    {
      grade: 'confirmed',
      all: ['localhostEpochCertificate'],
      any: ['auditId', 'flowSchema', 'unauthorizedStatus'],
      why: 'Self-signed for localhost, with the refusals or headers of a whole API server.',
    },
    {
      grade: 'confirmed',
      all: ['clusterServiceCertificate'],
      any: ['auditId', 'flowSchema'],
      why: 'The headers of an API server under the certificate of another service of a cluster.',
    },
    {
      grade: 'probable',
      all: ['localhostEpochCertificate', 'livezOk', 'apiServerClientCas'],
      port: true,
      why: 'Self-signed for localhost, with /livez and an aggregation layer, where schedulers are not.',
    },
    {
      grade: 'possible',
      all: ['localhostEpochCertificate', 'livezOk', 'apiServerClientCas'],
      why: 'Self-signed for localhost, with /livez and an aggregation layer: one before 1.22, or a scheduler.',
    },
  ],
  authentication: apiServerAuthentication,
};
