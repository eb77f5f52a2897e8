// kubecensus fingerprint: judges NDJSON evidence without a database or a packet.
import { constants, createReadStream } from 'node:fs';
import { access } from 'node:fs/promises';
import { fingerprintLine } from '../fingerprints/fingerprint-line.ts';
import { JsonDocuments } from '../fingerprints/json-documents.ts';
import { KubecensusError } from '../platform/errors.ts';
import { type Command, EXIT } from './command.ts';

/** Read and written at once: some hundred lines, so that judging and not the reading of pieces is what costs. */
const PIECE_BYTES = 512 * 1024;

export const fingerprintCommand: Command = {
  usage: 'fingerprint [file]',
  help: 'judge evidence (JSON objects, one a line or pretty-printed, from a file or stdin): one verdict per object, same order',
  printsRows: false,
  run: async (session, [file]) => {
    if (file !== undefined && file !== '-') await access(file, constants.R_OK).catch(unreadable);
    const input =
      file === undefined || file === '-' ? process.stdin : createReadStream(file, { highWaterMark: PIECE_BYTES });
    input.setEncoding('utf8');
    const now = new Date().toISOString();
    const documents = new JsonDocuments();
    let failed = 0;
    const judge = async (texts: readonly string[]): Promise<void> => {
      if (texts.length === 0) return;
      const verdicts = texts.map((text) => fingerprintLine(text, now));
      failed += verdicts.filter((verdict) => verdict.failed).length;
      await session.out(verdicts.map(({ line }) => `${line}\n`).join(''));
    };
    for await (const piece of input) await judge(documents.read(piece as string));
    await judge(documents.end());
    if (failed > 0) session.say(`${failed} line(s) were no evidence; their verdicts say so.`);
    return EXIT.done;
  },
};

function unreadable(cause: Error): never {
  throw new KubecensusError('KC_FEED_FILE', `The evidence cannot be read: ${cause.message}`, { cause });
}
