// Queries, paths and headers are text; schemas speak of numbers and lists. Reads the one as the other, strictly, and checks.
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { KubecensusError } from '../platform/errors.ts';

/** A whole number as people write it; one beyond 2^53 would be another number. */
const WHOLE = /^-?(?:0|[1-9][0-9]{0,15})$/;

interface ObjectSchema {
  readonly properties?: Readonly<Record<string, { readonly type?: string | readonly string[] }>>;
}

/** Text becomes what its schema says where it is written so; everything else stays, for the check to refuse. */
const READ: Readonly<Record<string, (value: unknown) => unknown>> = {
  integer: (value) =>
    typeof value === 'string' && WHOLE.test(value) && Number.isSafeInteger(Number(value)) ? Number(value) : value,
  boolean: (value) => (value === 'true' ? true : value === 'false' ? false : value),
  // Lists are written with commas, or by naming the parameter again; nothing is the empty list.
  array: (value) =>
    [value]
      .flat()
      .flatMap((one) => (typeof one === 'string' ? one.split(',') : [one]))
      .filter((one) => one !== ''),
};

/** The values of a query, a path or headers as their schema means them. */
export function readValues(schema: ObjectSchema, values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => {
      const type = Object.hasOwn(schema.properties ?? {}, name) ? schema.properties?.[name]?.type : undefined;
      const read = typeof type === 'string' ? READ[type] : undefined;
      return [name, read === undefined ? value : read(value)];
    }),
  );
}

/** The framework's seam for validation: compiled once per schema. Bodies are JSON and are taken as they are. */
export function compileValidator({ schema, httpPart }: { readonly schema: TSchema; readonly httpPart?: string }) {
  const compiled = Compile(schema);
  return (given: unknown): { value: unknown } | { error: Error } => {
    const isText = httpPart !== 'body' && typeof given === 'object' && given !== null;
    const value = isText ? readValues(schema as ObjectSchema, given as Record<string, unknown>) : given;
    if (compiled.Check(value)) return { value };
    return { error: compiled.Errors(value) as unknown as Error };
  };
}

/** A time that its schema has checked. Throws KC_API_REQUEST for a leap second, which passes there and is no time here. */
export function timeOf(text: string): Date {
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) throw new KubecensusError('KC_API_REQUEST', `${JSON.stringify(text)} is no time.`);
  return time;
}
