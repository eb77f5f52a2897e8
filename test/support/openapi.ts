// Answers held against the OpenAPI document that the server itself gives.
import assert from 'node:assert/strict';
import { Compile } from 'typebox/schema';

interface Operation {
  readonly operationId: string;
  readonly summary?: string;
  readonly security?: readonly object[];
  readonly 'x-scope'?: string;
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema: object }>> }>
  >;
}

export interface Document {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
}

/** Every operation as "get /v1/surveys". */
export const operationsOf = (document: Document): string[] =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method} ${path}`),
  );

/** A schema that stands for itself: references to components are put in place. */
function standalone(document: Document, schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map((one) => standalone(document, one));
  if (typeof schema !== 'object' || schema === null) return schema;
  const name = /^#\/components\/schemas\/(.+)$/.exec(String((schema as { $ref?: string }).$ref))?.[1];
  if (name !== undefined) return standalone(document, document.components.schemas[name]);
  return Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, standalone(document, value)]));
}

/** Asserts that an answer is one that the document declares for the operation, and gives its body. */
export async function declared(document: Document, operation: string, response: Response): Promise<unknown> {
  const [method, path] = operation.split(' ') as [string, string];
  const answer = document.paths[path]?.[method]?.responses[String(response.status)];
  assert.ok(answer !== undefined, `${operation} does not declare ${response.status}: ${await response.clone().text()}`);
  const type = response.headers.get('content-type')?.split(';')[0] ?? '';
  if (answer.content === undefined) {
    assert.equal(await response.text(), '', `${operation} ${response.status} has no body`);
    return null;
  }
  const media = answer.content[type] ?? answer.content['*/*'];
  assert.ok(
    media !== undefined,
    `${operation} ${response.status} declares ${Object.keys(answer.content)}, not ${type}`,
  );
  if (answer.content[type] === undefined) return response.text();
  const body: unknown = await response.json();
  const [valid, errors] = Compile(standalone(document, media.schema) as object).Errors(body);
  assert.ok(
    valid,
    `${operation} ${response.status}: ${JSON.stringify(errors.slice(0, 3))} in ${JSON.stringify(body).slice(0, 500)}`,
  );
  return body;
}
