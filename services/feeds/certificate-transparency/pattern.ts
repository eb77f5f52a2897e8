// Which names of a certificate matter here: a declared table, compiled once into a matcher.

/** How a pattern is held against the labels of a name (lower case, no trailing dot). */
export type NamePattern =
  /** The name ends in these labels and has at least one more. */
  | { readonly kind: 'suffix'; readonly text: string; readonly why: string }
  /** The first label is this, and at least two follow. */
  | { readonly kind: 'first-label'; readonly text: string; readonly why: string }
  /** A label holds this word, bounded by its ends, hyphens or digits. */
  | { readonly kind: 'word'; readonly text: string; readonly why: string }
  /** A label starts with this. */
  | { readonly kind: 'prefix'; readonly text: string; readonly why: string };

/** The table in use when a feed is given no other. Sources: the providers' and projects' own documentation of their endpoint names. */
export const NAME_PATTERNS: readonly NamePattern[] = [
  {
    kind: 'suffix',
    text: 'openshiftapps.com',
    why: 'ROSA and OpenShift Dedicated: certificates of API and routes are public',
  },
  { kind: 'suffix', text: 'openshift.com', why: 'older OpenShift Dedicated clusters' },
  { kind: 'suffix', text: 'aroapp.io', why: 'Azure Red Hat OpenShift' },
  { kind: 'suffix', text: 'gke.goog', why: 'GKE DNS endpoints' },
  {
    kind: 'suffix',
    text: 'eks.amazonaws.com',
    why: 'EKS; its own CA is private, so only user-made certificates appear',
  },
  { kind: 'suffix', text: 'azmk8s.io', why: 'AKS; as EKS' },
  { kind: 'suffix', text: 'k8s.ondigitalocean.com', why: 'DigitalOcean; as EKS' },
  { kind: 'suffix', text: 'linodelke.net', why: 'Linode LKE; as EKS' },
  { kind: 'suffix', text: 'k8s.ovh.net', why: 'OVHcloud; as EKS' },
  { kind: 'first-label', text: 'api', why: 'api.<cluster>.<base>: self-managed OpenShift and kOps' },
  { kind: 'first-label', text: 'api-int', why: 'OpenShift internal API name, sometimes public' },
  { kind: 'prefix', text: 'kube', why: 'kubernetes, kube-apiserver, kubeapi, kubernetes-dashboard, kubectl' },
  { kind: 'word', text: 'k8s', why: 'the usual short form' },
  { kind: 'word', text: 'k3s', why: 'K3s' },
  { kind: 'word', text: 'k0s', why: 'k0s' },
  { kind: 'word', text: 'rke', why: 'RKE and RKE2: digits may follow' },
  { kind: 'word', text: 'microk8s', why: 'MicroK8s' },
  { kind: 'word', text: 'rancher', why: 'Rancher proxies the API of its clusters' },
  { kind: 'word', text: 'openshift', why: 'OpenShift consoles and API names' },
  { kind: 'word', text: 'okd', why: 'OKD' },
  { kind: 'word', text: 'apiserver', why: 'hand-made API server names' },
  { kind: 'word', text: 'controlplane', why: 'hand-made API server names' },
  { kind: 'word', text: 'argocd', why: 'names the zone of a cluster' },
  { kind: 'word', text: 'headlamp', why: 'a Kubernetes dashboard' },
  { kind: 'word', text: 'hubble', why: "Cilium's flow browser, inside clusters" },
  { kind: 'word', text: 'longhorn', why: 'a storage dashboard inside clusters' },
];

/** True when the name (lower case, no trailing dot) matches the table. */
export type NameMatcher = (name: string) => boolean;

/** Compiles a table. Throws a RangeError on an empty one: a feed that can match nothing is a mistake. */
export function nameMatcher(patterns: readonly NamePattern[]): NameMatcher {
  if (patterns.length === 0) throw new RangeError('A name feed needs at least one pattern.');
  const of = (kind: NamePattern['kind']): string =>
    patterns
      .filter((pattern) => pattern.kind === kind)
      .map((pattern) => pattern.text.toLowerCase().replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
      .join('|');
  const parts: string[] = [];
  if (of('first-label') !== '') parts.push(`^(?:${of('first-label')})\\.[^.]+\\.`);
  if (of('prefix') !== '') parts.push(`(?:^|\\.)(?:${of('prefix')})`);
  if (of('word') !== '') parts.push(`(?:^|[.\\-\\d])(?:${of('word')})(?:[.\\-\\d]|$)`);
  if (of('suffix') !== '') parts.push(`\\.(?:${of('suffix')})$`);
  const expression = new RegExp(parts.join('|'));
  return (name) => expression.test(name);
}

/** Names that no public resolver answers: one label, or an ending reserved for private use (RFC 6762, RFC 8375, ICANN's .internal). */
const INTERNAL = /^[^.]*$|\.(?:local|internal|svc|lan|localdomain|localhost|corp|home|intranet|private|arpa)$/;

export function isInternalName(name: string): boolean {
  return INTERNAL.test(name);
}

/** The form in which names are compared: lower case, without trailing dots. */
export function comparableName(written: string): string {
  const lower = written.toLowerCase();
  let end = lower.length;
  while (end > 0 && lower.charCodeAt(end - 1) === 0x2e) end--;
  return end === lower.length ? lower : lower.slice(0, end);
}
