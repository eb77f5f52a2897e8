// Checkpoints: signed by the lab's key or by an RSA key, and everything that is not.
import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { logKey, readCheckpoint, treeHeadInput } from '../../../services/feeds/certificate-transparency/checkpoint.ts';
import { labLogKey } from '../../../services/lab/ct-log/key.ts';
import { signedCheckpoint } from '../../../services/lab/ct-log/signed-note.ts';
import { KubecensusError } from '../../../services/platform/errors.ts';

const ORIGIN = 'log.example/2026h2';
const KEY = labLogKey('checkpoint test');
const ROOT = createHash('sha256').update('root').digest();
const LOG = logKey(ORIGIN, KEY.publicKeyDer);
const NOTE = signedCheckpoint(ORIGIN, KEY, 1234, ROOT, 1_790_000_000_000);

test('reads a checkpoint of the log', () => {
  assert.deepEqual(readCheckpoint(Buffer.from(NOTE), LOG), { size: 1234, root: ROOT, timestamp: 1_790_000_000_000 });
});

test('ignores signature lines of others, before and behind', () => {
  const other = labLogKey('another');
  const foreign = signedCheckpoint(ORIGIN, other, 1234, ROOT, 5).split('\n')[4]!;
  const lines = ['\u2014 witness.example AAAA', foreign, 'no signature line', `\u2014 ${ORIGIN} !!`];
  const note = `${signedCheckpoint(ORIGIN, KEY, 1234, ROOT, 5, lines)}\u2014 late.example AAAA\n`;
  assert.equal(readCheckpoint(Buffer.from(note), LOG).size, 1234);
  const onlyOthers = `${ORIGIN}\n1234\n${ROOT.toString('base64')}\n\n${lines.join('\n')}\n`;
  assert.throws(() => readCheckpoint(Buffer.from(onlyOthers), LOG), { code: 'KC_CT_SIGNATURE' });
});

test('verifies an RSA log', () => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const log = logKey(ORIGIN, spki);
  const head = { size: 7, root: ROOT, timestamp: 99 };
  const signature = sign('sha256', treeHeadInput(head), privateKey);
  const lead = Buffer.alloc(12);
  lead.writeBigUInt64BE(99n, 0);
  lead.set([4, 1], 8);
  lead.writeUInt16BE(signature.length, 10);
  const blob = Buffer.concat([log.keyId, lead, signature]).toString('base64');
  const note = `${ORIGIN}\n7\n${ROOT.toString('base64')}\n\n\u2014 ${ORIGIN} ${blob}\n`;
  assert.deepEqual(readCheckpoint(Buffer.from(note), log), head);
  assert.throws(() => readCheckpoint(Buffer.from(note.replace('\n7\n', '\n8\n')), log), { code: 'KC_CT_SIGNATURE' });
});

test('refuses another origin, size, root or key', () => {
  const cases: [string, string][] = [
    ['size', NOTE.replace('\n1234\n', '\n1235\n')],
    ['root', NOTE.replace(ROOT.toString('base64'), Buffer.alloc(32).toString('base64'))],
    ['origin', NOTE.replaceAll(ORIGIN, 'log.example/2026h1')],
    ['first line only', NOTE.replace(ORIGIN, 'log.example/2026h1')],
    ['signature line gone', `${NOTE.slice(0, NOTE.indexOf('\n\n') + 2)}`],
  ];
  for (const [what, note] of cases) {
    assert.throws(() => readCheckpoint(Buffer.from(note), LOG), { code: 'KC_CT_SIGNATURE' }, what);
  }
  const other = logKey(ORIGIN, labLogKey('another').publicKeyDer);
  assert.throws(() => readCheckpoint(Buffer.from(NOTE), other), { code: 'KC_CT_SIGNATURE' });
});

test('refuses what is no checkpoint', () => {
  const root = ROOT.toString('base64');
  const cases = [
    '',
    '\n\n',
    '<html>',
    NOTE.replace('\n1234\n', '\n01234\n'),
    NOTE.replace('\n1234\n', '\n-1\n'),
    NOTE.replace('\n1234\n', '\n99999999999999999\n'),
    NOTE.replace(root, `${root}A`),
    NOTE.replace(root, root.replace('=', '')),
    NOTE.replace('\n\n', '\nan extension line\n\n'),
    `${NOTE}${'x'.repeat(70_000)}`,
  ];
  for (const note of cases) {
    assert.throws(() => readCheckpoint(Buffer.from(note), LOG), { code: 'KC_CT_MALFORMED' }, note.slice(0, 80));
  }
});

test('no changed octet before the end of the signature passes, and none gives another exception', () => {
  const body = Buffer.from(NOTE);
  const unpadded = NOTE.trimEnd().replace(/=+$/, '').length;
  // The em dashes are three octets; positions are octets of the UTF-8 text.
  const last = Buffer.byteLength(NOTE.slice(0, unpadded));
  fc.assert(
    fc.property(fc.nat(last - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
      const changed = Buffer.from(body);
      changed[at]! ^= change;
      try {
        readCheckpoint(changed, LOG);
      } catch (error) {
        assert.ok(error instanceof KubecensusError && error.code.startsWith('KC_CT_'));
        return;
      }
      assert.fail(`octet ${at} changed by ${change} and still valid`);
    }),
    { numRuns: 1500, seed: 11 },
  );
});

test('refuses a key that is none, and a kind that logs do not have', () => {
  assert.throws(() => logKey(ORIGIN, Buffer.from('junk')), { code: 'KC_CT_SIGNATURE' });
  const ed25519 = generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'der' });
  assert.throws(() => logKey(ORIGIN, ed25519), { code: 'KC_CT_SIGNATURE' });
});
