// kubecensus opt-out verify: a request that waits is applied once it is known who asked.
import { userInfo } from 'node:os';
import { requireRequest, verifyRequest } from '../candidates/opt-out-request.store.ts';
import { txtRecords } from '../candidates/opt-out-verification.ts';
import { missingRecords } from '../candidates/txt-proof.probe.ts';
import { KubecensusError } from '../platform/errors.ts';
import { type Command, EXIT } from './command.ts';
import { proofOf, VERIFIED_BY } from './opt-out.ts';
import { formatRows } from './rows.ts';

export const optOutVerifyCommand: Command = {
  usage: 'opt-out verify <request>',
  help: 'look for the TXT record of a request, or say how else it was verified; then it holds within 15 seconds',
  options: [VERIFIED_BY],
  run: async (session, [text], options) => {
    const id = Number(text);
    if (!Number.isSafeInteger(id)) throw new KubecensusError('KC_USAGE', `${JSON.stringify(text)} is no request.`);
    const told = proofOf(options);
    const parts = await session.open();
    const request = await requireRequest(parts.db, id);
    if (told === null) {
      const records = txtRecords(request, request.token);
      if (records === null)
        throw new KubecensusError(
          'KC_OPT_OUT_UNVERIFIED',
          `No zone of the DNS belongs to ${request.kind} ${request.value}.`,
        );
      const missing = await missingRecords(records, session.config['dns.servers']);
      if (missing.length > 0)
        throw new KubecensusError('KC_OPT_OUT_UNVERIFIED', `TXT "${records.text}" is missing: ${missing.join('; ')}.`);
    }
    const proof = told ?? { how: 'dns-txt' as const, by: userInfo().username };
    await parts.db.transaction().execute((tx) => verifyRequest(tx, id, proof, parts.now()));
    await session.out(
      formatRows(
        [{ kind: request.kind, value: request.value, state: 'applied', verification: proof.how }],
        session.format,
      ),
    );
    return EXIT.done;
  },
};
