// What goes wrong becomes a problem document (RFC 9457) with a stable code; what only we can mend says nothing of the inside.
import { ERRORS, type ErrorCode, KubecensusError } from '../platform/errors.ts';

export const PROBLEM_TYPE = 'application/problem+json';

/** RFC 9457 with our code, what to do, and for a request that does not fit each place where it does not. */
export interface Problem {
  /** urn:kubecensus:error: and the code; stable. */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ErrorCode;
  readonly todo: string;
  readonly errors?: readonly { readonly at: string; readonly message: string }[];
}

/** Statuses that differ from the rule: 422 where the question is at fault (exit code 2), 500 where we are. */
const STATUS: Readonly<Partial<Record<ErrorCode, number>>> = {
  KC_NO_SURVEY: 404,
  KC_OBSERVATIONS_DROPPED: 410,
  KC_FEED_UNKNOWN: 404,
  KC_API_UNAUTHORIZED: 401,
  KC_API_FORBIDDEN: 403,
  KC_API_NOT_FOUND: 404,
  KC_API_METHOD: 405,
  KC_API_RATE: 429,
  KC_DATABASE_UNREACHABLE: 503,
  KC_DATABASE_COMMIT_UNKNOWN: 503,
  KC_QUEUE_UNREACHABLE: 503,
};

/** A problem of the table. `status` replaces the rule's where HTTP knows a finer one. */
export function problem(
  code: ErrorCode,
  detail = '',
  more: { status?: number; errors?: Problem['errors'] } = {},
): Problem {
  const { exit, what, todo } = ERRORS[code];
  return {
    type: `urn:kubecensus:error:${code}`,
    title: what,
    status: more.status ?? STATUS[code] ?? (exit === 2 ? 422 : 500),
    detail: detail === '' ? what : detail,
    code,
    todo,
    ...(more.errors === undefined ? {} : { errors: more.errors }),
  };
}

interface Fault {
  readonly keyword?: string;
  readonly instancePath?: string;
  readonly message?: string;
}

/** What the framework says of an error: a place that failed validation, or a status of its own. */
interface FrameworkError extends Error {
  readonly statusCode?: number;
  readonly code?: string;
  readonly validation?: readonly Fault[];
  readonly validationContext?: string;
}

/** The problem that an error becomes: 400 for what does not fit the schema, 422 for what fits and cannot be done. Errors without a code of ours and without a status below 500 are KC_INTERNAL, and their text stays here. */
export function problemOf(error: unknown, isLost: (error: unknown) => boolean): Problem {
  if (error instanceof KubecensusError) {
    // Stages speak of the command line, which is not how this question was asked.
    const shown = problem(error.code === 'KC_USAGE' ? 'KC_API_REQUEST' : error.code, error.message);
    return shown.status === 500 ? problem('KC_INTERNAL') : shown;
  }
  const { statusCode = 500, validation, validationContext = '', message } = error as FrameworkError;
  if (validation !== undefined) {
    // A property that may not be there is said once, by name.
    const faults = validation.filter((fault) => fault.keyword !== 'additionalProperties' || validation.length === 1);
    const errors = faults.map((fault) => ({
      at: `${validationContext}${fault.instancePath ?? ''}`,
      message: fault.keyword === 'boolean' ? 'is not known here' : (fault.message ?? 'is wrong'),
    }));
    const [first] = errors;
    return problem('KC_API_REQUEST', first === undefined ? '' : `${first.at} ${first.message}.`, {
      status: 400,
      errors,
    });
  }
  if (statusCode >= 400 && statusCode < 500) return problem('KC_API_REQUEST', message, { status: statusCode });
  if (isLost(error)) return problem('KC_DATABASE_UNREACHABLE');
  return problem('KC_INTERNAL');
}
