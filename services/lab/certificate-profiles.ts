// The serving certificates of kube-apiserver by distribution, as seen in public material (docs/method.md, certificates).
import type { DistinguishedName } from './certificate-plan.ts';
import {
  apiNames,
  type CertificateSite,
  cn,
  DAY_MS,
  epochOf,
  leaf,
  type Profile,
  PUBLIC_AUTHORITY,
  PUBLIC_ISSUER,
  publicDates,
  YEAR_MS,
} from './certificate-site.ts';
import type { LabCluster } from './host.ts';

/** kubeadm and what is built on it; most managed services look like it inside. */
function kubeadmLike(
  service: string,
  extra: (site: CertificateSite) => readonly string[] = () => [],
  issuer = 'kubernetes',
): Profile {
  return (site) =>
    leaf(site, {
      subject: cn('kube-apiserver'),
      issuer: cn(issuer),
      dnsNames: [...apiNames(), site.node, ...site.names, ...extra(site)].sort(),
      ipAddresses: [service, site.address],
    });
}

const zones = ['eu-central-1', 'us-east-1', 'ap-south-1'] as const;
const zoneOf = (cluster: LabCluster) => zones[Number.parseInt(cluster.hex.slice(0, 2), 16) % zones.length] ?? zones[0];

/** Profiles of kube-apiserver by the name that the recipes use. */
export const API_PROFILES = {
  kubeadm: kubeadmLike('10.96.0.1'),
  plain: kubeadmLike('10.96.0.1'),
  eks: kubeadmLike('10.100.0.1', ({ cluster }) => [
    `${cluster.hex.slice(0, 32).toUpperCase()}.gr7.${zoneOf(cluster)}.eks.amazonaws.com`,
    `ip-10-0-${Number.parseInt(cluster.hex.slice(2, 4), 16)}-17.${zoneOf(cluster)}.compute.internal`,
  ]),
  gke: (site) =>
    leaf(site, {
      subject: cn(site.address),
      issuer: cn(site.cluster.uuid),
      dnsNames: apiNames(),
      ipAddresses: [site.address, '10.128.0.2', '34.118.224.1'],
    }),
  aks: (site) =>
    leaf(site, {
      subject: cn('apiserver'),
      issuer: cn('ca'),
      dnsNames: [
        'hcp-kubernetes',
        ...apiNames(),
        `hcp-kubernetes.${site.cluster.hex.slice(0, 24)}.svc.cluster.local`,
        `${site.cluster.name}-${site.cluster.hex.slice(0, 8)}.hcp.westeurope.azmk8s.io`,
      ],
      ipAddresses: ['10.0.0.1'],
      notAfter: new Date(site.cluster.createdAt.getTime() + 30 * YEAR_MS),
    }),
  k3s: (site) =>
    leaf(site, {
      subject: [
        ['O', 'k3s'],
        ['CN', 'k3s'],
      ],
      issuer: cn(`k3s-server-ca@${epochOf(site.cluster.createdAt)}`),
      dnsNames: [...apiNames(), site.node, 'localhost', ...site.names],
      ipAddresses: ['10.43.0.1', '127.0.0.1', '::1', site.address],
      key: 'ec',
    }),
  rke2: (site) =>
    leaf(site, {
      subject: cn('kube-apiserver'),
      issuer: cn(`rke2-server-ca@${epochOf(site.cluster.createdAt)}`),
      dnsNames: ['localhost', ...apiNames(), ...site.names],
      ipAddresses: ['10.43.0.1', '127.0.0.1', site.address, '10.43.0.1'],
      key: 'ec',
      sendsAuthority: true,
    }),
  openshift: (site) =>
    leaf(site, {
      subject: cn('172.30.0.1'),
      issuer: [
        ['OU', 'openshift'],
        ['CN', 'kube-apiserver-service-network-signer'],
      ],
      dnsNames: [
        ...apiNames(),
        'openshift',
        'openshift.default',
        'openshift.default.svc',
        'openshift.default.svc.cluster.local',
      ],
      ipAddresses: ['172.30.0.1'],
      notBefore: new Date(site.now.getTime() - 11 * DAY_MS),
      notAfter: new Date(site.now.getTime() + 19 * DAY_MS),
      key: 'rsa',
    }),
  doks: kubernetesUnder(
    [
      ['O', 'DigitalOcean'],
      ['CN', 'k8saas Cluster CA'],
    ],
    '10.245.0.1',
    ({ cluster }) => [`${cluster.uuid}.k8s.ondigitalocean.com`],
  ),
  kops: (site) =>
    leaf(site, {
      subject: cn('kubernetes-master'),
      issuer: cn('kubernetes-ca'),
      dnsNames: [...apiNames(), `api.${site.cluster.name}.k8s.local`, `api.internal.${site.cluster.name}.k8s.local`],
      ipAddresses: ['100.64.0.1', '127.0.0.1', site.address],
    }),
  kubespray: kubeadmLike('10.233.0.1', ({ node }) => [
    'lb-apiserver.kubernetes.local',
    'localhost',
    `${node}.cluster.local`,
  ]),
  talos: (site) =>
    leaf(site, {
      subject: [
        ['O', 'kube-master'],
        ['CN', 'kube-apiserver'],
      ],
      issuer: [['O', 'kubernetes']],
      dnsNames: [site.node, ...apiNames(), 'localhost'],
      ipAddresses: ['10.96.0.1', site.address],
      key: 'ec',
    }),
  minikube: (site) =>
    leaf(site, {
      subject: [
        ['O', 'system:masters'],
        ['CN', 'minikube'],
      ],
      issuer: cn('minikubeCA'),
      dnsNames: ['minikubeCA', 'control-plane.minikube.internal', ...apiNames().reverse(), 'localhost'],
      ipAddresses: ['10.96.0.1', '127.0.0.1', '10.0.0.1', site.address],
      key: 'rsa',
    }),
  microk8s: (site) =>
    leaf(site, {
      subject: cn('127.0.0.1'),
      issuer: cn('10.152.183.1'),
      dnsNames: [
        'kubernetes',
        'kubernetes.default',
        'kubernetes.default.svc',
        'kubernetes.default.svc.cluster',
        'kubernetes.default.svc.cluster.local',
      ],
      ipAddresses: ['127.0.0.1', '10.152.183.1', site.address],
    }),
  gardener: (site) =>
    leaf(site, {
      subject: cn('kube-apiserver'),
      issuer: cn('ca-cluster'),
      dnsNames: [
        'kube-apiserver',
        `kube-apiserver.shoot--lab--${site.cluster.name}`,
        `kube-apiserver.shoot--lab--${site.cluster.name}.svc`,
        ...apiNames(),
        ...site.names,
      ],
      ipAddresses: ['100.64.0.1'],
      sendsAuthority: true,
    }),
  public: (site) =>
    leaf(site, {
      subject: cn(site.names[0] ?? `${site.cluster.name}.invalid`),
      issuer: PUBLIC_ISSUER,
      authority: PUBLIC_AUTHORITY,
      dnsNames: [...site.names],
      ...publicDates(site.now, site.cluster.hex),
      key: 'ec',
      sendsAuthority: true,
    }),
} as const satisfies Record<string, Profile>;

export type ApiProfile = keyof typeof API_PROFILES;

/** A Kubernetes leaf under a vendor's own cluster CA. */
function kubernetesUnder(
  issuer: DistinguishedName,
  service: string,
  extra: (site: CertificateSite) => readonly string[],
): Profile {
  return (site) =>
    leaf(site, {
      subject: cn('kube-apiserver'),
      issuer,
      dnsNames: [...apiNames(), ...extra(site), ...site.names],
      ipAddresses: [service, site.address],
    });
}
