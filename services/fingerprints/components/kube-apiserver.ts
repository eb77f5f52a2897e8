// kube-apiserver: the front door of a cluster.
import { apiServerAuthentication } from '../authentication.ts';
import type { Component } from '../component.ts';
import type { RungName } from '../rungs/list.ts';

/** Answers that speak against what a certificate or authorities say: a fake, or something else that holds that certificate. */
const NOT_ITS_ANSWERS: readonly RungName[] = ['partialVersionBody', 'foreignVersionHead'];

export const KUBE_APISERVER: Component = {
  name: 'kube-apiserver',
  title: 'Kubernetes API server',
  usualPort: '6443 (443 managed)',
  bindsTo: 'all interfaces',
  authenticates: 'TLS; /version and /healthz without authentication, the rest with',
  exposure:
    'The main exposure of a cluster, and the first to restrict: everything that can be done to it is done through this port.',
  inArticle: true,
  advice: ['restrict-api-server', 'private-endpoint'],
  ports: [6443, 443, 8443, 16443, 5443, 8080],
  // kubectl proxy shows an API server's answers in the clear.
  notOnPlainPorts: [8001],
  excludedBy: [
    'localhostEpochCertificate',
    'nodeEpochCertificate',
    'nodeCertificate',
    'etcdCertificate',
    'lentCredentials',
    'rancherCertificate',
    'ingressCertificate',
    'clusterServiceCertificate',
    'unstampedVersion',
    'etcdVersion',
    'foreignVersionBody',
    'versionNotFound',
    'proxyHealth',
    'forbiddenNodesText',
    'leaderElectionCheck',
    'dashboardPage',
    'rancherPage',
    'rancherHeader',
  ],
  rules: [
    {
      grade: 'confirmed',
      all: ['versionEndpoint'],
      any: ['auditId', 'flowSchema'],
      why: 'A version body and the headers of an API server, which a proxy before it hands on.',
    },
    {
      grade: 'confirmed',
      all: ['versionEndpoint'],
      any: ['certificateName', 'apiServerIssuer', 'apiServerClientCas'],
      none: ['foreignVersionHead'],
      why: "A version body (or an engine's extract of it), and the certificate or authorities of an API server.",
    },
    {
      grade: 'confirmed',
      all: ['wholeVersionBody', 'cacheControl'],
      none: ['foreignVersionHead'],
      why: 'A whole version body with the one header that a version before 1.20 has.',
    },
    {
      grade: 'confirmed',
      all: ['unauthorizedStatus'],
      any: ['auditId', 'masterRealm'],
      why: 'The exact refusal, and a header that only API servers have.',
    },
    {
      grade: 'confirmed',
      all: ['unauthorizedStatus'],
      any: ['certificateName', 'apiServerIssuer', 'apiServerClientCas'],
      none: ['serverHeader'],
      why: 'The exact refusal, and a certificate or authorities that only API servers have.',
    },
    {
      grade: 'confirmed',
      all: ['forbiddenStatus'],
      any: ['auditId', 'flowSchema'],
      why: 'The exact refusal with the headers of an API server.',
    },
    {
      grade: 'confirmed',
      all: ['forbiddenStatus'],
      any: ['certificateName', 'apiServerIssuer'],
      none: ['serverHeader'],
      why: 'The exact refusal with the certificate of an API server; authorities alone do not exclude a controller manager.',
    },
    {
      grade: 'confirmed',
      all: ['rootPaths'],
      any: ['certificateName', 'auditId', 'flowSchema', 'apiServerClientCas'],
      why: 'The list of API paths.',
    },
    { grade: 'probable', all: ['rootPaths'], why: 'The list of API paths, with nothing else seen.' },
    {
      grade: 'probable',
      all: ['versionEndpoint'],
      none: ['contradictoryVersion', 'foreignVersionHead'],
      why: 'A version body alone: it can be copied.',
    },
    {
      grade: 'probable',
      all: ['unauthorizedStatus', 'cacheControl'],
      port: true,
      why: 'The exact refusal on the usual port.',
    },
    {
      grade: 'probable',
      all: ['unauthorizedStatus', 'vendorServerName'],
      why: "The exact refusal and a distribution's name.",
    },
    {
      grade: 'probable',
      all: ['unauthorizedStatus', 'apiServerSubject'],
      why: 'The exact refusal and a subject of an API server.',
    },
    {
      grade: 'probable',
      all: ['forbiddenStatus', 'apiServerClientCas'],
      why: 'The exact refusal and authorities of the API machinery.',
    },
    {
      grade: 'probable',
      all: ['forbiddenStatus'],
      any: ['vendorServerName', 'apiServerSubject'],
      why: 'The exact refusal and an API server in the certificate.',
    },
    {
      grade: 'probable',
      all: ['certificateName'],
      any: ['apiServerSubject', 'clusterIssuer', 'vendorServerName', 'apiServerClientCas'],
      none: ['foreignServiceName', ...NOT_ITS_ANSWERS],
      why: 'Names, and subject, issuer or authorities of a cluster.',
    },
    {
      grade: 'probable',
      all: ['certificateName'],
      none: ['foreignServiceName', ...NOT_ITS_ANSWERS],
      port: true,
      why: 'Names on the usual port.',
    },
    {
      grade: 'probable',
      all: ['certificateName', 'healthzOk'],
      none: ['foreignServiceName', ...NOT_ITS_ANSWERS],
      why: 'Names and a healthy answer.',
    },
    {
      grade: 'probable',
      all: ['apiServerSubject', 'clusterIssuer'],
      none: NOT_ITS_ANSWERS,
      why: "Subject and issuer of an installer's API server, names not seen.",
    },
    {
      grade: 'probable',
      all: ['apiServerIssuer'],
      none: NOT_ITS_ANSWERS,
      why: 'An authority that signs API servers only.',
    },
    { grade: 'probable', all: ['k3sCertificate'], none: NOT_ITS_ANSWERS, why: "k3s' one listener." },
    {
      grade: 'probable',
      all: ['apiServerClientCas'],
      none: NOT_ITS_ANSWERS,
      port: true,
      why: 'Authorities of an API server on its usual port.',
    },
    {
      grade: 'probable',
      all: ['healthzFailed'],
      any: ['auditId', 'flowSchema'],
      why: 'Failing checks with the headers of an API server.',
    },
    {
      grade: 'possible',
      all: ['certificateName'],
      why: 'The certificate speaks of an API server; what answers may be a load balancer, a proxy or a tunnel.',
    },
    { grade: 'possible', all: ['unauthorizedStatus'], why: 'An endpoint of the API machinery.' },
    { grade: 'possible', all: ['forbiddenStatus'], why: 'An endpoint of the API machinery.' },
    {
      grade: 'possible',
      all: ['serverCaIssuer'],
      port: true,
      why: 'The server authority of k3s or RKE2, on the usual port.',
    },
    {
      grade: 'possible',
      any: ['partialVersionBody', 'versionEndpoint'],
      why: 'It wants to be an API server, but no build prints that body, or nothing but a body speaks for it.',
    },
    {
      grade: 'possible',
      any: ['vendorServerName', 'apiServerSubject', 'apiServerClientCas', 'healthzFailed', 'masterRealm', 'flowSchema'],
      why: 'One sign.',
    },
  ],
  authentication: apiServerAuthentication,
};
