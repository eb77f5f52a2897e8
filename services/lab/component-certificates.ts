// The serving certificates of what stands beside an API server: controllers, kubelets, etcd, supervisors, and of any server at all.
import type { CertificatePlan, DistinguishedName } from './certificate-plan.ts';
import { apiNames, type CertificateSite, cn, epochOf, leaf, YEAR_MS } from './certificate-site.ts';

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
