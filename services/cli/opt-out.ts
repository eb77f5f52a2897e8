// kubecensus opt-out: who asked not to be asked.
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { readBlockList, writeBlockList } from '../candidates/block-list.ts';
import { addOptOut, optOutRows, withdrawOptOut } from '../candidates/opt-out.store.ts';
import { canonicalOptOut, OPT_OUT_KINDS, type OptOutKind, type OptOutRow } from '../candidates/opt-out.ts';
import { KubecensusError } from '../platform/errors.ts';
import { parseAddress } from '../platform/net/address.ts';
import { type Command, EXIT, textOption } from './command.ts';
import { formatRows } from './rows.ts';

const KINDS = OPT_OUT_KINDS.join(', ');

/** The row that a user means: the kind is told from the value when it is not named. */
function rowOf(value: string, kind: string | null): OptOutRow {
  if (kind !== null && !(OPT_OUT_KINDS as readonly string[]).includes(kind))
    throw new KubecensusError('KC_OPT_OUT', `${kind} is no kind of opt-out; there are: ${KINDS}.`);
  const kinds = kind === null ? OPT_OUT_KINDS : [kind as OptOutKind];
  for (const candidate of kinds) {
    const row = canonicalOptOut({ kind: candidate, value });
    if (row !== null) return row;
  }
  throw new KubecensusError('KC_OPT_OUT', `${JSON.stringify(value)} is none of: ${kinds.join(', ')}.`);
}

export const optOutAddCommand: Command = {
  usage: 'opt-out add <value>',
  help: 'add an address, prefix, AS number, DNS suffix or certificate key; it holds within 15 seconds, also for queued work',
  options: [
    { flags: '--kind <kind>', help: `${KINDS} (default: told from the value)` },
    { flags: '--note <text>', help: 'who asked, and how that was checked' },
  ],
  run: async (session, [value], options) => {
    const row = rowOf(value as string, textOption(options, 'kind'));
    const parts = await session.open();
    const added = await addOptOut(parts.db, row, textOption(options, 'note') ?? '', parts.now());
    await session.out(formatRows([{ ...row, added }], session.format));
    return EXIT.done;
  },
};

export const optOutRemoveCommand: Command = {
  usage: 'opt-out remove <value>',
  help: 'withdraw an opt-out; the record of it stays',
  options: [{ flags: '--kind <kind>', help: `${KINDS} (default: told from the value)` }],
  run: async (session, [value], options) => {
    const row = rowOf(value as string, textOption(options, 'kind'));
    const parts = await session.open();
    const withdrawn = await withdrawOptOut(parts.db, row, parts.now());
    if (!withdrawn) throw new KubecensusError('KC_OPT_OUT', `No opt-out ${row.kind} ${row.value} is in force.`);
    await session.out(formatRows([{ ...row, withdrawn }], session.format));
    return EXIT.done;
  },
};

export const optOutListCommand: Command = {
  usage: 'opt-out list',
  isDefault: true,
  help: 'list the opt-outs in force; the list is never published',
  run: async (session) => {
    const parts = await session.open();
    await session.out(
      formatRows(
        (await optOutRows(parts.db)).map((row) => ({ ...row })),
        session.format,
      ),
    );
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
  help: 'add every network of a ZMap block list; a file with a line that is none adds nothing',
  options: [{ flags: '--note <text>', help: 'where the list is from, and how that was checked' }],
  run: async (session, [file], options) => {
    const rows = readBlockList(await readText(file as string));
    const parts = await session.open();
    const note = textOption(options, 'note') ?? `block list ${basename(file as string)}`;
    const added = await parts.db.transaction().execute(async (tx) => {
      let count = 0;
      for (const row of rows) if (await addOptOut(tx, row, note, parts.now())) count += 1;
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
