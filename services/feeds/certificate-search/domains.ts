// The domains that a certificate search is scoped to, and the names that it answers with.
import { domainToASCII } from 'node:url';
import { KubecensusError } from '../../platform/errors.ts';
import { NAME_PATTERNS, type NameMatcher, nameMatcher } from '../certificate-transparency/pattern.ts';
import { HostSelection } from '../certificate-transparency/selection.ts';

/** A search is asked once for each: more is what logs are for. */
const MAX_DOMAINS = 500;
/** Two labels and more of letters, digits and hyphens (RFC 1035 2.3.1). */
const DOMAIN = /^(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$/;

/** The domains in the form in which services compare them. Throws KC_CONFIG on what is none, or on none at all. */
export function searchDomains(feed: string, written: readonly string[]): readonly string[] {
  const domains = [...new Set(written.map((text) => domainToASCII(text.replace(/^(?:\*\.|\.)|\.$/g, ''))))];
  const wrong = written.filter((text) => !DOMAIN.test(domainToASCII(text.replace(/^(?:\*\.|\.)|\.$/g, ''))));
  if (wrong.length > 0 || domains.length === 0 || domains.length > MAX_DOMAINS) {
    const what = wrong.length > 0 ? `not ${wrong.slice(0, 5).join(', ')}` : `1 to ${MAX_DOMAINS} of them`;
    throw new KubecensusError('KC_CONFIG', `feeds.${feed}: domains should be names such as example.org, ${what}.`);
  }
  return domains;
}

const everyName: NameMatcher = () => true;

/** Picks hosts out of the answers of a search: those that the pattern table names, or every one. State of one run. */
export class SearchedNames {
  readonly #selection: HostSelection;
  #emails = 0;
  #others = 0;

  constructor(all: boolean) {
    this.#selection = new HostSelection(all ? everyName : nameMatcher(NAME_PATTERNS));
  }

  /** The hosts among the identities of one certificate. E-mail addresses and organisations are identities, too, and are counted. */
  select(identities: readonly string[]): readonly string[] {
    const dnsNames: string[] = [];
    for (const identity of identities) {
      if (identity.includes('@')) this.#emails++;
      else if (identity === '' || /[\s/]/.test(identity)) this.#others++;
      else dnsNames.push(identity);
    }
    const nameCount = dnsNames.length;
    return this.#selection.select({ commonNames: [], dnsNames, ipAddresses: [], nameCount, truncated: false });
  }

  /** Counts of what was not yielded. */
  skipped(): Record<string, number> {
    return { ...this.#selection.skipped, email: this.#emails, not_a_host: this.#others };
  }
}
