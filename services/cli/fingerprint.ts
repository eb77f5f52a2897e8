// kubecensus fingerprint: judges NDJSON evidence without a database or a packet.
import { constants, createReadStream } from 'node:fs';
import { access } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { fingerprintLine } from '../fingerprints/fingerprint-line.ts';
import { jsonDocuments } from '../fingerprints/json-documents.ts';
import { KubecensusError } from '../platform/errors.ts';
import { type Command, EXIT } from './command.ts';

/** Verdicts written at once: one write per line would cost more than judging. */
const LINES_PER_WRITE = 256;

export const fingerprintCommand: Command = {
  usage: 'fingerprint [file]',
  help: 'judge evidence (JSON objects, one a line or pretty-printed, from a file or stdin): one verdict per object, same order',
  printsRows: false,
  run: async (session, [file]) => {
    if (file !== undefined && file !== '-') await access(file, constants.R_OK).catch(unreadable);
    const input = file === undefined || file === '-' ? process.stdin : createReadStream(file);
    const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
    input.on('error', (error) => lines.emit('error', error));
    let waiting: string[] = [];
    let failed = 0;
    const now = new Date().toISOString();
    for await (const document of jsonDocuments(lines)) {
      const verdict = fingerprintLine(document, now);
      waiting.push(verdict.line, '\n');
      if (verdict.failed) failed++;
      if (waiting.length < 2 * LINES_PER_WRITE) continue;
      await session.out(waiting.join(''));
      waiting = [];
    }
    await session.out(waiting.join(''));
    if (failed > 0) session.say(`${failed} line(s) were no evidence; their verdicts say so.`);
    return EXIT.done;
  },
};

function unreadable(cause: Error): never {
  throw new KubecensusError('KC_FEED_FILE', `The evidence cannot be read: ${cause.message}`, { cause });
}
