// The scope as a user writes it: networks of the internet, or the lab on loopback, never both.
import { KubecensusError } from '../platform/errors.ts';
import { parsePrefix } from '../platform/net/address.ts';
import { parseScope, type Scope } from './scope.ts';

/** A network of the lab is written lab:127.0.0.0/8, so that nobody surveys loopback by accident. */
const LAB = 'lab:';
const LOOPBACK = /^(127\.|::1(\/|$))/;

/**
 * Reads a scope and whether it is the lab's. Throws KC_SCOPE for a lab network outside 127.0.0.0/8 and ::1, or when networks of the
 * lab and of the internet are mixed.
 */
export function readScope(texts: readonly string[]): { scope: Scope; loopbackLab: boolean } {
  const lab = texts.filter((text) => text.startsWith(LAB)).map((text) => text.slice(LAB.length));
  if (lab.length === 0) return { scope: parseScope(texts), loopbackLab: false };
  if (lab.length < texts.length)
    throw new KubecensusError(
      'KC_SCOPE',
      'A scope is either the lab (lab:127.0.0.0/8) or networks of the internet, not both.',
    );
  const outside = lab.filter((text) => !LOOPBACK.test(parsePrefix(text, { bare: true })?.text ?? text));
  if (outside.length > 0)
    throw new KubecensusError('KC_SCOPE', `The lab is on loopback only; these are not: ${outside.join(', ')}.`);
  return { scope: parseScope(lab), loopbackLab: true };
}
