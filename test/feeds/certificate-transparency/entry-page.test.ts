// The scan of get-entries bodies against JSON.parse, and the leaf decoder against the lab's encoder and broken leaves.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Leaf, scanLeafInputs } from '../../../services/feeds/certificate-transparency/entry-page.ts';
import { leafHash } from '../../../services/feeds/certificate-transparency/merkle.ts';
import { encodeEntry } from '../../../services/lab/ct-log/entry.ts';

const texts = (body: string): string[] | null => {
  const page = scanLeafInputs(Buffer.from(body));
  if (page === null) return null;
  return page.spans.flatMap((start, i) =>
    i % 2 === 0 ? [page.body.toString('latin1', start, page.spans[i + 1])] : [],
  );
};

test('finds what JSON.parse finds, however the body is spaced, ordered and escaped', () => {
  const bytes = fc.uint8Array({ maxLength: 60 }).map((octets) => Buffer.from(octets).toString('base64'));
  const row = fc.record({ extra_data: bytes, leaf_input: bytes, other: fc.string() });
  fc.assert(
    fc.property(
      fc.array(row, { minLength: 1, maxLength: 5 }),
      fc.constantFrom(undefined, 1, '\t'),
      fc.boolean(),
      (rows, indent, slash) => {
        let body = JSON.stringify({ entries: rows }, null, indent);
        if (slash) body = body.replaceAll('/', '\\/');
        assert.deepEqual(
          texts(body),
          rows.map(({ leaf_input }) => leaf_input),
        );
      },
    ),
  );
});

test('an empty page is one; a web page, another reply or a cut one is none', () => {
  assert.deepEqual(texts('{"entries": [ ]}'), []);
  for (const body of [
    '',
    '<html></html>',
    '{"error":"no"}',
    '{"entries":[{"leaf_input":"AAAA"',
    '{"entries":[{"leaf_input":"AA',
    '["leaf_input"]',
    '{"entries":[{"leaf_input":7}]}',
    'null',
  ])
    assert.equal(texts(body), null, body);
});

test('a leaf gives its hash and its certificate; a cut or unknown one says what is wrong', () => {
  const leaf = new Leaf();
  const decode = (bytes: Buffer): string | null => {
    const text = Buffer.from(bytes.toString('base64'));
    leaf.decode(text, 0, text.length);
    assert.equal(leaf.hash(), leafHash(bytes).toString('latin1'));
    return leaf.parse();
  };
  const certificate = encodeEntry({ certificateDer: Buffer.alloc(40_000, 9) }, 7, 1_790_000_000_123).merkleLeaf;
  assert.equal(decode(certificate), null);
  const entry = leaf.entry(5);
  assert.deepEqual(Buffer.from(entry.bytes.subarray(entry.start, entry.end)), Buffer.alloc(40_000, 9));
  assert.deepEqual([entry.precert, entry.timestamp, entry.index], [false, 1_790_000_000_123, 5]);
  const tbs = { precertTbs: Buffer.from('tbs'), issuerKeyHash: Buffer.alloc(32, 7), precertificate: Buffer.alloc(3) };
  const precert = encodeEntry(tbs, 7, 1).merkleLeaf;
  assert.equal(decode(precert), null);
  assert.equal(leaf.entry(0).precert, true);
  for (let length = 0; length < precert.length; length++) assert.ok(decode(precert.subarray(0, length)) !== null);
  const changed = (at: number, value: number): Buffer => {
    const bytes = Buffer.from(precert);
    bytes[at] = value;
    return bytes;
  };
  assert.equal(decode(changed(0, 1)), 'is no timestamped entry of version 1');
  assert.equal(decode(changed(10, 0x80)), 'is of the unknown type 32769');
  assert.equal(decode(Buffer.concat([precert, Buffer.alloc(1)])), 'has another length than it states');
});
