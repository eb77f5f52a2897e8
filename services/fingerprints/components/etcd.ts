// etcd: the store of a cluster, on its client, peer and metrics ports.
import { certificateOrNone, noAuthentication } from '../authentication.ts';
import type { Component, ComponentRule } from '../component.ts';

const EXCLUDED_BY: Component['excludedBy'] = [
  'certificateName',
  'versionEndpoint',
  'proxyHealth',
  'localhostEpochCertificate',
  'unauthorizedStatus',
  'forbiddenStatus',
];

const DEMAND_ON_ITS_PORT: ComponentRule = {
  grade: 'possible',
  all: ['clientCertificateDemanded'],
  port: true,
  why: 'The demand for a client certificate, on its port.',
};

export const ETCD_PEER: Component = {
  name: 'etcd-peer',
  title: 'etcd peer port',
  ports: [2380],
  excludedBy: [...EXCLUDED_BY, 'etcdCorsHeaders'],
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
    DEMAND_ON_ITS_PORT,
  ],
  exposure: 'Must never be public: a peer can join and take the data of the cluster.',
  advice: ['never-public-etcd', 'require-client-certificates', 'firewall-control-plane'],
  authentication: certificateOrNone,
};

export const ETCD_CLIENT: Component = {
  name: 'etcd-client',
  title: 'etcd client port',
  ports: [2379],
  notOnPorts: [2380],
  excludedBy: EXCLUDED_BY,
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
  exposure: 'Must never be public: it holds every object and secret of the cluster.',
  advice: ['never-public-etcd', 'require-client-certificates', 'firewall-control-plane'],
  authentication: certificateOrNone,
};

export const ETCD_METRICS: Component = {
  name: 'etcd-metrics',
  title: 'etcd metrics port',
  ports: [2381],
  excludedBy: [...EXCLUDED_BY, 'healthzOk'],
  rules: [
    {
      grade: 'confirmed',
      all: ['etcdHealth', 'versionNotFound'],
      why: 'The health of etcd on a listener without /version: the metrics listener.',
    },
    { grade: 'probable', all: ['etcdHealth'], port: true, why: 'The health of etcd, on its port.' },
    {
      grade: 'probable',
      all: ['etcdMetrics', 'versionNotFound'],
      why: 'The metrics of etcd on a listener without /version.',
    },
    { grade: 'possible', all: ['etcdHealth'], why: 'The health of etcd, anywhere.' },
    { grade: 'possible', all: ['versionNotFound'], port: true, why: "Go's 404, on its port." },
  ],
  exposure: 'Misconfigured: it is meant for localhost, without authentication and encryption.',
  advice: ['bind-to-localhost', 'encrypt-sensitive-traffic'],
  authentication: noAuthentication,
};
