// kubecensus keys: who may ask the API what.
import { randomBytes } from 'node:crypto';
import { createKey, listKeys, revokeKey } from '../api/keys/api-key.store.ts';
import { PREFIX_BYTES, readGrant, SCOPE_NAMES, SCOPES, SECRET_BYTES, writeKey } from '../api/keys/api-key.ts';
import { KubecensusError } from '../platform/errors.ts';
import { type Command, EXIT, listOption, textOption } from './command.ts';
import { formatRows } from './rows.ts';

/** Longer than anybody's name for a key. */
const NAME_LENGTH = 100;

export const keysCreateCommand: Command = {
  usage: 'keys create',
  help: `make an API key and show it, once; scopes: ${SCOPE_NAMES.map((scope) => `${scope} (${SCOPES[scope]})`).join('; ')}`,
  options: [
    { flags: '--name <text>', help: 'whose key it is' },
    { flags: '--scope <scope...>', help: SCOPE_NAMES.join(', ') },
    { flags: '--network <cidr...>', help: 'networks that host:read holds for' },
    { flags: '--expires <time>', help: 'when it ends, as 2027-01-31 or RFC 3339 (default: never)' },
  ],
  run: async (session, _args, options) => {
    const name = textOption(options, 'name')?.trim() ?? '';
    if (name === '' || name.length > NAME_LENGTH)
      throw new KubecensusError('KC_KEY', `A key has a --name of at most ${NAME_LENGTH} characters.`);
    const grant = readGrant(listOption(options, 'scope'), listOption(options, 'network'));
    const parts = await session.open();
    const expiresAt = expiry(textOption(options, 'expires'), parts.now());
    const { text, key } = writeKey(randomBytes(PREFIX_BYTES), randomBytes(SECRET_BYTES));
    await createKey(parts.db, { ...key, ...grant, name, expiresAt }, parts.now());
    const row = { key: text, prefix: key.prefix, name, ...grant, expires: expiresAt };
    await session.out(formatRows([row], session.format));
    session.say('The key is shown this once; only a digest of it is kept.');
    return EXIT.done;
  },
};

/** A time in the future. Throws KC_KEY. */
function expiry(text: string | null, now: Date): Date | null {
  if (text === null) return null;
  const written = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/.test(text);
  const time = written ? Date.parse(text) : Number.NaN;
  if (time > now.getTime()) return new Date(time);
  throw new KubecensusError('KC_KEY', `${JSON.stringify(text)} is no time in the future.`);
}

export const keysListCommand: Command = {
  usage: 'keys list',
  isDefault: true,
  help: 'list the keys: what each may do, when it was used last, and whether it still opens anything',
  run: async (session) => {
    const parts = await session.open();
    const now = parts.now();
    const rows = (await listKeys(parts.db)).map((key) => ({
      prefix: key.prefix,
      name: key.name,
      state:
        key.revokedAt !== null ? 'revoked' : key.expiresAt !== null && key.expiresAt <= now ? 'expired' : 'in force',
      scopes: key.scopes,
      networks: key.networks,
      created: key.createdAt,
      expires: key.expiresAt,
      used: key.lastUsedAt,
      revoked: key.revokedAt,
    }));
    await session.out(formatRows(rows, session.format));
    return EXIT.done;
  },
};

export const keysRevokeCommand: Command = {
  usage: 'keys revoke <prefix>',
  help: 'revoke a key by the ten digits behind kc_; it opens nothing from this moment on',
  run: async (session, [word]) => {
    const prefix = /^(?:kc_)?([0-9a-f]{10})(?:_.*)?$/.exec(word as string)?.[1];
    const parts = await session.open();
    if (prefix === undefined || !(await revokeKey(parts.db, prefix, parts.now())))
      throw new KubecensusError('KC_KEY', `No key ${prefix ?? 'of that name'} is in force.`);
    await session.out(formatRows([{ prefix, revoked: true }], session.format));
    return EXIT.done;
  },
};
