// The serving certificates of each distribution and component, as seen in public material (docs/method.md, certificates).
import type { CertificatePlan, DistinguishedName } from './certificate-plan.ts';
import type { LabCluster } from './host.ts';

const DAY_MS = 86_400_000;
const YEAR_MS = 365 * DAY_MS;

/** The names of the API service inside a cluster. */
export function apiNames(domain = 'cluster.local'): string[] {
  return ['kubernetes', 'kubernetes.default', 'kubernetes.default.svc', `kubernetes.default.svc.${domain}`];
}

export const epochOf = (date: Date) => Math.floor(date.getTime() / 1000);

const cn = (value: string): DistinguishedName => [['CN', value]];

/** What a profile knows about the host that the certificate is for. */
export interface CertificateSite {
  readonly cluster: LabCluster;
  readonly address: string;
  readonly node: string;
  readonly names: readonly string[];
  readonly now: Date;
}

type Profile = (site: CertificateSite) => CertificatePlan;

/** The common shape: the CA is as old as the cluster, the leaf has a year or less to go. */
function leaf(
  site: CertificateSite,
  parts: Partial<CertificatePlan> & Pick<CertificatePlan, 'subject' | 'issuer'>,
): CertificatePlan {
  return {
    authority: `${site.cluster.id}/server-ca`,
    dnsNames: [],
    ipAddresses: [],
    notBefore: site.cluster.createdAt,
    notAfter: new Date(site.now.getTime() + (30 + (Number.parseInt(site.cluster.hex.slice(0, 3), 16) % 330)) * DAY_MS),
    key: site.cluster.key,
    sendsAuthority: false,
    usages: ['server'],
    ...parts,
  };
}

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

/** The lab's stand-in for a public CA, so that certificates without Kubernetes names have an ordinary issuer. */
export const PUBLIC_AUTHORITY = 'public-ca';
export const PUBLIC_ISSUER: DistinguishedName = [
  ['C', 'US'],
  ['O', 'Lab Trust Services'],
  ['CN', 'Lab Trust R11'],
];

/** Ninety days, begun 5 to 64 days ago. */
export function publicDates(now: Date, hex: string): { notBefore: Date; notAfter: Date } {
  const age = 5 + (Number.parseInt(hex.slice(4, 8), 16) % 60);
  const notBefore = new Date(now.getTime() - age * DAY_MS);
  return { notBefore, notAfter: new Date(notBefore.getTime() + 90 * DAY_MS) };
}

/** A public-looking certificate for names. */
export function publicCertificate(names: readonly string[], now: Date, hex: string): CertificatePlan {
  return {
    subject: cn(names[0] ?? 'unnamed.invalid'),
    issuer: PUBLIC_ISSUER,
    authority: PUBLIC_AUTHORITY,
    dnsNames: [...names],
    ipAddresses: [],
    ...publicDates(now, hex),
    key: 'ec',
    sendsAuthority: true,
    usages: ['server'],
  };
}

/** client-go's self-signed pair <name>@<epoch> under <name>-ca@<epoch>, as kubelet, scheduler and controller managers make at start. */
export function selfSignedPair(
  name: string,
  alternates: { dns: readonly string[]; ip: readonly string[] },
  startedAt: Date,
  key: 'ec' | 'rsa',
): CertificatePlan {
  const epoch = epochOf(startedAt);
  return {
    subject: cn(`${name}@${epoch}`),
    issuer: cn(`${name}-ca@${epoch}`),
    authority: `pair/${name}-ca@${epoch}/${key}`,
    dnsNames: alternates.dns,
    ipAddresses: alternates.ip,
    notBefore: new Date(epoch * 1000 - 3_600_000),
    notAfter: new Date(epoch * 1000 - 3_600_000 + YEAR_MS),
    key,
    sendsAuthority: true,
    usages: ['server'],
  };
}

/** The pair of kube-scheduler and the controller managers; newer builds print localhost twice, captured ones carry it once with the address twice. */
export function localhostPair(startedAt: Date, key: 'ec' | 'rsa'): CertificatePlan {
  return selfSignedPair('localhost', { dns: ['localhost', 'localhost'], ip: ['127.0.0.1'] }, startedAt, key);
}

export function etcdCertificate(site: CertificateSite): CertificatePlan {
  return leaf(site, {
    subject: cn(site.node),
    issuer: cn('etcd-ca'),
    authority: `${site.cluster.id}/etcd-ca`,
    dnsNames: ['localhost', site.node],
    ipAddresses: [site.address, '127.0.0.1', '::1'],
    usages: ['server', 'client'],
  });
}

/** The kubelet of k3s: signed by the cluster's server CA. */
export function k3sKubeletCertificate(site: CertificateSite): CertificatePlan {
  return leaf(site, {
    subject: cn(site.node),
    issuer: cn(`k3s-server-ca@${epochOf(site.cluster.createdAt)}`),
    dnsNames: [site.node, 'localhost'],
    ipAddresses: ['127.0.0.1', site.address],
    key: 'ec',
  });
}

export function rke2SupervisorCertificate(site: CertificateSite): CertificatePlan {
  return leaf(site, {
    subject: [
      ['O', 'rke2'],
      ['CN', 'rke2'],
    ],
    issuer: cn(`rke2-server-ca@${epochOf(site.cluster.createdAt)}`),
    dnsNames: [...apiNames(), site.node, 'localhost'],
    ipAddresses: ['10.43.0.1', '127.0.0.1', '::1', site.address],
    key: 'ec',
    sendsAuthority: true,
  });
}

/** A certificate that signs itself with its own key. */
export function selfIssued(
  subject: DistinguishedName,
  dnsNames: readonly string[],
  notBefore: Date,
  years: number,
): CertificatePlan {
  return {
    subject,
    issuer: subject,
    authority: 'self',
    dnsNames,
    ipAddresses: [],
    notBefore,
    notAfter: new Date(notBefore.getTime() + years * YEAR_MS),
    key: 'ec',
    sendsAuthority: false,
    usages: ['server'],
  };
}
