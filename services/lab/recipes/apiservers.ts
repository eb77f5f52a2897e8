// Hosts whose main service is kube-apiserver: one row per distribution and way of authentication.
import type { Authentication } from '../../fingerprints/verdict.ts';
import type { Outcome } from '../../probes/outcome.ts';
import { API_PROFILES, type ApiProfile } from '../certificate-profiles.ts';
import { epochOf } from '../certificate-site.ts';
import { rke2SupervisorCertificate } from '../component-certificates.ts';
import type { Anonymous, LabCluster, LabService, LabTruth } from '../host.ts';
import { type Recipe, type Site, service } from './recipe.ts';

/** What the certificate of a profile proves by issuer, subject or SAN; null where only the version or nothing can. */
export const PROVEN_BY_CERTIFICATE: Readonly<Record<ApiProfile, string | null>> = {
  kubeadm: null,
  plain: null,
  eks: 'eks',
  gke: 'gke',
  aks: 'aks',
  k3s: 'k3s',
  rke2: 'rke2',
  openshift: 'openshift',
  doks: 'doks',
  kops: 'kops',
  kubespray: 'kubespray',
  talos: 'talos',
  minikube: 'minikube',
  microk8s: 'microk8s',
  gardener: 'gardener',
  public: null,
};

/** Authentication and outcome as the two default paths show them. 'full' looks like 'public': telling them apart would need a third path. */
const SHOWN: Readonly<Record<Anonymous, { authentication: Authentication; outcome: Outcome }>> = {
  public: { authentication: 'anonymous-public', outcome: 'k8s_version_open' },
  full: { authentication: 'anonymous-public', outcome: 'k8s_version_open' },
  health: { authentication: 'anonymous-health', outcome: 'k8s_auth_required' },
  denied: { authentication: 'anonymous-denied', outcome: 'k8s_auth_required' },
  off: { authentication: 'required', outcome: 'k8s_auth_required' },
};

/** The client CAs that the server names in its CertificateRequest. */
function acceptableCAs(profile: ApiProfile, cluster: LabCluster): readonly string[] {
  const epoch = epochOf(cluster.createdAt);
  switch (profile) {
    case 'k3s':
      return [`k3s-client-ca@${epoch}`, `k3s-request-header-ca@${epoch}`];
    case 'rke2':
      return [`rke2-client-ca@${epoch}`, `rke2-request-header-ca@${epoch}`];
    case 'minikube':
      return ['minikubeCA', 'proxyClientCA'];
    case 'openshift':
      return ['admin-kubeconfig-signer', 'kube-control-plane-signer', 'aggregator-signer'];
    default:
      return ['kubernetes', 'front-proxy-ca'];
  }
}

/** kube-apiserver over TLS on a port of this host. */
export function apiServer(
  site: Site,
  cluster: LabCluster,
  port: number,
  profile: ApiProfile,
  anonymous: Anonymous,
): LabService {
  const open = anonymous === 'public' || anonymous === 'full';
  const { build } = cluster;
  const byVersion = open && build.distribution !== 'vanilla' ? build.distribution : null;
  const truth: LabTruth = {
    component: 'kube-apiserver',
    gradeAtLeast: 'confirmed',
    certificateName: profile !== 'public',
    versionEndpoint: open,
    gitVersion: open ? build.gitVersion : null,
    distribution: byVersion ?? PROVEN_BY_CERTIFICATE[profile] ?? (open ? 'vanilla' : null),
    ...SHOWN[anonymous],
  };
  return service({
    port,
    kind: 'kube-apiserver',
    transport: 'tls',
    certificate: API_PROFILES[profile]({
      cluster,
      address: site.address,
      node: site.node,
      names: site.names,
      now: site.now,
    }),
    clientCertificate: 'requested',
    acceptableCAs: acceptableCAs(profile, cluster),
    anonymous,
    build,
    cluster,
    truth,
  });
}

/** The insecure port of old: the API without TLS and for everybody. */
function insecure(
  site: Site,
  kind: 'kube-apiserver' | 'kubectl-proxy',
  port: number,
  oldest: number,
  newest: number,
): LabService {
  const cluster = site.cluster('plain', oldest, newest);
  return service({
    port,
    kind,
    anonymous: 'full',
    build: cluster.build,
    cluster,
    truth: {
      component: kind,
      gradeAtLeast: 'probable',
      certificateName: null,
      versionEndpoint: true,
      gitVersion: cluster.build.gitVersion,
      distribution: 'vanilla',
      authentication: 'anonymous-full',
      outcome: 'k8s_version_open',
    },
  });
}

