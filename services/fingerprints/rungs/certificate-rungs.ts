// Rungs that look at the serving certificate: its names, its subject and who issued it.
import { epochHost, isAddress } from '../certificate-names.ts';
import type { CertificateView } from '../certificate-view.ts';
import type { Facts } from '../facts.ts';
import type { Rung } from '../rung.ts';

const PKI = 'kubernetes cmd/kubeadm pki_helpers.go and the labelled certificates';
const CONTROLLER_SUBJECTS = 'k3s pkg/daemons/control and its deps (tls-cert-file); service-ca of OpenShift';
const SELF_SIGNED = 'apiserver pkg/server/options/serving.go, client-go util/cert; captures';

/** For questions about names: no only when the list of names was seen. */
const ofNames = (test: (certificate: CertificateView) => boolean) => (facts: Facts) => {
  if (facts.certificate === null) return null;
  return test(facts.certificate) ? true : facts.certificate.namesSeen ? false : null;
};

const ofCertificate = (test: (certificate: CertificateView) => boolean) => (facts: Facts) =>
  facts.certificate === null ? null : test(facts.certificate);

/** Subject CNs that the installers give an API server. */
const API_SERVER_SUBJECTS: ReadonlySet<string> = new Set(['kube-apiserver', 'kubernetes-master', 'apiserver']);
/** Authorities that the installers make for a cluster, by CN. */
const CLUSTER_ISSUER =
  /^(?:kubernetes|kubernetes-ca|kube-ca|minikubeCA|ca|ca-cluster.*|(?:k3s|rke2)-server-ca@\d+|k3s-tls-ca@\d+|k8saas Cluster CA|(?:openshift-kube-apiserver-operator_|)kube-apiserver-(?:lb|localhost|service-network)-signer.*)$/;

const API_SERVER_ISSUER =
  /^(?:openshift-kube-apiserver-operator_)?kube-apiserver-(?:lb|localhost|service-network)-signer/;

/** Subject CNs of the controllers where a distribution issues their certificates. */
const CONTROLLER_MANAGERS: ReadonlySet<string> = new Set([
  'kube-controller-manager',
  'kube-controller-manager.openshift-kube-controller-manager.svc',
]);
const SCHEDULERS: ReadonlySet<string> = new Set(['kube-scheduler', 'scheduler.openshift-kube-scheduler.svc']);

/** Issuer CNs of etcd's own authorities: kubeadm etcd-ca, k3s and RKE2 etcd-server-ca@, kOps etcd-clients-ca, OpenShift etcd-signer. */
const ETCD_ISSUER =
  /^(?:etcd-ca|etcd-(?:server|peer|client|clients|peers)-ca\b.*|etcd|etcd-signer|openshift-etcd_etcd-signer.*|etcd-manager-ca.*)$/;

function isEtcdIssuer(certificate: CertificateView): boolean {
  return ETCD_ISSUER.test(certificate.issuerCommonName) || certificate.issuerOrganisations.includes('etcd');
}

