// Whether a text names somebody who opted out: its words are read as addresses and names, and judged as a target would be.
import type { OptOuts } from '../candidates/opt-out.ts';
import { parseAddress } from '../platform/net/address.ts';

/** What an address or a name can be written with; a port, a wildcard or a final dot is cut off. */
const WORD = /[0-9A-Za-z_:.\u0080-\u{10ffff}-]+/gu;

export function mentions(text: string, optOuts: OptOuts): boolean {
  return (text.match(WORD) ?? []).some((word) => isOptedOut(word, optOuts));
}

/** As it stands, without what ends a sentence, and without a port: whichever reading is somebody. */
function isOptedOut(word: string, optOuts: OptOuts): boolean {
  const bare = word.replace(/^\.+|[.:]+$/g, '');
  const withoutPort = bare.replace(/:\d+$/, '');
  const addresses = [word, bare, withoutPort].flatMap((reading) => parseAddress(reading) ?? []);
  if (addresses.length > 0) return addresses.some(optOuts.hasAddress);
  return optOuts.hasName(withoutPort.toLowerCase());
}
