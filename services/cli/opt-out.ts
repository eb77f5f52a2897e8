// kubecensus opt-out: who asked not to be asked.
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { basename } from 'node:path';
import { readBlockList, writeBlockList } from '../candidates/block-list.ts';
import { addOptOut, optOutRecords, optOutRows, withdrawOptOut } from '../candidates/opt-out.store.ts';
import { canonicalOptOut, OPT_OUT_KINDS, type OptOutKind, type OptOutRow } from '../candidates/opt-out.ts';
import { decide, howToVerify, openRequests, takeOptOut } from '../candidates/opt-out-request.store.ts';
import {
  BY_PEOPLE,
  type Proof,
  TOKEN_BYTES,
  txtRecords,
  type Verification,
} from '../candidates/opt-out-verification.ts';
import { KubecensusError } from '../platform/errors.ts';
import { parseAddress } from '../platform/net/address.ts';
import { type Command, EXIT, type Options, textOption } from './command.ts';
import { formatRows } from './rows.ts';

const KINDS = OPT_OUT_KINDS.join(', ');

/** The row that a user means: the kind is told from the value when it is not named. */
export function optOutRowOf(value: string, kind: string | null): OptOutRow {
  if (kind !== null && !(OPT_OUT_KINDS as readonly string[]).includes(kind))
    throw new KubecensusError('KC_OPT_OUT', `${kind} is no kind of opt-out; there are: ${KINDS}.`);
  const kinds = kind === null ? OPT_OUT_KINDS : [kind as OptOutKind];
  for (const candidate of kinds) {
    const row = canonicalOptOut({ kind: candidate, value });
    if (row !== null) return row;
  }
  throw new KubecensusError('KC_OPT_OUT', `${JSON.stringify(value)} is none of: ${kinds.join(', ')}.`);
}

/** A token for a request, should it be verified by the DNS. */
export const newToken = (): string => randomBytes(TOKEN_BYTES).toString('hex');

/** What a person says of how it was checked who asked; null: nothing. */
export function proofOf(options: Options): Proof | null {
  const how = textOption(options, 'verifiedBy');
  if (how === null) return null;
  if (!(BY_PEOPLE as readonly string[]).includes(how))
    throw new KubecensusError('KC_USAGE', `--verified-by is one of: ${BY_PEOPLE.join(', ')}.`);
  return { how: how as Verification, by: userInfo().username };
}

export const VERIFIED_BY = {
  flags: '--verified-by <how>',
  help: `how it was checked who asked: ${BY_PEOPLE.join(', ')}`,
} as const;

export const optOutAddCommand: Command = {
  usage: 'opt-out add <value>',
  help: 'add an address, prefix, AS number, DNS suffix or certificate key; it holds within 15 seconds, also for queued work. More than a /24, a /48 or 256 known names waits until it is verified',
  options: [
    { flags: '--kind <kind>', help: `${KINDS} (default: told from the value)` },
    { flags: '--note <text>', help: 'who asked' },
    VERIFIED_BY,
    {
      flags: '--verify <how>',
      help: 'dns-txt: also a small one is to be verified, by a TXT record with the token given',
    },
  ],
  run: async (session, [value], options) => {
    const row = optOutRowOf(value as string, textOption(options, 'kind'));
    const proof = proofOf(options);
    const verify = textOption(options, 'verify');
    if (verify !== null && verify !== 'dns-txt') throw new KubecensusError('KC_USAGE', '--verify is dns-txt.');
    if (verify !== null && txtRecords(row, '') === null)
      throw new KubecensusError(
        'KC_OPT_OUT',
        `No zone of the DNS belongs to ${row.kind} ${row.value}: use --verified-by.`,
      );
    const parts = await session.open();
    const asked = { note: textOption(options, 'note') ?? '', proof, token: newToken(), verifyLater: verify !== null };
    const taken = await parts.db.transaction().execute((tx) => takeOptOut(tx, row, asked, parts.now()));
    const { state, added, request } = taken;
    await session.out(formatRows([{ ...row, added, state, request: request?.id ?? null }], session.format));
    if (state === 'pending') session.say('Not applied yet: so much is taken out only when it is verified who asked.');
    if (request !== null) session.say(`To verify request ${request.id}: ${howToVerify(request)}.`);
    return EXIT.done;
  },
};

