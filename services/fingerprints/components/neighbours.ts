// What stands beside or before an API server: aggregated servers, supervisors, tunnels, proxies, Rancher, the dashboard.
import { apiServerAuthentication, tokenAuthentication } from '../authentication.ts';
import type { Component } from '../component.ts';

export const AGGREGATED_APISERVER: Component = {
  name: 'aggregated-apiserver',
  title: 'aggregated API server (metrics-server and others)',
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
  exposure: 'An extension of the API that the API server calls; clients have no business with it.',
  advice: ['firewall-control-plane'],
  authentication: apiServerAuthentication,
};

export const RKE2_SUPERVISOR: Component = {
  name: 'rke2-supervisor',
  title: 'RKE2 supervisor',
  ports: [9345],
  excludedBy: ['etcdCertificate', 'ingressCertificate', 'versionEndpoint'],
  rules: [
    { grade: 'confirmed', all: ['rke2SupervisorCertificate'], why: "The supervisor's own subject." },
    { grade: 'probable', all: ['serverCaIssuer'], port: true, why: "A cluster's authority on the supervisor's port." },
    { grade: 'probable', all: ['unauthorizedStatus'], port: true, why: 'A refusal of the API machinery on its port.' },
  ],
  exposure: 'Nodes join here with a token; the pair 6443 and 9345 shows an RKE2 server.',
  advice: ['firewall-control-plane'],
  authentication: tokenAuthentication,
};

export const K3S_SUPERVISOR: Component = {
  name: 'k3s-supervisor',
  title: 'k3s supervisor',
  ports: [],
  excludedBy: ['unauthorizedStatus', 'forbiddenStatus', 'etcdCertificate'],
  rules: [
    {
      grade: 'probable',
      all: ['k3sCertificate', 'versionNotFound'],
      why: "k3s' certificate on a listener without /version: the supervisor without the API.",
    },
  ],
  exposure: 'Nodes join here with a token.',
  advice: ['firewall-control-plane'],
  authentication: tokenAuthentication,
};

export const KONNECTIVITY: Component = {
  name: 'konnectivity',
  title: 'konnectivity server (agent port)',
  ports: [8132, 8133],
  excludedBy: [
    'wholeVersionBody',
    'unauthorizedStatus',
    'forbiddenStatus',
    'localhostEpochCertificate',
    'versionNotFound',
  ],
  rules: [
    {
      grade: 'probable',
      all: ['certificateName'],
      port: true,
      why: "The API server's certificate on the tunnel's port: the reference manifest shares it.",
    },
    {
      grade: 'possible',
      any: ['apiServerSubject', 'vendorServerName'],
      port: true,
      why: "An API server's certificate on the tunnel's port.",
    },
  ],
  exposure: 'Nodes open their tunnel here with a service account token.',
  advice: ['firewall-control-plane'],
  authentication: tokenAuthentication,
};

export const KUBECTL_PROXY: Component = {
  name: 'kubectl-proxy',
  title: 'kubectl proxy',
  ports: [8001],
  excludedBy: ['etcdVersion', 'certificateName', 'dashboardPage'],
  rules: [
    {
      grade: 'probable',
      all: ['plainTransport', 'rootPaths'],
      port: true,
      why: 'The list of API paths in the clear on the port of kubectl proxy.',
    },
    {
      grade: 'probable',
      all: ['versionEndpoint'],
      none: ['contradictoryVersion', 'foreignVersionHead'],
      port: true,
      why: "An API server's version on the port of kubectl proxy, which hands its headers on.",
    },
    { grade: 'probable', all: ['proxyRefusal'], port: true, why: 'Its refusal of a foreign Host, on its port.' },
    { grade: 'possible', all: ['proxyRefusal'], why: 'Its refusal of a foreign Host.' },
    {
      grade: 'possible',
      any: ['forbiddenStatus', 'unauthorizedStatus', 'healthzOk', 'versionEndpoint'],
      none: ['versionNotFound'],
      port: true,
      why: 'Answers of an API server on the port of kubectl proxy.',
    },
  ],
  exposure: 'Whoever reaches it acts with the rights of the person who started it, without credentials.',
  advice: ['stop-kubectl-proxy', 'bind-to-localhost'],
  authentication: (_facts, indicators) =>
    indicators.versionEndpoint === true || indicators.rootPaths === true ? 'anonymous-full' : null,
};

export const RANCHER: Component = {
  name: 'rancher',
  title: 'Rancher',
  ports: [443, 8443],
  excludedBy: ['certificateName', 'etcdCertificate', 'localhostEpochCertificate'],
  rules: [
    { grade: 'confirmed', all: ['rancherHeader'], why: 'A header of Rancher.' },
    { grade: 'confirmed', all: ['rancherCertificate', 'rancherPage'], why: 'Its certificate and its page.' },
    { grade: 'probable', any: ['rancherCertificate', 'rancherPage'], why: 'Its certificate or its page.' },
  ],
  exposure: 'One login for many clusters.',
  advice: ['restrict-api-server', 'private-endpoint'],
  authentication: tokenAuthentication,
};

export const KUBERNETES_DASHBOARD: Component = {
  name: 'kubernetes-dashboard',
  title: 'Kubernetes Dashboard',
  ports: [8443, 443, 30000],
  excludedBy: ['versionEndpoint'],
  rules: [{ grade: 'confirmed', all: ['dashboardPage'], why: 'Its page.' }],
  exposure: 'A login to the cluster in a browser; old installations let one skip it.',
  advice: ['protect-dashboard'],
  authentication: () => null,
};
