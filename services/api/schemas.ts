// Schemas that several resources share. The same ones validate requests, write answers and make the OpenAPI document.
import { type Static, type TArray, type TOptional, type TSchema, type TString, Type } from 'typebox';
import { KNOWN_VALUES, NOT_OBSERVED_WORD } from '../rollups/count-request.ts';
import { SURVEY_FLAGS } from '../rollups/counted-survey.ts';
import { DIMENSION_NAMES, DIMENSIONS, type Dimension } from '../rollups/rollup.ts';
import { LONGEST_CURSOR } from './cursor.ts';
import { PROBLEM_TYPE } from './errors.ts';

/** A value or null, as JSON Schema writes it shortest. */
export function orNull<T extends TSchema>(schema: T) {
  const { type, enum: words } = schema as { type?: string; enum?: readonly unknown[] };
  const either = words === undefined ? { type: [type, 'null'] } : { enum: [...words, null] };
  return Type.Unsafe<Static<T> | null>({ ...schema, ...either });
}

/** An object whose keys are data. */
export const mapOf = <T extends TSchema>(schema: T, options: Readonly<Record<string, unknown>> = {}) =>
  Type.Unsafe<Record<string, Static<T>>>({ type: 'object', additionalProperties: schema, ...options });

/** Anything JSON: what is stored as it came, such as a manifest. */
export const AnyObject = Type.Unsafe<Record<string, unknown>>({ type: 'object', additionalProperties: true });

export const Texts = Type.Array(Type.String());
export const Count = Type.Integer({ minimum: 0 });
export const Time = Type.String({ format: 'date-time', description: 'RFC 3339, UTC' });

/** Ids of surveys, reports and exports. */
export const Id = Type.String({ pattern: '^[A-Za-z0-9_.:-]{1,128}$' });

/** A feed names itself; nothing that is not printed is part of a name. */
export const FeedName = Type.String({ pattern: '^[^\\u0000-\\u001f]{1,512}$' });

/** Rows of a page unless asked otherwise, and at most. */
export const PAGE_ROWS = 100;
export const MOST_PAGE_ROWS = 1000;

const Cursor = Type.String({
  pattern: `^[A-Za-z0-9_-]{1,${LONGEST_CURSOR}}$`,
  description: '`next` of the page before; everything else of the question stays the same',
});

/** Parameters of every list. */
export const PAGED = {
  limit: Type.Optional(
    Type.Integer({ minimum: 1, maximum: MOST_PAGE_ROWS, default: PAGE_ROWS, description: 'rows of a page at most' }),
  ),
  cursor: Type.Optional(Cursor),
};

/** The cursor of the page behind this one. */
export const Next = orNull(Type.String({ description: 'cursor of the next page; null on the last one' }));

/** A query: nothing but what it names, lists with commas. */
export const query = <P extends Record<string, TSchema>>(properties: P) =>
  Type.Object(properties, { additionalProperties: false, style: 'form', explode: false });

/** Conditions on counts, one parameter for each dimension. */
export const CONDITIONS = Object.fromEntries(
  DIMENSION_NAMES.map((dim) => [dim, Type.Optional(Type.Array(valueSchema(dim), described(dim)))]),
) as unknown as Readonly<Record<Dimension, TOptional<TArray<TString>>>>;

function valueSchema(dim: Dimension) {
  const known = KNOWN_VALUES[dim];
  return 'words' in known
    ? Type.Unsafe<string>({ type: 'string', enum: [...known.words, NOT_OBSERVED_WORD] })
    : Type.Unsafe<string>({ type: 'string', pattern: `${known.pattern.source}|^${NOT_OBSERVED_WORD}$` });
}

function described(dim: Dimension) {
  return {
    minItems: 1,
    maxItems: 100,
    description: `only where this is one of: ${DIMENSIONS[dim]} (${NOT_OBSERVED_WORD}: not observed)`,
  };
}

export const By = Type.Array(Type.Enum(DIMENSION_NAMES), {
  uniqueItems: true,
  description: 'dimensions, in order; none: one number',
});

/** What stands beside every number of a survey. */
export const SurveyFacts = Type.Object({
  id: Type.String(),
  method: Type.Enum(['active', 'passive'], { description: 'own probes, or evidence of feeds that was judged' }),
  state: Type.Enum(['planning', 'running', 'stopped', 'complete']),
  vantage: Type.String({ description: 'where probes left from' }),
  evidence: Type.Array(Type.String(), { description: '`probe`, or the feeds whose evidence was judged' }),
  window: Type.Object({ from: orNull(Time), to: orNull(Time) }),
  sample: orNull(Type.Number({ description: 'share of the candidates that was drawn; null: all' })),
  flags: Type.Array(Type.Enum(Object.keys(SURVEY_FLAGS) as (keyof typeof SURVEY_FLAGS)[]), {
    description: Object.entries(SURVEY_FLAGS)
      .map(([flag, means]) => `${flag}: ${means}`)
      .join('; '),
  }),
});

/** RFC 9457. */
export const Problem = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String(),
    code: Type.String({ pattern: '^KC_[A-Z_]+$' }),
    todo: Type.String(),
    errors: Type.Optional(Type.Array(Type.Object({ at: Type.String(), message: Type.String() }))),
  },
  { $id: 'Problem', title: 'Problem' },
);

export const asProblem = (description: string) => ({
  description,
  content: { [PROBLEM_TYPE]: { schema: Type.Unsafe<Static<typeof Problem>>({ $ref: 'Problem#' }) } },
});

const empty = (description: string) => ({ description, type: 'null' as const });

/** What can go wrong with every request. */
const PROBLEMS = {
  400: asProblem('The request does not fit this document.'),
  401: asProblem('A key is needed, or the one given opens nothing.'),
  403: asProblem('The key does not cover this.'),
  404: asProblem('There is no such thing.'),
  422: asProblem(
    'The request fits this document and cannot be done: a foreign cursor, a value that is none, an Idempotency-Key of another request.',
  ),
  429: asProblem('Too many requests.'),
  503: asProblem('The database does not answer; try again.'),
};

/** Answers of a read: the good one, nothing new, and what can go wrong. */
export const answers = <T extends TSchema>(good: T) => ({
  200: good,
  304: empty('Not modified: the validator of If-None-Match still holds.'),
  ...PROBLEMS,
});

/** Answers of a request that makes something: made now, there already, and what can go wrong. */
export const madeAnswers = <T extends TSchema>(good: T) => ({
  200: good,
  201: good,
  ...PROBLEMS,
  413: asProblem('The body is larger than any that is taken.'),
  415: asProblem('The body is no JSON.'),
});

/** Answers of a request that takes something away. */
export const goneAnswers = { 204: empty('Done.'), ...PROBLEMS };

/** Header of every request that makes something. */
export const IdempotencyKey = Type.Object({
  'idempotency-key': Type.String({
    pattern: '^[\\x21-\\x7e]{1,255}$',
    description: 'any text of your own; a request that is repeated with it is done once',
  }),
});

const BYTES = { '*/*': { schema: Type.Unsafe<unknown>({ type: 'string', format: 'binary' }) } };

/** Answers of a file: all of it, a range, nothing new, or a range that it does not have. */
export const FILE_ANSWERS = {
  ...answers(AnyObject),
  200: { description: 'The file.', content: BYTES },
  206: { description: 'The range that was asked for.', content: BYTES },
  416: asProblem('The range begins behind the end of the file.'),
};
