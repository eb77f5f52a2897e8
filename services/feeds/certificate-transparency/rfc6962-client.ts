// What an RFC 6962 log is asked for: tree head, consistency proof, entries. Replies of servers that lag or ration are asked for again.
import { KubecensusError } from '../../platform/errors.ts';
import { integerOf, listOf, member, parseJson, textOf } from '../json.ts';
import { decodeBase64, type LogKey, signsTreeHead, type TreeHead } from './checkpoint.ts';
import { MAX_PROOF_HASHES } from './consistency.ts';
import { scanLeafInputs } from './entry-page.ts';
import { askPatiently, type PatienceOptions, type PlainReply, UselessReply } from './log-client.ts';
import type { PageSize } from './page-size.ts';
import { HASH_BYTES } from './tile.ts';

/** A kilobyte is usual. */
const MAX_HEAD_BYTES = 65_536;
/** 1,024 entries have 5 to 8 MB; what is longer is refused, as other monitors refuse it. */
const MAX_PAGE_BYTES = 64 * 1024 * 1024;
/** Characters of a base64 hash, and of a signature: RSA-4096 has 690. */
const MAX_BASE64 = 4096;

/** Rows of one reply: base64 texts of leaf_input at `spans`, start and end by turns. */
export interface EntryPage {
  readonly body: Buffer;
  readonly spans: readonly number[];
}

export interface Rfc6962Client {
  /** The signed tree head. Throws KC_CT_SIGNATURE, KC_FEED_UNAVAILABLE. */
  head(signal: AbortSignal): Promise<TreeHead>;
  /** An unverified proof that the tree of size `second` continues that of size `first`. Throws KC_FEED_UNAVAILABLE. */
  consistency(first: number, second: number, signal: AbortSignal): Promise<Buffer[]>;
  /** Entries [from, to), unverified, in as many pages as it took. Throws KC_FEED_UNAVAILABLE. */
  entries(from: number, to: number, signal: AbortSignal): Promise<EntryPage[]>;
}

/** `url` is the log's prefix, before /ct/v1/. */
export function rfc6962Client(url: string, key: LogKey, pageSize: PageSize, options: PatienceOptions): Rfc6962Client {
  const base = `${url.replace(/\/+$/, '')}/ct/v1/`;
  const ask = <T>(path: string, maxBytes: number, signal: AbortSignal, read: (body: Buffer) => T): Promise<T> =>
    askPatiently(options, base + path, maxBytes, signal, (reply) => {
      if (reply.status === 200) return read(reply.body);
      if (behindItsHead(reply, path))
        throw new UselessReply(`status ${reply.status}: the server is behind its tree head`);
      return undefined;
    });
  return {
    head: (signal) => ask('get-sth', MAX_HEAD_BYTES, signal, (body) => readTreeHead(body, key)),
    consistency: (first, second, signal) =>
      ask(`get-sth-consistency?first=${first}&second=${second}`, MAX_HEAD_BYTES, signal, readProof),
    async entries(from, to, signal) {
      const pages: EntryPage[] = [];
      for (let at = from; at < to; ) {
        const asked = to - at;
        const page = await ask(`get-entries?start=${at}&end=${to - 1}`, MAX_PAGE_BYTES, signal, (body) =>
          readPage(body, asked),
        );
        const got = page.spans.length / 2;
        if (at % pageSize.size === 0) pageSize.took(asked, got);
        pages.push(page);
        at += got;
      }
      return pages;
    },
  };
}

/** Some frontends say "need tree size", some 404, when a colleague has already shown a larger tree. A log without proofs says 404, too. */
function behindItsHead({ status, body }: PlainReply, path: string): boolean {
  if (status === 404) return !path.startsWith('get-sth-consistency');
  return status === 400 && /tree[ _]?size/i.test(body.toString('latin1', 0, 1024));
}

/** `{tree_size, timestamp, sha256_root_hash, tree_head_signature}`, RFC 6962 4.3. */
function readTreeHead(body: Buffer, key: LogKey): TreeHead {
  const reply = parseJson(body.toString());
  const size = integerOf(member(reply, 'tree_size'), 0, Number.MAX_SAFE_INTEGER);
  const timestamp = integerOf(member(reply, 'timestamp'), 0, Number.MAX_SAFE_INTEGER);
  const root = base64Of(member(reply, 'sha256_root_hash'));
  const signature = base64Of(member(reply, 'tree_head_signature'));
  if (size === null || timestamp === null || root?.length !== HASH_BYTES || signature === null)
    throw new UselessReply('the reply is no signed tree head');
  const head = { size, root, timestamp };
  if (!signsTreeHead(signature, head, key))
    throw new KubecensusError('KC_CT_SIGNATURE', `The tree head of ${key.origin} is not signed by the log's key.`);
  return head;
}

/** `{consistency: [base64 ...]}`, RFC 6962 4.4. */
function readProof(body: Buffer): Buffer[] {
  const hashes = listOf(member(parseJson(body.toString()), 'consistency')).map(base64Of);
  if (hashes.length > MAX_PROOF_HASHES || !hashes.every((hash) => hash?.length === HASH_BYTES))
    throw new UselessReply('the reply is no consistency proof');
  return hashes as Buffer[];
}

/** `{entries: [{leaf_input, extra_data} ...]}`, RFC 6962 4.6: from one row to as many as were asked for. */
function readPage(body: Buffer, asked: number): EntryPage {
  const page = scanLeafInputs(body);
  if (page === null) throw new UselessReply('the reply is no list of entries');
  const got = page.spans.length / 2;
  if (got === 0) throw new UselessReply('the reply holds no entries');
  if (got > asked) throw new UselessReply(`the reply holds ${got} entries where ${asked} were asked for`);
  return page;
}

function base64Of(value: unknown): Buffer | null {
  const text = textOf(value, MAX_BASE64);
  return text === null ? null : decodeBase64(text);
}
