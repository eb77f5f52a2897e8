// The slugs and names of distributions: those that a gitVersion can show, and those that only names and certificates show.

/**
 * Slug -> name for what a gitVersion shows. Compiled 2026-11-23 from the version strings of public material and of a census of
 * 2022-08 to 2024-02. The words from vanilla on are no vendors: they say what kind of string it is.
 */
export const VERSION_DISTRIBUTIONS = {
  eks: 'Amazon EKS',
  gke: 'Google GKE, Anthos, Google Distributed Cloud',
  ack: 'Alibaba ACK',
  iks: 'IBM Cloud Kubernetes Service',
  icp: 'IBM Cloud Private',
  openshift: 'OpenShift, OKD, MicroShift, ROSA, ARO, ROKS',
  k3s: 'k3s (also Civo, k3d, Rancher Desktop)',
  rke2: 'RKE2',
  rke1: 'RKE1, Rancher 1.6',
  k0s: 'k0s',
  tkg: 'VMware Tanzu, TKG, PKS',
  cce: 'Huawei CCE, Open Telekom Cloud',
  tke: 'Tencent TKE',
  vke: 'Volcengine VKE',
  'docker-ee': 'Docker EE, UCP',
  mke: 'Mirantis Kubernetes Engine',
  microk8s: 'MicroK8s (old builds)',
  jdcloud: 'JD Cloud',
  hpe: 'HPE Ezmeral',
  kcp: 'kcp',
  vanilla: 'Upstream release',
  prerelease: 'Upstream alpha, beta, rc, CI or dirty build',
  'git-describe': 'Downstream build with a git-describe suffix, vendor not shown',
  unstamped: 'Aggregated API server or self build without version stamps',
  'client-only': 'Never a server',
  fabricated: 'Body or string that no real build prints',
  'not-an-apiserver': 'Another program that reuses the version structure',
  unknown: 'None of the above',
} as const satisfies Readonly<Record<string, string>>;

/** Slug -> name for providers whose builds print upstream's version: only certificates, endpoint names and addresses tell them. */
export const PROVIDERS = {
  aks: 'Azure Kubernetes Service',
  kops: 'kOps',
  kubespray: 'Kubespray',
  minikube: 'minikube',
  talos: 'Talos Linux',
  'docker-desktop': 'Docker Desktop',
  gardener: 'Gardener (SAP, OTC, STACKIT and others)',
  vcluster: 'vCluster',
  doks: 'DigitalOcean Kubernetes',
  lke: 'Linode (Akamai) Kubernetes Engine',
  ovh: 'OVHcloud Managed Kubernetes',
  scaleway: 'Scaleway Kapsule',
  vultr: 'Vultr Kubernetes Engine',
  exoscale: 'Exoscale SKS',
  tectonic: 'Tectonic, bootkube',
} as const satisfies Readonly<Record<string, string>>;

export type VersionSlug = keyof typeof VERSION_DISTRIBUTIONS;
export type DistributionSlug = VersionSlug | keyof typeof PROVIDERS;

/** The name of a slug for people. */
export function distributionName(slug: DistributionSlug): string {
  return slug in VERSION_DISTRIBUTIONS
    ? VERSION_DISTRIBUTIONS[slug as VersionSlug]
    : PROVIDERS[slug as keyof typeof PROVIDERS];
}
