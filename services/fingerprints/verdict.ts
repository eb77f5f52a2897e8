// A verdict: evidence judged. The shape is public (docs/method.md) and stored with every observation.

export const COMPONENTS = [
  'kube-apiserver',
  'kubelet',
  'kubelet-healthz',
  'kubelet-readonly',
  'kube-controller-manager',
  'kube-scheduler',
  'cloud-controller-manager',
  'kube-proxy-metrics',
  'kube-proxy-healthz',
  'etcd-client',
  'etcd-peer',
  'etcd-metrics',
  'aggregated-apiserver',
  'k3s-supervisor',
  'rke2-supervisor',
  'konnectivity',
  'kubernetes-dashboard',
  'kubectl-proxy',
  'rancher',
  'other',
] as const;
export type ComponentName = (typeof COMPONENTS)[number];

export const GRADES = ['confirmed', 'probable', 'possible', 'not'] as const;
export type Grade = (typeof GRADES)[number];

export type Authentication =
  | 'anonymous-full'
  | 'anonymous-public'
  | 'anonymous-health'
  | 'anonymous-denied'
  | 'required'
  | 'client-certificate'
  | 'none';

export type Support = 'supported' | 'maintenance' | 'end-of-life' | 'unknown';

export interface VersionFacts {
  /** As printed; '' when only inferred. */
  readonly gitVersion: string;
  readonly major: number | null;
  readonly minor: number | null;
  readonly patch: number | null;
  readonly source: 'version-endpoint' | 'inferred';
  /** "1.22" when headers or body forms bound a hidden version, else null. */
  readonly atLeast: string | null;
  readonly below: string | null;
}

export interface DistributionFacts {
  readonly slug: string;
  readonly name: string;
  readonly by: 'version' | 'issuer' | 'san' | 'acceptable-ca' | 'name' | 'service-ip' | 'asn';
}

export interface Verdict {
  readonly id: string | null;
  /** null only with grade 'not' and nothing recognised. */
  readonly component: ComponentName | null;
  readonly grade: Grade;
  /** One key per rung of the ladder. null: not observed; false: observed and absent. */
  readonly indicators: {
    readonly certificateName: boolean | null;
    readonly versionEndpoint: boolean | null;
    readonly [rung: string]: boolean | null;
  };
  /**
   * The rungs that spoke for the component, strongest first: those with a yes in any of its rules that holds. `port` stands last where its
   * usual port counted. Empty when nothing was recognised.
   */
  readonly rungs: readonly string[];
  readonly authentication: Authentication | null;
  readonly version: VersionFacts | null;
  readonly distribution: DistributionFacts | null;
  readonly support: Support | null;
  /** Upstream ranges that contain the version. Never said to be "vulnerable". */
  readonly ranges: readonly string[];
  readonly honeypot: { readonly grade: 'none' | 'low' | 'medium' | 'high'; readonly reasons: readonly string[] };
  readonly cluster: { readonly keys: readonly string[] };
  readonly flags: readonly string[];
  readonly advice: readonly string[];
}