export const CERTIFICATE_RUNGS = [
  {
    name: 'certificateName',
    says: 'The certificate names kubernetes.default.svc.<any domain>, or two of kubernetes, kubernetes.default, kubernetes.default.svc.',
    source: PKI,
    strength: 'strong',
    holds: ofNames((certificate) => certificate.apiServerNames),
  },
  {
    name: 'certificateNameLiteral',
    says: 'The certificate names kubernetes.default.svc.cluster.local itself, as search engines count it.',
    source: PKI,
    strength: 'context',
    holds: ofNames((certificate) => certificate.names.includes('kubernetes.default.svc.cluster.local')),
  },
  {
    name: 'apiServerSubject',
    says: 'The subject is one that installers give an API server.',
    source: PKI,
    strength: 'weak',
    holds: ofCertificate(isApiServerSubject),
  },
  {
    name: 'clusterIssuer',
    says: 'The issuer is named like a cluster authority; on its own it proves nothing, since such authorities also sign applications.',
    source: PKI,
    strength: 'context',
    holds: ofCertificate(
      (certificate) =>
        CLUSTER_ISSUER.test(certificate.issuerCommonName) ||
        (certificate.issuerCommonName === '' && certificate.issuerOrganisations.includes('kubernetes')),
    ),
  },
  {
    name: 'apiServerIssuer',
    says: "The issuer signs API servers and nothing else: OpenShift's kube-apiserver signers.",
    source: 'openshift/cluster-kube-apiserver-operator; labelled certificates',
    strength: 'strong',
    holds: ofCertificate((certificate) => API_SERVER_ISSUER.test(certificate.issuerCommonName)),
  },
  {
    name: 'serverCaIssuer',
    says: 'The issuer is the server authority of a k3s or RKE2 cluster: it signs API server, supervisor and kubelets.',
    source: 'labelled certificates',
    strength: 'weak',
    holds: ofCertificate((certificate) => /^(?:k3s|rke2)-server-ca@\d+$/.test(certificate.issuerCommonName)),
  },
  {
    name: 'vendorServerName',
    says: 'A name that one distribution gives only its API servers.',
    source: 'the distribution list; labelled certificates',
    strength: 'weak',
    holds: ofNames((certificate) => certificate.vendorName),
  },
  {
    name: 'foreignServiceName',
    says: 'The certificate also names other services of a cluster: a proxy, a mesh or a webhook.',
    source: 'labelled certificates',
    strength: 'context',
    holds: ofNames((certificate) => certificate.foreignService),
  },
  {
    name: 'localhostEpochCertificate',
    says: 'Self-signed localhost@<epoch>: a controller manager, a scheduler or an extension server, never kube-apiserver.',
    source: SELF_SIGNED,
    strength: 'strong',
    holds: ofCertificate((certificate) => epochHost(certificate.commonName) === 'localhost'),
  },
  {
    name: 'nodeEpochCertificate',
    says: 'Self-signed <node>@<epoch> without API server names: a kubelet.',
    source: SELF_SIGNED,
    strength: 'strong',
    holds: ofCertificate(isNodeEpoch),
  },
  {
    name: 'nodeCertificate',
    says: 'The subject is a node: system:node:<name>, or a name of its own from a k3s or RKE2 server authority.',
    source: 'kubernetes certificates API (kubelet serving); labelled certificates',
    strength: 'strong',
    holds: ofCertificate(isNode),
  },
  {
    name: 'etcdCertificate',
    says: "The issuer is one of etcd's own authorities.",
    source: PKI,
    strength: 'strong',
    holds: ofCertificate(isEtcdIssuer),
  },
  {
    name: 'etcdPeerCertificate',
    says: "The issuer or the subject is that of etcd's peers, where peers have an authority or a name of their own.",
    source: 'k3s pkg/daemons/control/deps, etcd-manager, openshift/cluster-etcd-operator',
    strength: 'context',
    holds: ofCertificate(
      ({ commonName, issuerCommonName }) =>
        /^etcd-peers?-ca\b/.test(issuerCommonName) || /^(?:system:)?etcd-peer\b/.test(commonName),
    ),
  },
  {
    name: 'controllerManagerCertificate',
    says: 'The subject is a controller manager: in k3s and RKE2 under their server authority, in OpenShift under that of its services.',
    source: CONTROLLER_SUBJECTS,
    strength: 'strong',
    holds: ofCertificate(({ commonName }) => CONTROLLER_MANAGERS.has(commonName)),
  },
  {
    name: 'schedulerCertificate',
    says: 'The subject is a scheduler: in k3s and RKE2 under their server authority, in OpenShift under that of its services.',
    source: CONTROLLER_SUBJECTS,
    strength: 'strong',
    holds: ofCertificate(({ commonName }) => SCHEDULERS.has(commonName)),
  },
  {
    name: 'k3sCertificate',
    says: "Subject CN=k3s, O=k3s: k3s' one listener for supervisor and API.",
    source: 'labelled certificates',
    strength: 'strong',
    holds: ofCertificate(
      (certificate) => certificate.commonName === 'k3s' && certificate.organisations.includes('k3s'),
    ),
  },
  {
    name: 'rke2SupervisorCertificate',
    says: "Subject CN=rke2, O=rke2: RKE2's supervisor, which is no API server.",
    source: 'labelled certificates',
    strength: 'strong',
    holds: ofCertificate(
      (certificate) => certificate.commonName === 'rke2' && certificate.organisations.includes('rke2'),
    ),
  },
  {
    name: 'rancherCertificate',
    says: 'Issued by dynamiclistener-ca: Rancher.',
    source: 'labelled certificates',
    strength: 'strong',
    holds: ofCertificate(
      (certificate) =>
        certificate.issuerCommonName.startsWith('dynamiclistener-ca@') ||
        (certificate.commonName === 'dynamic' && certificate.organisations.includes('dynamic')),
    ),
  },
  {
    name: 'ingressCertificate',
    says: "An ingress controller's default certificate.",
    source: 'ingress-nginx, OpenShift router; labelled certificates',
    strength: 'strong',
    holds: ofCertificate(
      ({ commonName }) =>
        commonName === 'Kubernetes Ingress Controller Fake Certificate' ||
        commonName === 'TRAEFIK DEFAULT CERT' ||
        commonName.startsWith('ingress-operator@'),
    ),
  },
  {
    name: 'clusterServiceCertificate',
    says: 'The names are those of a service in a cluster that is not the API: a webhook or an application.',
    source: 'labelled certificates',
    strength: 'strong',
    holds: ofNames((certificate) => certificate.foreignService && !certificate.apiServerNames),
  },
] as const satisfies readonly Rung[];

function isApiServerSubject(certificate: CertificateView): boolean {
  const { commonName, organisations } = certificate;
  if (API_SERVER_SUBJECTS.has(commonName)) return true;
  if (commonName === 'k3s') return organisations.includes('k3s');
  if (commonName === 'minikube') return organisations.includes('system:masters');
  // Installers by hand and MicroK8s, k0s: only with the names.
  return commonName === 'kubernetes' && certificate.apiServerNames;
}

function isNodeEpoch(certificate: CertificateView): boolean {
  const host = epochHost(certificate.commonName);
  if (host === null || host === 'localhost' || host.endsWith('-ca') || isAddress(host) || certificate.apiServerNames)
    return false;
  const { issuerCommonName } = certificate;
  return issuerCommonName === '' || epochHost(issuerCommonName) === `${host}-ca`;
}

/** Subjects under a k3s or RKE2 server authority that are no node. */
const SERVER_SUBJECTS: ReadonlySet<string> = new Set([
  'k3s',
  'rke2',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'localhost',
  '',
]);

function isNode(certificate: CertificateView): boolean {
  const { commonName, issuerCommonName, names } = certificate;
  if (commonName.startsWith('system:node:')) return true;
  if (!/^(?:k3s|rke2)-server-ca@\d+$/.test(issuerCommonName) || SERVER_SUBJECTS.has(commonName)) return false;
  return names.length > 0 && !certificate.apiServerNames && names.includes(commonName.toLowerCase());
}
