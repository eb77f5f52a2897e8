// The nouns of the lab: a world of hosts, each with services, each with the truth that a survey should find.
import type { Authentication, ComponentName, Grade } from '../fingerprints/verdict.ts';
import type { Outcome } from '../probes/outcome.ts';
import type { Build } from './builds.ts';
import type { CertificatePlan } from './certificate-plan.ts';

/** What an active probe of the port's default paths (surveys/ports.ts) must end in, as far as the evidence permits. */
export interface LabTruth {
  readonly component: ComponentName | null;
  /** The verdict's grade is this or better; 'not' means exactly 'not'. */
  readonly gradeAtLeast: Grade;
  /** null where no certificate can be read; a verdict may then say null or false. */
  readonly certificateName: boolean | null;
  /** null where no whole answer to /version can be read; a verdict may then say null or false. */
  readonly versionEndpoint: boolean | null;
  /** As printed on /version; null when hidden. */
  readonly gitVersion: string | null;
  /** Slug that the evidence proves; null when it proves none. */
  readonly distribution: string | null;
  readonly authentication: Authentication | null;
  readonly outcome: Outcome;
}

/** What is shared by the API servers of one cluster. */
export interface LabCluster {
  readonly id: string;
  readonly name: string;
  readonly build: Build;
  readonly createdAt: Date;
  /** Key type of its certificates. */
  readonly key: 'ec' | 'rsa';
  /** UIDs of the API objects that answer in X-Kubernetes-Pf-*; one pair per path class. */
  readonly flow: {
    readonly probes: { readonly schema: string; readonly level: string };
    readonly other: { readonly schema: string; readonly level: string };
  };
  readonly uuid: string;
  readonly hex: string;
  /** Addresses of the cluster's API servers in the lab. */
  readonly members: readonly string[];
}

/** Which requests an API server answers without credentials. 'full' cannot be told from 'public' by the default paths. */
export type Anonymous = 'public' | 'full' | 'health' | 'denied' | 'off';

export type LabKind =
  | 'kube-apiserver'
  | 'aggregated-apiserver'
  | 'kubelet'
  | 'kubelet-healthz'
  | 'kubelet-readonly'
  | 'kube-controller-manager'
  | 'kube-scheduler'
  | 'cloud-controller-manager'
  | 'kube-proxy-metrics'
  | 'kube-proxy-healthz'
  | 'etcd-client'
  | 'etcd-peer'
  | 'etcd-metrics'
  | 'rke2-supervisor'
  | 'konnectivity'
  | 'kubernetes-dashboard'
  | 'kubectl-proxy'
  | 'rancher'
  | 'nginx'
  | 'ingress-nginx'
  | 'web'
  | 'python-stub'
  | 'bacalhau'
  | 'hostile';

export interface LabService {
  readonly port: number;
  readonly kind: LabKind;
  readonly transport: 'tls' | 'plain';
  readonly certificate: CertificatePlan | null;
  /** 'requested' sends a CertificateRequest with the names below; 'required' also ends the connection without a certificate. */
  readonly clientCertificate: 'none' | 'requested' | 'required';
  /** Subjects of the CertificateRequest, each a CN. */
  readonly acceptableCAs: readonly string[];
  readonly anonymous: Anonymous;
  readonly build: Build | null;
  readonly cluster: LabCluster | null;
  /** Which of the hostile scripts runs; '' for the honest. */
  readonly script: string;
  readonly truth: LabTruth;
}

export type LabFeed = 'list' | 'ct' | 'censys';

export interface LabHost {
  readonly address: string;
  /** The recipe it was made from. */
  readonly recipe: string;
  readonly services: readonly LabService[];
  /** DNS names that point at it, and at nothing else. */
  readonly names: readonly string[];
  /**
   * How DNS answers for its names: 'plain' with its address; 'truncated' over UDP, whole over TCP; 'mixed' with 10.0.0.1
   * beside its address, which policy drops.
   */
  readonly dns: 'plain' | 'truncated' | 'mixed';
  /** ISO 3166-1 alpha-2 as an engine states it. */
  readonly country: string;
  /** The feeds that know it; at least one. */
  readonly feeds: readonly LabFeed[];
  /** A source address whose connections it resets before a byte: networks block one prober and not another. Absent: it takes all. */
  readonly refuses?: string;
  /** The engine's data about it is old: it shows the build before this one, or a service that is gone. */
  readonly stale: boolean;
}

/** A name of the certificate log that leads to no host. */
export interface DeadName {
  readonly name: string;
  readonly answer: 'nxdomain' | 'servfail' | 'timeout' | 'private' | 'empty';
}

export interface LabWorld {
  readonly seed: string;
  readonly now: Date;
  readonly zone: string;
  readonly hosts: readonly LabHost[];
  readonly deadNames: readonly DeadName[];
}
