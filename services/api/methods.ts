// Paths that exist answer methods that they do not know with 405 and the list of those they do.
import { KubecensusError } from '../platform/errors.ts';
import type { Api } from './context.ts';

/** Watches the routes that are added; the returned function then refuses all other methods on their paths. */
export function refuseOtherMethods(api: Api): () => void {
  const methods = new Map<string, Set<string>>();
  api.addHook('onRoute', ({ url, method }) => {
    methods.set(url, (methods.get(url) ?? new Set()).union(new Set([method].flat())));
  });
  return () => {
    for (const [url, known] of [...methods]) {
      const allow = [...known].sort().join(', ');
      api.route({
        method: api.supportedMethods.filter((method) => !known.has(method)),
        url,
        schema: { hide: true },
        // Before the body is parsed: it may be of a kind that nothing here reads.
        preParsing: async (_request, reply) => {
          void reply.header('allow', allow);
          throw new KubecensusError('KC_API_METHOD', `This path knows ${allow}.`);
        },
        handler: () => undefined,
      });
    }
  };
}
