// kubecensus probing: the two files that an address which probes must serve, made of the configured contact.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { KubecensusError } from '../platform/errors.ts';
import { LONGEST_DAYS, probingFiles } from '../surveys/probing-files.ts';
import { type Command, EXIT, textOption } from './command.ts';
import { formatRows } from './rows.ts';

const DAY_MS = 24 * 3600 * 1000;
const DAYS = 180;
const DESCRIPTION =
  'Counts Kubernetes APIs that answer from the internet: one TLS handshake and at most two GET requests for public paths per endpoint, no credentials.';

export const probingCommand: Command = {
  usage: 'probing',
  help: 'write probing.txt (RFC 9511) and security.txt (RFC 9116) for the web server of every probing address',
  options: [
    { flags: '--out <dir>', help: 'where to write them (default: .well-known)' },
    { flags: '--days <n>', help: `until when they hold, 1 to ${LONGEST_DAYS} days from now (default: ${DAYS})` },
    { flags: '--description <text>', help: 'one line on what is asked and why' },
  ],
  run: async (session, _args, options) => {
    const { 'contact.url': url, 'contact.email': email } = session.config;
    if (url === null || email === null) throw new KubecensusError('KC_NO_CONTACT', 'The files name a contact.');
    const days = Number(textOption(options, 'days') ?? DAYS);
    if (!(Number.isInteger(days) && days >= 1 && days <= LONGEST_DAYS))
      throw new KubecensusError('KC_USAGE', `--days is a whole number from 1 to ${LONGEST_DAYS}.`);
    const out = textOption(options, 'out') ?? '.well-known';
    const files = probingFiles({
      url,
      email,
      description: textOption(options, 'description') ?? DESCRIPTION,
      expires: new Date(Date.now() + days * DAY_MS),
    });
    await mkdir(out, { recursive: true });
    for (const [name, text] of files) await writeFile(join(out, name), text);
    await session.out(
      formatRows(
        [...files.keys()].map((name) => ({ file: join(out, name) })),
        session.format,
      ),
    );
    return EXIT.done;
  },
};
