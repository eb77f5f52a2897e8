// What tells one distribution or provider from another, apart from the version string.
import type { DistributionSlug } from '../data/distributions.ts';

export interface Distribution {
  readonly slug: DistributionSlug;
  /** What is seen and from where it is known, for the documentation. */
  readonly known: string;
  /** Subject and issuer as "CN=…,O=…" in certificate order, both tested against one text `<subject> < <issuer>`. */
  readonly issuer?: RegExp;
  /**
   * Subject and issuer that anybody could choose, too: where the list of names was seen, one of the distribution's own names or this service address
   * must be in the certificate.
   */
  readonly issuerBeside?: string;
  /** A name (lower case) among dNSNames and CN that this distribution alone gives its API servers. */
  readonly names?: readonly RegExp[];
  /** Names that must all be there and nothing but them (MicroK8s' short template). */
  readonly exactNames?: readonly string[];
  /** An address that its certificates carry twice. */
  readonly repeatedAddress?: string;
  /** A plain name among the acceptable client authorities. */
  readonly clientCa?: RegExp;
  /** The name that was used to reach the endpoint, or a certificate name of a provider's endpoint. */
  readonly endpoint?: RegExp;
  /** The first service address in the certificate, where no other distribution uses it by default. Weak. */
  readonly serviceAddresses?: readonly string[];
  /** Networks of a provider, only together with something of it that is weak alone. */
  readonly network?: {
    readonly asns: readonly number[];
    readonly serviceAddresses?: readonly string[];
    readonly hidesVersion?: boolean;
  };
}
