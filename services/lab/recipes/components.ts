// The other components of a cluster: what each port shows, and the truth about it.
import { etcdCertificate, k3sKubeletCertificate, localhostPair, selfSignedPair } from '../component-certificates.ts';
import type { LabCluster, LabService, LabTruth } from '../host.ts';
import { type Site, service } from './recipe.ts';

/** A component that answers without its version and whose certificate says nothing of Kubernetes' API names. */
function componentTruth(parts: Pick<LabTruth, 'component'> & Partial<LabTruth>): LabTruth {
  return {
    gradeAtLeast: 'possible',
    certificateName: false,
    versionEndpoint: false,
    gitVersion: null,
    distribution: null,
    authentication: null,
    outcome: 'k8s_component',
    ...parts,
  };
}

const siteOf = (site: Site, cluster: LabCluster) => ({
  cluster,
  address: site.address,
  node: site.node,
  names: site.names,
  now: site.now,
});

/** A process of the control plane starts some days ago, after its host. */
const startedAt = (site: Site) => new Date(site.now.getTime() - (1 + site.random.integer(200)) * 86_400_000);

export function kubelet(site: Site, cluster: LabCluster, how: { k3s?: boolean; anonymous?: boolean } = {}): LabService {
  return service({
    port: 10250,
    kind: 'kubelet',
    transport: 'tls',
    certificate: how.k3s
      ? k3sKubeletCertificate(siteOf(site, cluster))
      : selfSignedPair(site.node, { dns: [site.node], ip: [] }, startedAt(site), cluster.key),
    clientCertificate: 'requested',
    acceptableCAs: ['kubernetes'],
    anonymous: how.anonymous ? 'denied' : 'off',
    build: cluster.build,
    cluster,
    truth: componentTruth({
      component: 'kubelet',
      gradeAtLeast: 'probable',
      distribution: how.k3s ? 'k3s' : null,
      authentication: how.anonymous ? 'anonymous-denied' : 'required',
      outcome: 'k8s_auth_required',
    }),
  });
}

const CONTROLLERS = {
  'kube-controller-manager': 10257,
  'cloud-controller-manager': 10258,
  'kube-scheduler': 10259,
} as const;

export function controller(site: Site, cluster: LabCluster, kind: keyof typeof CONTROLLERS): LabService {
  return service({
    port: CONTROLLERS[kind],
    kind,
    transport: 'tls',
    certificate: localhostPair(startedAt(site), cluster.key),
    clientCertificate: 'requested',
    acceptableCAs: ['kubernetes', 'front-proxy-ca'],
    build: cluster.build,
    cluster,
    truth: componentTruth({
      component: kind,
      gradeAtLeast: 'probable',
      authentication: 'anonymous-health',
      outcome: 'k8s_auth_required',
    }),
  });
}

const PLAIN_PORTS = {
  'kubelet-healthz': 10248,
  'kubelet-readonly': 10255,
  'kube-proxy-metrics': 10249,
  'kube-proxy-healthz': 10256,
  'etcd-metrics': 2381,
} as const;

/** A plain port without authentication. Many answer alike, so the port is part of the evidence. */
export function plain(cluster: LabCluster, kind: keyof typeof PLAIN_PORTS): LabService {
  return service({
    port: PLAIN_PORTS[kind],
    kind,
    build: cluster.build,
    cluster,
    truth: componentTruth({ component: kind, certificateName: null, authentication: 'none' }),
  });
}

/** etcd over TLS; with client certificates it ends after the handshake, without them it answers everybody. */
export function etcd(
  site: Site,
  cluster: LabCluster,
  kind: 'etcd-client' | 'etcd-peer',
  clientCertificate: 'required' | 'none',
): LabService {
  const closed = clientCertificate === 'required';
  return service({
    port: kind === 'etcd-client' ? 2379 : 2380,
    kind,
    transport: 'tls',
    certificate: etcdCertificate(siteOf(site, cluster)),
    clientCertificate,
    acceptableCAs: closed ? ['etcd-ca'] : [],
    build: cluster.build,
    cluster,
    truth: componentTruth({
      component: kind,
      gradeAtLeast: 'probable',
      versionEndpoint: closed ? null : false,
      authentication: closed ? 'client-certificate' : 'none',
      outcome: closed ? 'tls_client_cert_required' : 'k8s_component',
    }),
  });
}

/** Extension API servers answer /version without stamps: found, named, and not counted as the API server. */
export function aggregated(site: Site, cluster: LabCluster): LabService {
  return service({
    port: 443,
    kind: 'aggregated-apiserver',
    transport: 'tls',
    certificate: localhostPair(startedAt(site), cluster.key),
    clientCertificate: 'requested',
    acceptableCAs: ['kubernetes', 'front-proxy-ca'],
    anonymous: 'public',
    build: cluster.build,
    cluster,
    truth: componentTruth({
      component: 'aggregated-apiserver',
      gradeAtLeast: 'probable',
      gitVersion: 'v0.0.0-master+$Format:%H$',
      distribution: 'unstamped',
      authentication: 'anonymous-public',
    }),
  });
}
