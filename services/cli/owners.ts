// kubecensus owners: whose networks may have a report on single hosts, and how that was checked.

import { KubecensusError } from '../platform/errors.ts';
import { listOwners, putOwner, removeOwner } from '../reports/owner.store.ts';
import { type Command, EXIT, textOption } from './command.ts';
import { formatRows } from './rows.ts';

export const ownersListCommand: Command = {
  usage: 'owners list',
  isDefault: true,
  help: 'list the owners, their networks, and how they were verified',
  run: async (session) => {
    const parts = await session.open();
    await session.out(
      formatRows(
        (await listOwners(parts.db)).map((owner) => ({ ...owner, prefixes: owner.prefixes.join(' ') })),
        session.format,
      ),
    );
    return EXIT.done;
  },
};

export const ownersAddCommand: Command = {
  usage: 'owners add <name> <prefix...>',
  help: 'record that somebody owns networks; the report owner then covers exactly these',
  options: [{ flags: '--verified <text>', help: 'how the ownership was checked (RIR contact, DNS record …); needed' }],
  run: async (session, [name, ...prefixes], options) => {
    const parts = await session.open();
    const verifiedAt = parts.now().toISOString();
    const owner = { name: name as string, prefixes, verifiedBy: textOption(options, 'verified') ?? '', verifiedAt };
    await putOwner(parts.db, owner);
    await session.out(formatRows([{ ...owner, prefixes: prefixes.join(' ') }], session.format));
    return EXIT.done;
  },
};

export const ownersRemoveCommand: Command = {
  usage: 'owners remove <name>',
  help: 'forget an owner; no report on single hosts can be made for it any more',
  run: async (session, [name]) => {
    const parts = await session.open();
    if (!(await removeOwner(parts.db, name as string)))
      throw new KubecensusError('KC_OWNER', `No owner ${name} is verified.`);
    await session.out(formatRows([{ name: name as string, removed: true }], session.format));
    return EXIT.done;
  },
};
