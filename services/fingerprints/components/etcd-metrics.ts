// etcd, metrics port: health and metrics on a listener of their own.
import { noAuthentication } from '../authentication.ts';
import type { Component } from '../component.ts';
import { ETCD_EXCLUSIONS } from './families/etcd.ts';

export const ETCD_METRICS: Component = {
  name: 'etcd-metrics',
  title: 'etcd metrics port',
  usualPort: '2381',
  bindsTo: 'localhost',
  authenticates: 'no authentication, no encryption',
  exposure: 'Misconfigured: it is meant for localhost, without authentication and encryption.',
  inArticle: true,
  advice: ['bind-to-localhost', 'encrypt-sensitive-traffic'],
  ports: [2381],
  excludedBy: [...ETCD_EXCLUSIONS, 'healthzOk'],
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
  authentication: noAuthentication,
};
