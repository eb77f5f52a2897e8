// etcd, peer port: where the members of the store replicate.
import { certificateOrNone } from '../authentication.ts';
import type { Component } from '../component.ts';
import { DEMAND_ON_ITS_PORT, ETCD_EXCLUSIONS } from './families/etcd.ts';

export const ETCD_PEER: Component = {
  name: 'etcd-peer',
  title: 'etcd peer port',
  usualPort: '2380',
  bindsTo: 'main interface',
  authenticates: 'TLS, client certificate',
  exposure: 'Must never be public: a peer can join and take the data of the cluster.',
  inArticle: true,
  advice: ['never-public-etcd', 'require-client-certificates', 'firewall-control-plane'],
  ports: [2380],
  excludedBy: [...ETCD_EXCLUSIONS, 'etcdCorsHeaders'],
  rules: [
    { grade: 'confirmed', all: ['etcdVersion'], port: true, why: 'The version body of etcd, on its port.' },
    {
      grade: 'confirmed',
      all: ['etcdCertificate', 'clientCertificateDemanded'],
      port: true,
      why: 'An etcd authority and the demand for a client certificate, on its port.',
    },
    {
      grade: 'confirmed',
      all: ['etcdVersion', 'versionHeadWithoutCors'],
      why: "The version body of etcd without the client listener's headers.",
    },
    { grade: 'probable', all: ['etcdCertificate'], port: true, why: 'An etcd authority, on its port.' },
    { grade: 'probable', all: ['etcdPeerCertificate'], why: "The authority or the name of etcd's peers." },
    DEMAND_ON_ITS_PORT,
  ],
  authentication: certificateOrNone,
};
