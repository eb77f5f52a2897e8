// DNS names as feeds write them, brought to one spelling: lower case, A-labels, no trailing dot. Refuses what cannot be a public host.
import { domainToASCII, domainToUnicode } from 'node:url';

export type NameRejection = 'bad_name' | 'wildcard_name' | 'internal_name' | 'single_label_name' | 'bad_address';
export type NameResult =
  | { readonly ok: true; readonly name: string }
  | { readonly ok: false; readonly reason: NameRejection };

export interface NameOptions {
  /** Accept "_" inside labels. Off by default: it is no host name (RFC 952, 1123), though some resolvers answer for it. */
  readonly allowUnderscore?: boolean;
  /** Names below this suffix are allowed although it is internal. Only a scope that is a lab's sets it, to the lab's zone. */
  readonly labSuffix?: string | null;
}

/**
 * Last labels that never name a public host. Sources: RFC 6761 and 6762 (local, localhost, test, invalid, example), RFC 7686 (onion),
 * RFC 9476 (alt), ICANN 2024 (internal) and 2018 (corp, home, mail), RFC 6762 appendix G (the private suffixes people use),
 * and svc, cluster, pod: Kubernetes service names cut short. arpa holds infrastructure only (RFC 3172).
 */
export const INTERNAL_SUFFIXES: ReadonlySet<string> = new Set([
  ...['local', 'localhost', 'test', 'invalid', 'example', 'onion', 'alt', 'arpa', 'internal', 'corp', 'home', 'mail'],
  ...['lan', 'intranet', 'private', 'localdomain', 'svc', 'cluster', 'pod'],
]);

/** RFC 1035 2.3.4, in characters without the trailing dot. */
const LONGEST_NAME = 253;
const LONGEST_LABEL = 63;
/** Unicode spellings may be longer than the A-labels they become, but not by this much; longer text is not looked at. */
const LONGEST_INPUT = 1024;

const HIDDEN = /[\p{C}\p{Z}]/u; // control, format (RTL override, zero width), surrogate, unassigned, space
const FOREIGN_ASCII = /[^A-Za-z0-9._\-\u0080-\u{10ffff}]/u; // percent signs and the like, which an IDN mapper would decode
const LDH_LABEL = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/;
const UNDERSCORE_LABEL = /^[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?$/;

/** The canonical name, or why there is none. Wildcards, internal names and single labels have reasons of their own. */
export function canonicalName(text: string, options: NameOptions = {}): NameResult {
  if (text.includes('*') && !HIDDEN.test(text)) return refuse('wildcard_name');
  const name = spell(text, options.allowUnderscore === true);
  if (name === null) return refuse(endsInNumber(text) ? 'bad_address' : 'bad_name');
  if (endsInNumber(name)) return refuse('bad_address'); // also full-width digits, which the IDN mapping makes ASCII
  const labSuffix = options.labSuffix ?? null;
  if (labSuffix !== null && name.endsWith(`.${labSuffix}`)) return { ok: true, name };
  const labels = name.split('.');
  if (INTERNAL_SUFFIXES.has(labels.at(-1)!)) return refuse('internal_name');
  if (labels.length === 1) return refuse('single_label_name');
  return { ok: true, name };
}

/** The canonical form of a DNS suffix ("example.org", ".example.org" and "*.example.org" are the same), or null. Any suffix may be named. */
export function canonicalSuffix(text: string): string | null {
  return spell(text.replace(/^\*?\./, ''), true);
}

/** True when the last label is a number: such text is an address in somebody's reading, so it is never a name (WHATWG URL, "ends in a number"). */
export function endsInNumber(text: string): boolean {
  const last = text.trim().replace(/\.$/, '').split('.').at(-1)!;
  return /^(?:\p{Nd}+|0x[0-9a-f]*)$/iu.test(last);
}

function refuse(reason: NameRejection): NameResult {
  return { ok: false, reason };
}

/** Lower case, A-labels, no trailing dot; null when a label or the whole breaks a rule. */
function spell(text: string, allowUnderscore: boolean): string | null {
  if (text.length > LONGEST_INPUT || HIDDEN.test(text) || FOREIGN_ASCII.test(text)) return null;
  // The mapper reads whole hosts and would make "10.1" an address; it only ever sees names that need it.
  const ascii = /[^\x00-\x7f]/.test(text) ? domainToASCII(text) : text.toLowerCase();
  const name = ascii.endsWith('.') ? ascii.slice(0, -1) : ascii;
  if (name.length > LONGEST_NAME) return null;
  const shape = allowUnderscore ? UNDERSCORE_LABEL : LDH_LABEL;
  const good = name
    .split('.')
    .every((label) => label.length <= LONGEST_LABEL && shape.test(label) && isGoodALabel(label));
  return good ? name : null;
}

/** An "xn--" label must decode, and encode to itself again; anything else is a spelling that no registry issues. */
function isGoodALabel(label: string): boolean {
  if (!label.startsWith('xn--')) return true;
  const unicode = domainToUnicode(label);
  if (unicode === label || unicode === '' || domainToASCII(unicode) !== label) return false;
  return !/^-|-$|[\x00-,./:-`{-\x7f]/.test(unicode);
}
