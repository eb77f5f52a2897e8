// Messages of the certstream protocol, as its servers write them. There is no specification: certstream-server-go's README and models.
import { member, parseJson, textOf, textsOf } from '../json.ts';
import { MAX_NAMES } from '../x509/names.ts';

/** What a message says. Names are as written; `seen` is the server's own time in milliseconds since 1970. */
export type CertstreamMessage =
  | { readonly kind: 'names'; readonly names: readonly string[]; readonly seen: number | null; readonly at: string }
  | { readonly kind: 'heartbeat' }
  | { readonly kind: 'unknown' };

const MAX_NAME = 1024;
const MAX_WORD = 256;

/** Reads a text message: `certificate_update` (lite or full), `dns_entries` (domains only), `heartbeat`. */
export function readCertstreamMessage(text: string): CertstreamMessage {
  const message = parseJson(text);
  const type = member(message, 'message_type');
  if (type === 'heartbeat') return { kind: 'heartbeat' };
  const data = member(message, 'data');
  if (type === 'dns_entries') return namesMessage(data, null, 'dns_entries');
  if (type !== 'certificate_update') return { kind: 'unknown' };
  const seen = member(data, 'seen');
  const source = textOf(member(data, 'source', 'name'), MAX_WORD) ?? textOf(member(data, 'source', 'url'), MAX_WORD);
  const index = member(data, 'cert_index');
  const at = `${source ?? 'a log'}, entry ${typeof index === 'number' ? index : 'unknown'}`;
  // Seconds with a fraction.
  return namesMessage(member(data, 'leaf_cert', 'all_domains'), typeof seen === 'number' ? seen * 1000 : null, at);
}

function namesMessage(list: unknown, seen: number | null, at: string): CertstreamMessage {
  const names = textsOf(list, MAX_NAMES, MAX_NAME);
  return names === null ? { kind: 'unknown' } : { kind: 'names', names, seen, at };
}
