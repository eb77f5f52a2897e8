// From the names of one certificate to the hosts worth a sighting, each once per run, and counts of the rest.
import type { CertificateNames } from '../x509/names.ts';
import { comparableName, isInternalName, type NameMatcher } from './pattern.ts';

/** Hosts remembered within a run. At about 100 octets each some 20 MB; the oldest is forgotten first and may then be yielded again. */
export const MAX_REMEMBERED = 200_000;

/** Why names were not yielded, with counts. `other` matched no pattern. */
export interface SkippedNames {
  wildcard: number;
  internal: number;
  repeated: number;
  other: number;
  /** More names in a certificate than are read. */
  truncated: number;
}

const ADDRESS_TEXT = /^(?:\d+\.\d+\.\d+\.\d+|[0-9a-f:]*:[0-9a-f:.]*)$/;

/** Picks hosts out of certificates. State of one run: what was yielded already, and the counts. */
export class HostSelection {
  readonly skipped: SkippedNames = { wildcard: 0, internal: 0, repeated: 0, other: 0, truncated: 0 };
  readonly #matches: NameMatcher;
  readonly #limit: number;
  readonly #seen = new Set<string>();

  constructor(matches: NameMatcher, limit: number = MAX_REMEMBERED) {
    this.#matches = matches;
    this.#limit = limit;
  }

  /**
   * The hosts of one certificate that this run has not seen, as written. A wildcard or an internal name is never one, but it can be what
   * makes the certificate matter: then the certificate's addresses are hosts, too.
   */
  select(names: CertificateNames): readonly string[] {
    const hosts: string[] = [];
    let matters = false;
    if (names.truncated) this.skipped.truncated++;
    for (const name of names.dnsNames) matters = this.#consider(name, hosts) || matters;
    for (const name of names.commonNames) {
      // A CN is usually the first dNSName again, else often a person, a product or an organisation.
      if (!names.dnsNames.includes(name) && name.includes('.') && !name.includes(' ')) {
        matters = this.#consider(name, hosts) || matters;
      }
    }
    if (!matters) {
      this.skipped.other += names.ipAddresses.length;
      return hosts;
    }
    for (const address of names.ipAddresses) this.#keep(address, address, hosts);
    for (const name of names.dnsNames) if (ADDRESS_TEXT.test(name)) this.#keep(name, name, hosts);
    return hosts;
  }

  /** True when the name matches the table, whether it is yielded or not. */
  #consider(written: string, hosts: string[]): boolean {
    const name = comparableName(written);
    if (!this.#matches(name)) {
      this.skipped.other++;
      return false;
    }
    if (name.includes('*')) this.skipped.wildcard++;
    else if (isInternalName(name)) this.skipped.internal++;
    else this.#keep(name, written, hosts);
    return true;
  }

  #keep(key: string, written: string, hosts: string[]): void {
    if (this.#seen.has(key)) {
      this.skipped.repeated++;
      return;
    }
    if (this.#seen.size >= this.#limit) this.#seen.delete(this.#seen.values().next().value!);
    this.#seen.add(key);
    hosts.push(written);
  }
}
