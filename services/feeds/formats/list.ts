// A plain list: one address, name, host and port, or CIDR block per line, with # comments.
import type { FeedItem, Rejection, Sighting } from '../feed.ts';
import { excerptOf, type Line, readLines, TEXT_LINE_BYTES } from '../lines.ts';
import { readObservedAt } from '../observed-at.ts';
import { expandCidr, looksLikeCidr } from './cidr.ts';
import { type FileFormat, type FormatOptions, type Head, shareOf } from './format.ts';

/** Where a comment begins: it fills a line or follows white space; a # inside a token belongs to it. */
const COMMENT = /(?<!\S)#/;
const BRACKETED = /^\[([^\]]*:[^\]]*)\](?::(.*))?$/s;

/** Letters, digits and the signs of addresses, names and blocks; with a dot, a colon or digits only, so that prose is none. */
const HOST_LIKE = /^(?=.*[.:]|\d+$)[\p{L}\p{N}[\]:.*_/|-]+$/u;

/** Names of columns, such as `saddr` or `ip,port`: the rows below belong to a table. */
const TABLE_HEAD = /^[a-z_]+(?:,[a-z_]*)*$/i;

export const LIST: FileFormat = {
  name: 'list',
  title: 'Addresses and names, one per line',
  kind: 'sightings',
  takesPort: true,
  detect(head: Head) {
    const rows = head.lines.map((line) => withoutComment(line).trim()).filter((line) => line !== '');
    if (TABLE_HEAD.test(rows[0] ?? '')) return { score: 0, why: 'its first line is the header of a table' };
    const share = shareOf(rows, (row) => HOST_LIKE.test(row));
    // Never quite sure: a list has no mark of its own.
    return {
      score: share * 0.9,
      why: `${Math.round(share * 100)} % of the first ${rows.length} lines have the form of an address, a name or a block`,
    };
  },
  async *parse(input, options) {
    for await (const batch of readLines(input, TEXT_LINE_BYTES)) {
      for (const line of batch) yield* line.type === 'rejection' ? [line] : itemsOf(line, options);
    }
  },
};

/** A line without its comment and the white space before that; one without a comment as it stands. */
function withoutComment(line: string): string {
  const start = line.search(COMMENT);
  return start === -1 ? line : line.slice(0, start).trimEnd();
}

function itemsOf(line: Line, options: FormatOptions): FeedItem[] {
  const text = withoutComment(line.text);
  if (!/\S/.test(text)) return [];
  const at = `line ${line.number}`;
  const reject = (reason: string): Rejection[] => [{ type: 'rejection', reason, at, excerpt: excerptOf(line.text) }];
  const given = readObservedAt(options.observedAt, options.now);
  if (!given.ok) return reject(given.reason);
  const sighting = (host: string, port: string | null): Sighting => ({
    type: 'sighting',
    host,
    port: port ?? options.port,
    observedAt: given.time,
    at,
  });
  if (looksLikeCidr(text)) {
    if (!options.expandCidr) return reject('cidr_not_allowed');
    const expansion = expandCidr(text);
    return expansion.ok ? expansion.addresses.map((address) => sighting(address, null)) : reject(expansion.reason);
  }
  const { host, port } = splitHostPort(text);
  return host === '' ? reject('no_host') : [sighting(host, port)];
}

/** Host and port as written. Two colons or more without brackets are an IPv6 address, which then has no port; whether the parts are valid is not judged here. */
export function splitHostPort(text: string): { host: string; port: string | null } {
  const bracketed = BRACKETED.exec(text);
  if (bracketed !== null) return { host: bracketed[1] as string, port: bracketed[2] ?? null };
  const colon = text.indexOf(':');
  if (colon === -1 || text.indexOf(':', colon + 1) !== -1) return { host: text, port: null };
  return { host: text.slice(0, colon), port: text.slice(colon + 1) };
}
