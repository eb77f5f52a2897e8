// What a recipe is: one kind of host, how common it is, and the services that it runs.
import type { LabCluster, LabService, LabTruth } from '../host.ts';
import type { Random } from '../random.ts';

/** The host that a recipe is to furnish. */
export interface Site {
  readonly address: string;
  readonly node: string;
  readonly names: readonly string[];
  readonly now: Date;
  readonly random: Random;
  /**
   * The cluster this host belongs to: a new one, or (one time in five) the last one of the same recipe, so that several
   * endpoints share a store. The build is chosen among the releases of the distribution between the two minors.
   */
  cluster(distribution: string, oldest: number, newest: number): LabCluster;
}

export interface Recipe {
  readonly name: string;
  /** Share among all recipes; about per mille. */
  readonly weight: number;
  /** Probability that a DNS name points at it. */
  readonly named: number;
  plan(site: Site): readonly LabService[];
}

/** Truth of an endpoint that is no Kubernetes component and answers in HTTP. */
export const NOT_KUBERNETES: LabTruth = {
  component: null,
  gradeAtLeast: 'not',
  certificateName: false,
  versionEndpoint: false,
  gitVersion: null,
  distribution: null,
  authentication: null,
  outcome: 'not_kubernetes',
};

/** A service with the defaults of a plain port. */
export function service(parts: Pick<LabService, 'port' | 'kind' | 'truth'> & Partial<LabService>): LabService {
  return {
    transport: 'plain',
    certificate: null,
    clientCertificate: 'none',
    acceptableCAs: [],
    anonymous: 'off',
    build: null,
    cluster: null,
    script: '',
    ...parts,
  };
}
