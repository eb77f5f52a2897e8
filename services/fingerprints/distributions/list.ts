// The distributions that certificates, names and addresses show. Order matters only where two would fit: the more special one first.
import type { Distribution } from './distribution.ts';

/** A cluster under the names that AWS gives all services reachable by IPv6. */
const DUAL_STACK_EKS =
  /(?:^[0-9a-f]{32}\.|(?:^|\.)eks-cluster\.)(?:[a-z0-9-]+\.)+api\.(?:aws|amazonwebservices\.com\.cn)$/;

export const DISTRIBUTIONS: readonly Distribution[] = [
  {
    slug: 'aks',
    known:
      'hcp-kubernetes and *.azmk8s.io among the names, *.azk8s.cn in China and *.aks.containerservice.azure.us for governments; issuer CN=ca with subject CN=apiserver, which counts beside such a name or 10.0.0.1, or where no names were seen (AKS issues 368, 1540; required addresses of Azure). Hides /version.',
    issuer: /^CN=apiserver(?:,.*)? < CN=ca$/,
    issuerBeside: '10.0.0.1',
    names: [
      /^hcp-kubernetes(?:\.[0-9a-f]{24}\.svc\.cluster\.local)?$/,
      /\.azmk8s\.io$/,
      /\.service\.azk8s\.cn$/,
      /\.aks\.containerservice\.azure\.us$/,
    ],
    endpoint: /(?:\.azmk8s\.io|\.service\.azk8s\.cn|\.aks\.containerservice\.azure\.us)$/,
    network: { asns: [8075], serviceAddresses: ['10.0.0.1'], hidesVersion: true },
  },
  {
    slug: 'eks',
    known:
      'Endpoint names <32 hex>.<cell>.<region>.eks.amazonaws.com; since October 2024 for IPv6 clusters eks-cluster.<region>.api.aws (user guide); kubeadm-like certificates otherwise.',
    names: [/\.eks\.amazonaws\.com(?:\.cn)?$/, DUAL_STACK_EKS],
    endpoint: new RegExp(`\\.eks\\.amazonaws\\.com(?:\\.cn)?$|${DUAL_STACK_EKS.source}`),
    network: { asns: [16509, 14618, 7224], serviceAddresses: ['10.100.0.1', '172.20.0.1'] },
  },
  {
    slug: 'gke',
    known:
      'DNS endpoints gke-….gke.goog; the certificate of an address endpoint has a UUID as issuer (from knowledge, no leaf in our data).',
    issuer: /^CN=\d{1,3}(?:\.\d{1,3}){3} < CN=[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
    endpoint: /\.gke\.goog$/,
  },
  {
    slug: 'rke2',
    known:
      'Issuer rke2-server-ca@<epoch>, subject O=rke2,CN=rke2 of the supervisor whoever issues it; 10.43.0.1 stands twice in the certificate; clients of rke2-client-ca@<epoch> are accepted.',
    issuer: /^O=rke2,CN=rke2 < | < CN=rke2-server-ca@\d+$/,
    repeatedAddress: '10.43.0.1',
    clientCa: /^CN=rke2-(?:client|request-header)-ca@\d+$/,
  },
  {
    slug: 'k3s',
    known:
      "Issuer k3s-server-ca@<epoch> (2019: k3s-tls-ca@), subject O=k3s,CN=k3s whoever issues it (an authority of one's own is allowed); clients of k3s-client-ca@<epoch> are accepted.",
    issuer: /^O=k3s,CN=k3s < | < CN=k3s-(?:server|tls)-ca@\d+$/,
    clientCa: /^CN=k3s-(?:client|request-header)-ca@\d+$/,
  },
  {
    slug: 'openshift',
    known:
      'Signers kube-apiserver-{lb,localhost,service-network}-signer, OU=openshift,CN=root-ca of hosted control planes (HyperShift, ROSA and ARO HCP); of its other components openshift-service-serving-signer@, openshift-etcd_etcd-signer@ and kube-csr-signer_@ (from its operators, no leaf in our data); openshift.default.svc among the names; api.<cluster> endpoints of ROSA, ARO and ROKS; 172.30.0.1 and 10.217.4.1.',
    issuer:
      / < (?:(?:OU=openshift,)?CN=(?:openshift-kube-apiserver-operator_)?kube-apiserver-(?:lb|localhost|service-network)-signer|OU=openshift,CN=root-ca$|(?:OU=openshift,)?CN=(?:openshift-service-serving-signer|openshift-etcd_etcd-signer|kube-csr-signer_)@\d+$)/,
    names: [/^openshift(?:\.default(?:\.svc(?:\.cluster\.local)?)?)?$/, /\.hypershift\.local$/],
    clientCa: /^OU=openshift,/,
    endpoint: /(?:\.openshiftapps\.com|\.aroapp\.io|\.osadev\.cloud)$/,
    serviceAddresses: ['172.30.0.1', '10.217.4.1'],
  },
  {
    slug: 'minikube',
    known: 'Issuer minikubeCA, subject O=system:masters,CN=minikube, control-plane.minikube.internal among the names.',
    issuer: / < CN=minikubeCA$/,
    names: [/^control-plane\.minikube\.internal$/, /^minikubeca$/],
    clientCa: /^CN=minikubeCA$/,
  },
  {
    slug: 'rke1',
    known:
      'Rancher 1.6 names kubernetes.kubernetes(.rancher.internal); RKE1 issues from CN=kube-ca, which others did, too: it counts beside 10.43.0.1, or where no names were seen.',
    issuer: /^CN=kube-apiserver < CN=kube-ca$/,
    issuerBeside: '10.43.0.1',
    names: [/^kubernetes\.kubernetes(?:\.rancher\.internal)?$/],
  },
  {
    slug: 'k0s',
    known:
      'Subject O=kubernetes,CN=kubernetes from CN=kubernetes-ca; kubernetes.svc.cluster.local among the names (a slip of k0s, k0sproject/k0s 7803; its certificates.go).',
    issuer: /^O=kubernetes,CN=kubernetes < CN=kubernetes-ca$/,
    names: [/^kubernetes\.svc\.cluster\.local$/],
  },
  {
    slug: 'talos',
    known: 'Issuer O=kubernetes without a CN, subject O=kube-master,CN=kube-apiserver.',
    issuer: /^O=kube-master,CN=kube-apiserver < O=kubernetes$/,
  },
  {
    slug: 'tectonic',
    known: 'Issuer O=bootkube,CN=kube-ca.',
    issuer: / < O=bootkube,CN=kube-ca$/,
  },
  {
    slug: 'vcluster',
    known: '*.nodes.vcluster.com among the names.',
    names: [/\.nodes\.vcluster\.com$/],
  },
  {
    slug: 'gardener',
    known: 'Issuer ca-cluster…; kube-apiserver.<namespace>.svc among the names.',
    issuer: /^CN=kube-apiserver(?:,.*)? < CN=ca-cluster/,
    names: [/^kube-apiserver\.shoot--[a-z0-9-]+(?:\.svc(?:\.cluster\.local)?)?$/],
  },
  {
    slug: 'docker-desktop',
    known: 'docker-for-desktop, kubernetes.docker.internal, vm.docker.internal among the names.',
    names: [/^docker-for-desktop$/, /^(?:kubernetes|vm)\.docker\.internal$/],
  },
  {
    slug: 'kubespray',
    known: 'lb-apiserver.kubernetes.local among the names; service address 10.233.0.1.',
    names: [/^lb-apiserver\.kubernetes\.local$/],
    serviceAddresses: ['10.233.0.1'],
  },
  {
    slug: 'kops',
    known:
      'Subject CN=kubernetes-master from CN=kubernetes-ca; api.internal.<cluster> among the names; service address 100.64.0.1.',
    issuer: /^CN=kubernetes-master < CN=kubernetes(?:-ca)?$/,
    names: [/^api\.internal\./],
    serviceAddresses: ['100.64.0.1'],
  },
  {
    slug: 'microk8s',
    known:
      'Subject O=Canonical,CN=127.0.0.1 (its csr.conf.template); the four names and kubernetes.default.svc.cluster and no others; service address 10.152.183.1, which the other clusters of Canonical have, too; port 16443.',
    exactNames: [
      'kubernetes',
      'kubernetes.default',
      'kubernetes.default.svc',
      'kubernetes.default.svc.cluster',
      'kubernetes.default.svc.cluster.local',
    ],
    issuer: /^O=Canonical,CN=127\.0\.0\.1 < |^CN=127\.0\.0\.1 < CN=10\.152\.183\.1$/,
    serviceAddresses: ['10.152.183.1'],
  },
  {
    slug: 'doks',
    known:
      'Issuer O=DigitalOcean,CN=k8saas Cluster CA; endpoint <uuid>.k8s.ondigitalocean.com; service address 10.245.0.1.',
    issuer: / < O=DigitalOcean,CN=k8saas Cluster CA$/,
    names: [/\.k8s\.ondigitalocean\.com$/],
    endpoint: /\.k8s\.ondigitalocean\.com$/,
    serviceAddresses: ['10.245.0.1'],
  },
  {
    slug: 'lke',
    known: 'Endpoint <uuid>.<region>.linodelke.net.',
    names: [/\.linodelke\.net$/],
    endpoint: /\.linodelke\.net$/,
  },
  {
    slug: 'ovh',
    known:
      'Endpoint <id>.c<N>.<region>.k8s.ovh.net, not under .lb.; service address 10.3.0.1 in its own network (others use that address, too).',
    names: [/^[a-z0-9]+\.c\d+\.[a-z0-9]+\.k8s\.ovh\.net$/],
    endpoint: /^[a-z0-9]+\.c\d+\.[a-z0-9]+\.k8s\.ovh\.net$/,
    network: { asns: [16276], serviceAddresses: ['10.3.0.1'] },
  },
  {
    slug: 'scaleway',
    known: 'Endpoint <uuid>.api.k8s.<region>.scw.cloud.',
    names: [/\.api\.k8s\.[a-z0-9-]+\.scw\.cloud$/],
    endpoint: /\.api\.k8s\.[a-z0-9-]+\.scw\.cloud$/,
  },
  {
    slug: 'vultr',
    known: 'Endpoint <uuid>.vultr-k8s.com.',
    names: [/\.vultr-k8s\.com$/],
    endpoint: /\.vultr-k8s\.com$/,
  },
  {
    slug: 'k3s',
    known: 'Civo runs k3s: <id>.k8s.civo.com.',
    names: [/\.k8s\.civo\.com$/],
    endpoint: /\.k8s\.civo\.com$/,
  },
  {
    slug: 'exoscale',
    known: 'Endpoint <id>.sks-<zone>.exo.io.',
    names: [/\.sks-[a-z0-9-]+\.exo\.io$/],
    endpoint: /\.sks-[a-z0-9-]+\.exo\.io$/,
  },
  {
    slug: 'iks',
    known: 'Endpoint cN.<region>.containers.cloud.ibm.com with a high port.',
    names: [/^c\d+(?:-[a-z0-9]+)?(?:\.private)?\.[a-z0-9-]+\.containers\.cloud\.ibm\.com$/],
    endpoint: /\.containers\.cloud\.ibm\.com$/,
  },
  {
    slug: 'tke',
    known: 'Endpoint cls-<id>.ccs.tencent-cloud.com.',
    names: [/\.ccs\.tencent-cloud\.com$/],
    endpoint: /\.ccs\.tencent-cloud\.com$/,
  },
];

/** One pattern for several: nearly always none of them fits, and one test says so. Matches nothing when there are none. */
function anyOf(patterns: readonly RegExp[]): RegExp {
  return patterns.length === 0 ? /$^/ : new RegExp(patterns.map(({ source }) => source).join('|'));
}

/** Names that mark an API server of some distribution. */
export const API_SERVER_MARKER = anyOf(DISTRIBUTIONS.flatMap(({ names }) => names ?? []));
/** Lines of subject and issuer that show some distribution. */
export const TELLING_LINE = anyOf(DISTRIBUTIONS.flatMap(({ issuer }) => issuer ?? []));
/** Names that one cluster alone has: endpoints of managed clusters, and those that installers make of a cluster's name. */
export const CLUSTER_NAME = anyOf([
  ...DISTRIBUTIONS.flatMap(({ endpoint }) => endpoint ?? []),
  /^hcp-kubernetes\.[0-9a-f]{24}\.svc\.cluster\.local$/,
  /^api\.internal\./,
]);
/** Either of them. */
export const TELLING_NAME = anyOf([API_SERVER_MARKER, CLUSTER_NAME]);
