// Logs of the internet are asked only by readers who say who they are: operators block nameless ones, and cannot write to them first.
import { KubecensusError } from '../../platform/errors.ts';

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/** Throws KC_NO_CONTACT when a log beyond this machine would be asked without a contact in the User-Agent. `url`: what is asked. */
export function requireContact(url: string, hasContact = true): void {
  const host = URL.parse(url)?.hostname ?? '';
  if (hasContact || LOOPBACK.test(host)) return;
  throw new KubecensusError(
    'KC_NO_CONTACT',
    `The log ${host} would be asked by nobody in particular; its operators want a contact in the User-Agent.`,
  );
}
