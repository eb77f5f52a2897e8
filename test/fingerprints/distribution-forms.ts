// API servers that one sign alone shows the distribution of: an example for every detector of the list, and what each must be told by.
import type { CertificateSummary, Evidence } from '../../services/feeds/evidence.ts';
import { UNAUTHORIZED_BODY } from '../../services/fingerprints/status-body.ts';

export interface DistributionForm {
  /** "aks issuer". */
  readonly told: string;
  readonly evidence: Evidence;
  readonly asn: number | null;
}

const NAMES = ['kubernetes', 'kubernetes.default', 'kubernetes.default.svc', 'kubernetes.default.svc.cluster.local'];

function server(rest: Partial<Evidence>): Evidence {
  const requests = [{ path: '/version', status: 401, body: UNAUTHORIZED_BODY }];
  return { endpoint: { address: '', port: 6443 }, certificate: { dnsNames: NAMES }, requests, ...rest };
}

const withCertificate = (certificate: CertificateSummary): Evidence =>
  server({ certificate: { dnsNames: NAMES, ...certificate } });

const GENERIC_AUTHORITIES = [
  ['aks', 'CN=apiserver', 'CN=ca', '10.0.0.1'],
  ['rke1', 'CN=kube-apiserver', 'CN=kube-ca', '10.43.0.1'],
] as const;

const UUID = '9b2cbe06-8ad0-4a1e-9d3a-6d1ea3f1a8a5';

const ISSUERS: readonly (readonly [slug: string, subject: string, issuer: string])[] = [
  ['gke', 'CN=34.1.2.3', `CN=${UUID}`],
  ['rke2', 'CN=kube-apiserver', 'CN=rke2-server-ca@1751559400'],
  ['k3s', 'O=k3s, CN=k3s', 'CN=k3s-server-ca@1618703981'],
  ['k3s', 'O=k3s, CN=k3s', 'CN=k3s-tls-ca@1568703981'],
  ['k3s', 'O=k3s, CN=k3s', 'O=Example, CN=Example Issuing CA'],
  ['rke2', 'O=rke2, CN=rke2', 'O=Example, CN=Example Issuing CA'],
  ['k0s', 'O=kubernetes, CN=kubernetes', 'CN=kubernetes-ca'],
  ['microk8s', 'C=GB, ST=Canonical, L=Canonical, O=Canonical, OU=Canonical, CN=127.0.0.1', 'CN=172.30.183.1'],
  ['openshift', 'CN=172.30.0.1', 'OU=openshift, CN=kube-apiserver-service-network-signer'],
  [
    'openshift',
    'CN=kube-controller-manager.openshift-kube-controller-manager.svc',
    'CN=openshift-service-serving-signer@1760000000',
  ],
  ['minikube', 'O=system:masters, CN=minikube', 'CN=minikubeCA'],
  ['talos', 'O=kube-master, CN=kube-apiserver', 'O=kubernetes'],
  ['tectonic', 'O=kube-master, CN=kube-apiserver', 'O=bootkube, CN=kube-ca'],
  ['gardener', 'CN=kube-apiserver', 'CN=ca-cluster-1a2b3c'],
  ['kops', 'CN=kubernetes-master', 'CN=kubernetes-ca'],
  ['microk8s', 'CN=127.0.0.1', 'CN=10.152.183.1'],
  ['doks', 'CN=k8saas', 'O=DigitalOcean, CN=k8saas Cluster CA'],
];

const OWN_NAMES: readonly (readonly [slug: string, name: string])[] = [
  ['aks', 'hcp-kubernetes'],
  ['aks', 'x-dns-1a2b.hcp.westeurope.azmk8s.io'],
  ['aks', 'x-dns-1a2b.hcp.chinaeast2.cx.prod.service.azk8s.cn'],
  ['aks', 'x-dns-1a2b.hcp.usgovvirginia.cx.aks.containerservice.azure.us'],
  ['eks', '0123456789abcdef0123456789abcdef.eks-cluster.eu-west-1.api.aws'],
  ['eks', '0123456789ABCDEF0123456789ABCDEF.gr7.eu-west-1.eks.amazonaws.com'],
  ['openshift', 'openshift.default.svc'],
  ['openshift', 'api.x.hypershift.local'],
  ['minikube', 'control-plane.minikube.internal'],
  ['minikube', 'minikubeCA'],
  ['rke1', 'kubernetes.kubernetes.rancher.internal'],
  ['k0s', 'kubernetes.svc.cluster.local'],
  ['vcluster', '*.nodes.vcluster.com'],
  ['gardener', 'kube-apiserver.shoot--a--b.svc'],
  ['docker-desktop', 'docker-for-desktop'],
  ['docker-desktop', 'vm.docker.internal'],
  ['kubespray', 'lb-apiserver.kubernetes.local'],
  ['kops', 'api.internal.x.example.org'],
  ['doks', `${UUID}.k8s.ondigitalocean.com`],
  ['lke', `${UUID}.eu-central-1.linodelke.net`],
  ['ovh', 'a1b2c3.c1.gra7.k8s.ovh.net'],
  ['scaleway', `${UUID}.api.k8s.fr-par.scw.cloud`],
  ['vultr', `${UUID}.vultr-k8s.com`],
  ['k3s', `${UUID}.k8s.civo.com`],
  ['exoscale', `${UUID}.sks-ch-gva-2.exo.io`],
  ['iks', 'c100.eu-de.containers.cloud.ibm.com'],
  ['tke', 'cls-a1b2c3d4.ccs.tencent-cloud.com'],
];

