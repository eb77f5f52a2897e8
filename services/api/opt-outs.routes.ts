// Opt-outs: added, listed and withdrawn by administrators. The list is never published.
import { Type } from 'typebox';
import { addOptOut, optOutRows, withdrawOptOut } from '../candidates/opt-out.store.ts';
import { canonicalOptOut, OPT_OUT_KINDS, type OptOutKind, type OptOutRow } from '../candidates/opt-out.ts';
import { KubecensusError } from '../platform/errors.ts';
import type { Resource } from './context.ts';
import { once } from './idempotency.store.ts';
import { repeatable } from './idempotency.ts';
import { answers, goneAnswers, IdempotencyKey, madeAnswers } from './schemas.ts';

const Kind = Type.Enum([...OPT_OUT_KINDS]);
const Value = Type.String({
  minLength: 1,
  maxLength: 255,
  description: 'address, prefix, AS number, DNS suffix or SHA-256 of a public key',
});

const OptOut = Type.Object({ kind: Kind, value: Type.String({ description: 'in canonical form' }) });
const Added = Type.Object({
  ...OptOut.properties,
  added: Type.Boolean({ description: 'false: it was in force already' }),
});

function rowOf(kind: OptOutKind, value: string): OptOutRow {
  const row = canonicalOptOut({ kind, value });
  if (row === null) throw new KubecensusError('KC_OPT_OUT', `${JSON.stringify(value)} is no ${kind}.`);
  return row;
}

export const optOuts: Resource = (api, { db, now }) => {
  const config = { needs: { scope: 'admin' } } as const;

  api.get(
    '/v1/opt-outs',
    {
      config,
      schema: {
        operationId: 'listOptOuts',
        summary: 'Opt-outs in force',
        tags: ['opt-outs'],
        response: answers(Type.Object({ data: Type.Array(OptOut) })),
      },
    },
    async () => ({ data: (await optOutRows(db)).map((row) => ({ ...row })) }),
  );

  api.post(
    '/v1/opt-outs',
    {
      config,
      schema: {
        operationId: 'addOptOut',
        summary: 'Add an opt-out; it holds within 15 seconds, also for queued work',
        tags: ['opt-outs'],
        headers: IdempotencyKey,
        body: Type.Object(
          {
            kind: Kind,
            value: Value,
            note: Type.Optional(Type.String({ maxLength: 1000, description: 'who asked, and how that was checked' })),
          },
          { additionalProperties: false },
        ),
        response: madeAnswers(Added),
      },
    },
    async (request, reply) => {
      const { kind, value, note = '' } = request.body;
      const row = rowOf(kind, value);
      const { status, body, isRepeated } = await once(db, repeatable(request, now()), async (tx) => {
        const added = await addOptOut(tx, row, note, now());
        return { status: added ? 201 : 200, body: { ...row, added } };
      });
      if (isRepeated) void reply.header('idempotency-replayed', 'true');
      return reply.code(status as 200 | 201).send(body);
    },
  );

  api.delete(
    '/v1/opt-outs/:kind/:value',
    {
      config,
      schema: {
        operationId: 'withdrawOptOut',
        summary: 'Withdraw an opt-out; the record of it stays',
        tags: ['opt-outs'],
        params: Type.Object({ kind: Kind, value: Value }),
        response: goneAnswers,
      },
    },
    async (request, reply) => {
      const row = rowOf(request.params.kind, request.params.value);
      if (!(await withdrawOptOut(db, row, now())))
        throw new KubecensusError('KC_API_NOT_FOUND', `No opt-out ${row.kind} ${row.value} is in force.`);
      return reply.code(204).send(null);
    },
  );
};