export const optOutRemoveCommand: Command = {
  usage: 'opt-out remove <value>',
  help: 'withdraw an opt-out, or refuse one that waits to be verified; the record of it stays',
  options: [{ flags: '--kind <kind>', help: `${KINDS} (default: told from the value)` }],
  run: async (session, [value], options) => {
    const row = optOutRowOf(value as string, textOption(options, 'kind'));
    const parts = await session.open();
    const { withdrawn, refused } = await parts.db.transaction().execute(async (tx) => ({
      withdrawn: await withdrawOptOut(tx, row, parts.now()),
      refused: await decide(tx, row, 'refused', parts.now()),
    }));
    if (!withdrawn && !refused)
      throw new KubecensusError('KC_OPT_OUT', `No opt-out ${row.kind} ${row.value} is in force.`);
    await session.out(formatRows([{ ...row, withdrawn }], session.format));
    return EXIT.done;
  },
};

export const optOutListCommand: Command = {
  usage: 'opt-out list',
  isDefault: true,
  help: 'list the opt-outs in force, or those that wait to be verified; the list is never published',
  options: [{ flags: '--pending', help: 'requests that wait, with how to verify each' }],
  run: async (session, _args, options) => {
    const parts = await session.open();
    const rows =
      options['pending'] === true
        ? (await openRequests(parts.db)).map((request) => ({
            id: request.id,
            kind: request.kind,
            value: request.value,
            askedAt: request.askedAt.toISOString(),
            note: request.note,
            toVerify: howToVerify(request),
          }))
        : (await optOutRecords(parts.db)).map((record) => ({ ...record }));
    await session.out(formatRows(rows, session.format));
    return EXIT.done;
  },
};

export const optOutCheckCommand: Command = {
  usage: 'opt-out check <address>',
  help: 'may this address be probed, and if not, why',
  run: async (session, [text]) => {
    const address = parseAddress(text as string);
    if (address === null)
      throw new KubecensusError('KC_USAGE', `${JSON.stringify(text)} is no address in canonical form.`);
    const parts = await session.open();
    const scope = parts.config.scope.length === 0 ? ['0.0.0.0/0', '::/0'] : parts.config.scope;
    const decision = (await parts.policyFor(scope)).decide(address);
    await session.out(
      formatRows(
        [{ address: address.text, allowed: decision.allowed, reason: decision.allowed ? null : decision.reason }],
        session.format,
      ),
    );
    return EXIT.done;
  },
};

export const optOutImportCommand: Command = {
  usage: 'opt-out import <file>',
  help: 'add every network of a ZMap block list, as a decision of yours; a file with a line that is none adds nothing',
  options: [{ flags: '--note <text>', help: 'where the list is from, and how that was checked' }],
  run: async (session, [file], options) => {
    const rows = readBlockList(await readText(file as string));
    const parts = await session.open();
    const note = textOption(options, 'note') ?? `block list ${basename(file as string)}`;
    const proof = { how: 'own-decision', by: userInfo().username } as const;
    const added = await parts.db.transaction().execute(async (tx) => {
      let count = 0;
      for (const row of rows) if (await addOptOut(tx, row, note, parts.now(), proof)) count += 1;
      return count;
    });
    await session.out(formatRows([{ file: file as string, read: rows.length, added }], session.format));
    return EXIT.done;
  },
};

export const optOutExportCommand: Command = {
  usage: 'opt-out export',
  help: 'print the opt-outs in force as a ZMap block list, for other tools of yours; it is never published',
  printsRows: false,
  run: async (session) => {
    const parts = await session.open();
    await session.out(writeBlockList(await optOutRows(parts.db)));
    return EXIT.done;
  },
};

async function readText(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((cause: unknown) => {
    throw new KubecensusError('KC_USAGE', `${file} cannot be read.`, { cause });
  });
}
