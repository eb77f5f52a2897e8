// Health: whether the process lives, and whether it is fit to answer. Details are for those with a key.
import { type Static, Type } from 'typebox';
import type { ApiContext, Resource } from './context.ts';
import { answers as databaseAnswers, hasPartitions, isMigrated } from './health.store.ts';

const Health = Type.Object({
  status: Type.Enum(['pass', 'fail']),
  version: Type.Optional(Type.String({ description: 'shown to keys only' })),
  checks: Type.Optional(Type.Record(Type.String(), Type.Enum(['pass', 'fail']), { description: 'shown to keys only' })),
});

/** What makes a process fit; each throws or is false when it does not. */
const CHECKS: Readonly<Record<string, (context: ApiContext) => Promise<unknown>>> = {
  database: ({ db }) => databaseAnswers(db),
  schema: ({ db }) => isMigrated(db),
  partitions: ({ db, now }) => hasPartitions(db, now()),
  // Fail closed: without the opt-outs nothing may be probed or shown.
  'opt-outs': ({ readOptOuts }) => readOptOuts(),
};

export const health: Resource = (api, context) => {
  const isKey = (kind: string): boolean => kind === 'key';
  const open = { rateLimit: false } as const;
  const schema = { tags: ['health'], response: { 200: Health, 503: Health } };

  api.get(
    '/livez',
    {
      config: open,
      schema: { ...schema, operationId: 'livez', summary: 'Whether the process lives', response: { 200: Health } },
    },
    async () => ({ status: 'pass' as const }),
  );

  api.get(
    '/readyz',
    { config: open, schema: { ...schema, operationId: 'readyz', summary: 'Whether the process is fit to answer' } },
    async (request, reply) => {
      const checks = Object.fromEntries(
        await Promise.all(
          Object.entries(CHECKS).map(async ([name, check]) => {
            const passed = await check(context).then(
              (result) => result !== false,
              (error: unknown) => {
                context.log.warn({ err: error, check: name }, 'not ready');
                return false;
              },
            );
            return [name, passed ? 'pass' : 'fail'] as const;
          }),
        ),
      );
      const status = Object.values(checks).includes('fail') ? 'fail' : 'pass';
      const detail = isKey(request.access.kind) ? { version: context.codeVersion, checks } : {};
      const body: Static<typeof Health> = { status, ...detail };
      return reply.code(status === 'pass' ? 200 : 503).send(body);
    },
  );
};
