// The RFC 6962 side of the lab's certificate log: get-sth, get-entries, get-sth-consistency over the tree that the static side serves.
import type { EncodedEntry } from './ct-log/entry.ts';
import type { CtLogFaults, LabReply } from './ct-log/faults.ts';
import type { LabLogKey } from './ct-log/key.ts';
import { signedTreeHead } from './ct-log/signed-note.ts';
import type { LabTree } from './ct-log/tree.ts';

/** What both sides of the log have in common. */
export interface LogContents {
  readonly tree: LabTree;
  readonly entries: readonly EncodedEntry[];
  readonly key: LabLogKey;
  readonly faults: CtLogFaults;
  readonly now: () => Date;
}

/** Answers a path behind /ct/v1/, or null when there is no such method. Error texts follow CTFE and Sectigo's servers. */
export function answerRfc6962(log: LogContents, path: string): LabReply | null {
  const [method, query] = path.split('?', 2);
  const parameters = new URLSearchParams(query);
  const number = (name: string): number => {
    const text = parameters.get(name) ?? '';
    return /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  };
  if (method === 'get-sth') return treeHead(log);
  if (method === 'get-entries') return entries(log, number('start'), number('end'));
  if (method === 'get-sth-consistency') return consistency(log, number('first'), number('second'));
  return null;
}

function treeHead({ tree, key, faults, now }: LogContents): LabReply {
  const size = faults.showSize ?? tree.size;
  const root = Buffer.from(tree.root(size));
  const timestamp = faults.showTimestamp ?? now().getTime();
  if (faults.wrongRoot) root[0]! ^= 1;
  const signature = signedTreeHead(key, size, root, timestamp);
  if (faults.wrongSignature) signature[signature.length - 1]! ^= 1;
  return json({
    tree_size: size,
    timestamp,
    sha256_root_hash: root.toString('base64'),
    tree_head_signature: signature.toString('base64'),
  });
}

function entries(log: LogContents, start: number, end: number): LabReply {
  const { tree, faults } = log;
  if (!(start <= end)) return bad('start and end parameters are not a range');
  if (start >= tree.size) return bad(`need tree size: ${start + 1} to get leaves but only got: ${tree.size}`);
  if (faults.emptyPages > 0) {
    faults.emptyPages--;
    return json({ entries: [] });
  }
  let stop = Math.min(end + 1, start + faults.pageCap, tree.size);
  if (faults.pageAlign > 0) stop = Math.min(stop, (Math.floor(start / faults.pageAlign) + 1) * faults.pageAlign);
  if (faults.oneRowMore) stop = Math.min(stop + 1, tree.size);
  const rows = log.entries.slice(start, stop).map(({ merkleLeaf, extraData }, i) => {
    const leaf = Buffer.from(merkleLeaf);
    if (faults.tamperEntry === start + i) leaf[200]! ^= 1;
    return { leaf_input: leaf.toString('base64'), extra_data: extraData.toString('base64') };
  });
  return json({ entries: rows });
}

function consistency({ tree, faults }: LogContents, first: number, second: number): LabReply {
  if (!(first > 0 && first <= second)) return bad('first and second are not two sizes');
  if (second > tree.size) return bad(`need tree size: ${second} for proof but only got: ${tree.size}`);
  const proof = tree.consistency(first, second).map((hash) => Buffer.from(hash));
  if (faults.wrongProof && proof.length > 0) proof[proof.length - 1]![0]! ^= 1;
  return json({ consistency: proof.map((hash) => hash.toString('base64')) });
}

function json(body: unknown): LabReply {
  return { status: 200, body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
}

function bad(text: string): LabReply {
  return { status: 400, body: `${text}\n`, headers: { 'content-type': 'text/plain' } };
}
