// Health: whether the process lives, has started, and is fit to answer. Details are for those with a key.
import { type Static, Type } from 'typebox';
import type { ApiContext, Resource } from './context.ts';
import { readiness, startedness } from './readiness.store.ts';

const Health = Type.Object({
  status: Type.Enum(['pass', 'fail']),
  version: Type.Optional(Type.String({ description: 'shown to keys only' })),
  checks: Type.Optional(Type.Record(Type.String(), Type.Enum(['pass', 'fail']), { description: 'shown to keys only' })),
});

const CHECKED = {
  '/readyz': { operationId: 'readyz', summary: 'Whether the process is fit to answer', read: readiness },
  '/startupz': { operationId: 'startupz', summary: 'Whether the process has started', read: startedness },
} as const;

export const health: Resource = (api, context) => {
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

  for (const [path, { operationId, summary, read }] of Object.entries(CHECKED))
    api.get(path, { config: open, schema: { ...schema, operationId, summary } }, async (request, reply) => {
      const body = healthOf(await read(context), request.access.kind === 'key' ? context : null);
      return reply.code(body.status === 'pass' ? 200 : 503).send(body);
    });

  // Prometheus' own form, for keys that may do everything: what is measured names vantages and feeds. Behind metrics.listen no key is asked.
  api.get(
    '/metrics',
    { config: { ...open, needs: { scope: 'admin' } }, schema: { hide: true } },
    async (_request, reply) => reply.type(context.metrics.contentType).send(await context.metrics.text()),
  );
};

function healthOf(passed: Record<string, boolean>, shownTo: ApiContext | null): Static<typeof Health> {
  const checks = Object.fromEntries(
    Object.entries(passed).map(([name, passes]) => [name, passes ? ('pass' as const) : ('fail' as const)]),
  );
  const status = Object.values(checks).includes('fail') ? 'fail' : 'pass';
  return { status, ...(shownTo === null ? {} : { version: shownTo.codeVersion, checks }) };
}
