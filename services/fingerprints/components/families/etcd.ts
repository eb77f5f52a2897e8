// What etcd's client and peer ports share.
import type { Component, ComponentRule } from '../../component.ts';

export const ETCD_EXCLUSIONS: Component['excludedBy'] = [
  'certificateName',
  'versionEndpoint',
  'proxyHealth',
  'localhostEpochCertificate',
  'unauthorizedStatus',
  'forbiddenStatus',
];

export const DEMAND_ON_ITS_PORT: ComponentRule = {
  grade: 'possible',
  all: ['clientCertificateDemanded'],
  port: true,
  why: 'The demand for a client certificate, on its port.',
};
