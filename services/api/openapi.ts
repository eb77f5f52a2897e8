// What the OpenAPI document says of the API as a whole; paths come from the routes and their schemas.
import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger';

/** Every resource by its tag, in the order of the document. */
export const TAGS = {
  surveys: 'named passes over the candidates, and their manifests',
  stats: 'counts of a survey by any dimensions, and the same over time',
  tallies: 'counts that others state; never mixed with ours',
  feeds: 'where candidates come from, their runs, and how far they overlap',
  endpoints: 'rows about hosts, for keys that cover their networks',
  reports: 'reports that were made',
  exports: 'datasets as files',
  'opt-outs': 'who asked not to be asked',
  health: 'whether this process lives and is fit to answer',
} as const;

export function documentOf(publicUrl: string | null, version: string): FastifyDynamicSwaggerOptions {
  return {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'kubecensus',
        version,
        description:
          'Counts of the Kubernetes APIs that are exposed to the internet. Every number carries its unit, evidence, method, window and flags. Lists are paged by opaque cursors; errors are problem documents (RFC 9457).',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      servers: [{ url: publicUrl ?? '/' }],
      tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
      components: {
        securitySchemes: {
          key: { type: 'http', scheme: 'bearer', description: 'a key of `kubecensus keys create`' },
        },
      },
    },
    stripBasePath: false,
    transform: withNeeds,
    refResolver: { buildLocalReference: (schema, _base, _fragment, at) => String(schema['$id'] ?? `schema-${at}`) },
  };
}

/** Whether an operation takes a key and which scope it needs, as its route says. */
function withNeeds({ schema, url, route }: Parameters<NonNullable<FastifyDynamicSwaggerOptions['transform']>>[0]) {
  const needs = route.config?.needs;
  const security = needs === undefined ? [{}] : needs.public === true ? [{ key: [] }, {}] : [{ key: [] }];
  return { schema: { ...schema, security, ...(needs === undefined ? {} : { 'x-scope': needs.scope }) }, url };
}