/** name, weight, build's distribution, oldest and newest minor, certificate, who may read, port, probability of a DNS name. */
const ROWS: readonly (readonly [string, number, string, number, number, ApiProfile, Anonymous, number, number])[] = [
  ['eks', 120, 'eks', 23, 34, 'eks', 'public', 443, 0],
  ['eks-health-only', 15, 'eks', 32, 34, 'eks', 'health', 443, 0],
  ['gke', 95, 'gke', 24, 34, 'gke', 'public', 443, 0],
  ['gke-limited', 12, 'gke', 29, 34, 'gke', 'health', 443, 0],
  ['aks', 80, 'plain', 24, 34, 'aks', 'off', 443, 0],
  ['kubeadm', 90, 'plain', 16, 36, 'kubeadm', 'public', 6443, 0.4],
  ['kubeadm-anonymous-off', 15, 'plain', 20, 36, 'kubeadm', 'off', 6443, 0.4],
  ['kubeadm-health-only', 8, 'plain', 32, 36, 'kubeadm', 'health', 6443, 0.4],
  ['kubeadm-denied', 10, 'plain', 20, 36, 'kubeadm', 'denied', 6443, 0.4],
  ['kubeadm-open', 8, 'plain', 16, 30, 'kubeadm', 'full', 6443, 0.2],
  ['kubeadm-443', 14, 'plain', 22, 36, 'kubeadm', 'public', 443, 0.5],
  ['k3s', 55, 'k3s', 20, 36, 'k3s', 'off', 6443, 0.3],
  ['k3s-anonymous-on', 6, 'k3s', 16, 31, 'k3s', 'public', 6443, 0.3],
  ['openshift', 20, 'openshift', 22, 34, 'openshift', 'public', 6443, 0],
  ['doks', 25, 'plain', 27, 34, 'doks', 'public', 443, 0],
  ['ack', 20, 'ack', 18, 33, 'plain', 'public', 6443, 0],
  ['iks', 8, 'iks', 26, 33, 'plain', 'public', 6443, 0],
  ['tkg', 8, 'tkg', 16, 28, 'plain', 'public', 6443, 0.3],
  ['tke', 5, 'tke', 20, 30, 'plain', 'public', 443, 0],
  ['cce', 5, 'cce', 19, 28, 'plain', 'public', 443, 0],
  ['mke', 4, 'mke', 18, 24, 'plain', 'public', 6443, 0],
  ['rke1', 5, 'rke1', 20, 30, 'plain', 'public', 6443, 0.2],
  ['k0s', 8, 'k0s', 26, 35, 'plain', 'public', 6443, 0.3],
  ['kops', 12, 'plain', 20, 33, 'kops', 'public', 443, 0.5],
  ['kubespray', 10, 'plain', 19, 33, 'kubespray', 'public', 6443, 0.2],
  ['talos', 8, 'plain', 27, 36, 'talos', 'public', 6443, 0.3],
  ['gardener', 6, 'plain', 26, 34, 'gardener', 'public', 443, 0],
  ['minikube', 5, 'plain', 26, 35, 'minikube', 'public', 8443, 0],
  ['microk8s', 6, 'plain', 26, 34, 'microk8s', 'public', 16443, 0],
  ['public-certificate', 16, 'plain', 24, 36, 'public', 'public', 443, 1],
  ['public-certificate-6443', 6, 'plain', 24, 36, 'public', 'public', 6443, 1],
  ['public-certificate-off', 6, 'plain', 24, 36, 'public', 'off', 6443, 1],
];

const rke2: Recipe = {
  name: 'rke2',
  weight: 25,
  named: 0.3,
  plan: (site) => {
    const cluster = site.cluster('rke2', 20, 35);
    return [
      apiServer(site, cluster, 6443, 'rke2', 'off'),
      service({
        port: 9345,
        kind: 'rke2-supervisor',
        transport: 'tls',
        certificate: rke2SupervisorCertificate({
          cluster,
          address: site.address,
          node: site.node,
          names: site.names,
          now: site.now,
        }),
        build: cluster.build,
        cluster,
        truth: {
          component: 'rke2-supervisor',
          gradeAtLeast: 'possible',
          certificateName: true,
          versionEndpoint: false,
          gitVersion: null,
          distribution: 'rke2',
          authentication: null,
          outcome: 'k8s_component',
        },
      }),
    ];
  },
};

export const API_RECIPES: readonly Recipe[] = [
  ...ROWS.map(
    ([name, weight, distribution, oldest, newest, profile, anonymous, port, named]): Recipe => ({
      name,
      weight,
      named,
      plan: (site) => [apiServer(site, site.cluster(distribution, oldest, newest), port, profile, anonymous)],
    }),
  ),
  rke2,
  { name: 'insecure-port', weight: 5, named: 0, plan: (site) => [insecure(site, 'kube-apiserver', 8080, 14, 19)] },
  { name: 'kubectl-proxy', weight: 4, named: 0, plan: (site) => [insecure(site, 'kubectl-proxy', 8001, 24, 36)] },
];