const CLIENT_CAS: readonly (readonly [slug: string, authority: string])[] = [
  ['rke2', 'CN=rke2-client-ca@1699941194'],
  ['k3s', 'CN=k3s-request-header-ca@1618703981'],
  ['openshift', 'OU=openshift,CN=kubelet-signer'],
  ['minikube', 'CN=minikubeCA'],
];

const ENDPOINTS: readonly (readonly [slug: string, name: string])[] = [
  ['aks', 'x-dns-1a2b.hcp.westeurope.azmk8s.io'],
  ['eks', '0123456789abcdef0123456789abcdef.gr7.us-west-2.api.aws'],
  ['eks', '0123456789abcdef0123456789abcdef.yl4.cn-north-1.eks.amazonaws.com.cn'],
  ['gke', 'gke-0123456789abcdef-123456789012.europe-west1.gke.goog'],
  ['openshift', 'api.x.p1.openshiftapps.com'],
  ['doks', `${UUID}.k8s.ondigitalocean.com`],
  ['lke', `${UUID}.eu-central-1.linodelke.net`],
  ['ovh', 'a1b2c3.c1.gra7.k8s.ovh.net'],
  ['scaleway', `${UUID}.api.k8s.fr-par.scw.cloud`],
  ['vultr', `${UUID}.vultr-k8s.com`],
  ['k3s', `${UUID}.k8s.civo.com`],
  ['exoscale', `${UUID}.sks-ch-gva-2.exo.io`],
  ['iks', 'c100.eu-de.containers.cloud.ibm.com'],
  ['tke', 'cls-a1b2c3d4.ccs.tencent-cloud.com'],
];

const SERVICE_ADDRESSES: readonly (readonly [slug: string, address: string])[] = [
  ['openshift', '172.30.0.1'],
  ['openshift', '10.217.4.1'],
  ['kubespray', '10.233.0.1'],
  ['kops', '100.64.0.1'],
  ['microk8s', '10.152.183.1'],
  ['doks', '10.245.0.1'],
];

const NETWORKS: readonly (readonly [slug: string, address: string, asn: number])[] = [
  ['aks', '10.0.0.1', 8075],
  ['eks', '10.100.0.1', 16509],
  ['eks', '172.20.0.1', 14618],
  ['eks', '10.100.0.1', 7224],
  ['ovh', '10.3.0.1', 16276],
];

const form = (told: string, evidence: Evidence, asn: number | null = null): DistributionForm => ({
  told,
  evidence,
  asn,
});
const HIDDEN_FROM_NOBODY = server({
  certificate: { dnsNames: NAMES, ipAddresses: ['10.0.0.1'] },
  requests: [{ path: '/version', status: 200, body: '{"gitVersion":"v1.30.1"}' }],
});

export const DISTRIBUTION_FORMS: readonly DistributionForm[] = [
  ...ISSUERS.map(([slug, subject, issuer]) => form(`${slug} issuer`, withCertificate({ subject, issuer }))),
  // Names that anybody could choose: beside the address, where no names were seen, and not where nothing else agrees.
  ...GENERIC_AUTHORITIES.flatMap(([slug, subject, issuer, address]) => [
    form(`${slug} issuer`, withCertificate({ subject, issuer, ipAddresses: [address] })),
    form(`${slug} issuer`, server({ certificate: { subject, issuer } })),
    form('undefined undefined', withCertificate({ subject, issuer, ipAddresses: ['10.96.0.1'] })),
  ]),
  form('aks issuer', withCertificate({ subject: 'CN=apiserver', issuer: 'CN=ca', dnsNames: ['hcp-kubernetes'] })),
  form('undefined undefined', withCertificate({ subject: 'CN=x', issuer: 'CN=ca' })),
  form('undefined undefined', server({ serverName: 's3.us-east-1.api.aws' })),
  ...OWN_NAMES.map(([slug, name]) => form(`${slug} san`, withCertificate({ dnsNames: [...NAMES, name] }))),
  form('microk8s san', withCertificate({ dnsNames: [...NAMES, 'kubernetes.default.svc.cluster'] })),
  form('rke2 san', withCertificate({ ipAddresses: ['10.43.0.1', '10.43.0.1'] })),
  ...CLIENT_CAS.map(([slug, authority]) => form(`${slug} acceptable-ca`, server({ acceptableClientCAs: [authority] }))),
  ...ENDPOINTS.map(([slug, serverName]) => form(`${slug} name`, server({ serverName }))),
  ...SERVICE_ADDRESSES.map(([slug, address]) =>
    form(`${slug} service-ip`, withCertificate({ ipAddresses: [address] })),
  ),
  ...NETWORKS.map(([slug, address, asn]) => form(`${slug} asn`, withCertificate({ ipAddresses: [address] }), asn)),
  // AKS hides its version: who shows it in that network is somebody's own cluster on a machine there.
  form('vanilla version', HIDDEN_FROM_NOBODY, 8075),
];
