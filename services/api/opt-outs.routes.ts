// Opt-outs: added, listed and withdrawn by administrators. The list is never published.
import { randomBytes } from 'node:crypto';
import { Type } from 'typebox';
import { optOutRecords, withdrawOptOut } from '../candidates/opt-out.store.ts';
import { canonicalOptOut, OPT_OUT_KINDS, type OptOutKind, type OptOutRow } from '../candidates/opt-out.ts';
import {
  decide,
  type OpenRequest,
  openRequests,
  takeOptOut,
  verifyRequest,
} from '../candidates/opt-out-request.store.ts';
import {
  BY_PEOPLE,
  type Proof,
  TOKEN_BYTES,
  txtRecords,
  VERIFICATIONS,
  type Verification,
} from '../candidates/opt-out-verification.ts';
import { KubecensusError } from '../platform/errors.ts';
import { type Access, keyOf } from './access.ts';
import type { Resource } from './context.ts';
import { once } from './idempotency.store.ts';
import { repeatable } from './idempotency.ts';
import { answers, goneAnswers, IdempotencyKey, madeAnswers, orNull, Time } from './schemas.ts';

const Kind = Type.Enum([...OPT_OUT_KINDS]);
const Value = Type.String({
  minLength: 1,
  maxLength: 255,
  description: 'address, prefix, AS number, DNS suffix or SHA-256 of a public key',
});

const HOW = Object.keys(VERIFICATIONS) as Verification[];
const How = Type.Enum(HOW, { description: 'how it was checked who asked' });
const ByPeople = Type.Enum([...BY_PEOPLE], {
  description: BY_PEOPLE.map((how) => `${how}: ${VERIFICATIONS[how]}`).join('; '),
});

const OptOut = Type.Object({ kind: Kind, value: Type.String({ description: 'in canonical form' }) });
const InForce = Type.Object({
  ...OptOut.properties,
  level: Type.Integer({ minimum: 0, maximum: 1, description: '0: applied unverified; 1: verified' }),
  verification: Type.Unsafe<Verification | null>({
    type: ['string', 'null'],
    enum: [...HOW, null],
    description: 'how it was checked who asked',
  }),
});
const Waiting = Type.Object({
  id: Type.Integer(),
  ...OptOut.properties,
  askedAt: Time,
  txtNames: Type.Array(Type.String(), { description: 'names that need the record; none: the DNS cannot verify it' }),
  txtValue: Type.String({ description: 'kubecensus opt-out verify looks for it' }),
});
const Added = Type.Object({
  ...OptOut.properties,
  added: Type.Boolean({ description: 'false: it was in force already, or waits to be verified' }),
  state: Type.Enum(['applied', 'pending'], { description: 'pending: so much is left out only when it is verified' }),
  request: orNull(Type.Object({ ...Waiting.properties }, { description: 'what waits to be verified' })),
});
const Verified = Type.Object({ ...OptOut.properties, state: Type.Literal('applied'), verification: How });

function rowOf(kind: OptOutKind, value: string): OptOutRow {
  const row = canonicalOptOut({ kind, value });
  if (row === null) throw new KubecensusError('KC_OPT_OUT', `${JSON.stringify(value)} is no ${kind}.`);
  return row;
}

const waiting = (request: OpenRequest) => {
  const records = txtRecords(request, request.token);
  return {
    id: request.id,
    kind: request.kind,
    value: request.value,
    askedAt: request.askedAt.toISOString(),
    txtNames: [...(records?.names ?? [])],
    txtValue: records?.text ?? '',
  };
};

/** The key that says so answers for it. */
const proofOf = (how: Verification, access: Access): Proof => ({ how, by: `key ${keyOf(access).name}` });

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
        response: answers(Type.Object({ data: Type.Array(InForce) })),
      },
    },
    async () => ({ data: (await optOutRecords(db)).map((row) => ({ ...row })) }),
  );

  api.post(
    '/v1/opt-outs',
    {
      config,
      schema: {
        operationId: 'addOptOut',
        summary:
          'Add an opt-out; it holds within 15 seconds, also for queued work, unless so much has to be verified first',
        tags: ['opt-outs'],
        headers: IdempotencyKey,
        body: Type.Object(
          {
            kind: Kind,
            value: Value,
            note: Type.Optional(Type.String({ maxLength: 1000, description: 'who asked' })),
            verifiedBy: Type.Optional(ByPeople),
          },
          { additionalProperties: false },
        ),
        response: { ...madeAnswers(Added), 202: Added },
      },
    },
    async (request, reply) => {
      const { kind, value, note = '', verifiedBy } = request.body;
      const row = rowOf(kind, value);
      const proof = verifiedBy === undefined ? null : proofOf(verifiedBy, request.access);
      const asked = { note, proof, token: randomBytes(TOKEN_BYTES).toString('hex') };
      const { status, body, isRepeated } = await once(db, repeatable(request, now()), async (tx) => {
        const taken = await takeOptOut(tx, row, asked, now());
        const { state, added } = taken;
        const open = taken.request === null ? null : waiting(taken.request);
        const code = state === 'pending' ? 202 : added ? 201 : 200;
        return { status: code, body: { ...row, added, state, request: open } };
      });
      if (isRepeated) void reply.header('idempotency-replayed', 'true');
      return reply.code(status as 200 | 201 | 202).send(body);
    },
  );

  api.delete(
    '/v1/opt-outs/:kind/:value',
    {
      config,
      schema: {
        operationId: 'withdrawOptOut',
        summary: 'Withdraw an opt-out, or refuse one that waits; the record of it stays',
        tags: ['opt-outs'],
        params: Type.Object({ kind: Kind, value: Value }),
        response: goneAnswers,
      },
    },
    async (request, reply) => {
      const row = rowOf(request.params.kind, request.params.value);
      const isGone = await db.transaction().execute(async (tx) => {
        const refused = await decide(tx, row, 'refused', now());
        return (await withdrawOptOut(tx, row, now())) || refused;
      });
      if (!isGone) throw new KubecensusError('KC_API_NOT_FOUND', `No opt-out ${row.kind} ${row.value} is in force.`);
      return reply.code(204).send(null);
    },
  );

  api.get(
    '/v1/opt-out-requests',
    {
      config,
      schema: {
        operationId: 'listOptOutRequests',
        summary: 'Opt-outs that wait to be verified, oldest first',
        tags: ['opt-outs'],
        response: answers(Type.Object({ data: Type.Array(Waiting) })),
      },
    },
    async () => ({ data: (await openRequests(db)).map(waiting) }),
  );

  api.post(
    '/v1/opt-out-requests/:request/verification',
    {
      config,
      schema: {
        operationId: 'verifyOptOut',
        summary: 'Say how it was verified who asked; then it holds within 15 seconds',
        tags: ['opt-outs'],
        params: Type.Object({ request: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }) }),
        headers: IdempotencyKey,
        body: Type.Object({ verifiedBy: ByPeople }, { additionalProperties: false }),
        response: madeAnswers(Verified),
      },
    },
    async (request, reply) => {
      const { verifiedBy } = request.body;
      const proof = proofOf(verifiedBy, request.access);
      const { status, body, isRepeated } = await once(db, repeatable(request, now()), async (tx) => {
        const { kind, value } = await verifyRequest(tx, request.params.request, proof, now());
        return { status: 201, body: { kind, value, state: 'applied' as const, verification: verifiedBy } };
      });
      if (isRepeated) void reply.header('idempotency-replayed', 'true');
      return reply.code(status as 200 | 201).send(body);
    },
  );
};
