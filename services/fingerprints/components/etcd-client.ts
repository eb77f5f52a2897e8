// etcd, client port: the store of a cluster.
import { certificateOrNone } from '../authentication.ts';
import type { Component } from '../component.ts';
import { DEMAND_ON_ITS_PORT, ETCD_EXCLUSIONS } from './families/etcd.ts';

export const ETCD_CLIENT: Component = {
  name: 'etcd-client',
  title: 'etcd client port',
  usualPort: '2379',
  bindsTo: 'main interface',
  authenticates: 'TLS, client certificate',
  exposure: 'Must never be public: it holds every object and secret of the cluster.',
  inArticle: true,
  advice: ['never-public-etcd', 'require-client-certificates', 'firewall-control-plane'],
  ports: [2379],
  notOnPorts: [2380],
  excludedBy: ETCD_EXCLUSIONS,
  rules: [
    { grade: 'confirmed', all: ['etcdVersion'], why: 'The version body of etcd.' },
    {
      grade: 'confirmed',
      all: ['etcdCertificate', 'clientCertificateDemanded'],
      port: true,
      why: 'An etcd authority and the demand for a client certificate, on its port.',
    },
    { grade: 'probable', all: ['etcdCertificate'], why: 'An etcd authority; client and peer ports share it.' },
    DEMAND_ON_ITS_PORT,
  ],
  authentication: certificateOrNone,
};
