// The OpenAPI document, made of the schemas that validate.
import type { Resource } from './context.ts';
import { AnyObject, answers } from './schemas.ts';

export const document: Resource = (api) => {
  api.get(
    '/v1/openapi.json',
    {
      schema: {
        operationId: 'getDocument',
        summary: 'This document',
        tags: ['health'],
        response: answers(AnyObject),
      },
    },
    async () => ({ ...api.swagger() }),
  );
};
