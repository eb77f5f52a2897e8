// The Status objects that the API machinery answers refusals with, byte for byte.
import { parseObject } from './build-info.ts';

/** The compact 401 body with its newline: 129 octets in every version. Source: apiserver endpoints/filters/authentication.go. */
export const UNAUTHORIZED_BODY =
  '{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"Unauthorized","reason":"Unauthorized","code":401}\n';

/** The bodies of the paths that are asked, which are a dozen. */
const forbidden = new Map<string, string>();
const MAX_PATHS = 64;

function forbiddenGet(path: string): string {
  let body = forbidden.get(path);
  if (body === undefined) {
    body = forbiddenBody('get', path);
    if (forbidden.size < MAX_PATHS) forbidden.set(path, body);
  }
  return body;
}

/** The compact 403 body for a verb and a path: 181 + lengths octets. Source: apiserver endpoints/handlers/responsewriters/errors.go. */
export function forbiddenBody(verb: string, path: string): string {
  const escaped = path.replace(/[&<>]/g, (char) => `\\u00${char.charCodeAt(0).toString(16)}`);
  return `{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"forbidden: User \\"system:anonymous\\" cannot ${verb} path \\"${escaped}\\"","reason":"Forbidden","details":{},"code":403}\n`;
}

/** Status bodies are below 300 octets; with pretty printing and a longer reason still below this. */
const MAX_STATUS_BODY = 4096;

/** 'exact': what the API machinery writes; 'reprinted': the same object in other spacing (pretty printing, an engine's copy). */
export type StatusForm = 'exact' | 'reprinted';

/** Compares a 401 body. null: another body. */
export function unauthorizedForm(body: string): StatusForm | null {
  if (body === UNAUTHORIZED_BODY) return 'exact';
  const status = readStatus(body, 401);
  return status !== null && status['message'] === 'Unauthorized' && status['reason'] === 'Unauthorized'
    ? 'reprinted'
    : null;
}

/** Compares a 403 body that names system:anonymous and this path (servers append a reason after a colon). null: another body. */
export function forbiddenForm(body: string, path: string): StatusForm | null {
  if (body === forbiddenGet(path)) return 'exact';
  const status = readStatus(body, 403);
  const message = status?.['message'];
  if (status === null || typeof message !== 'string' || status['reason'] !== 'Forbidden') return null;
  return message.startsWith(`forbidden: User "system:anonymous" cannot get path "${path}"`) ? 'reprinted' : null;
}

function readStatus(body: string, code: number): Readonly<Record<string, unknown>> | null {
  if (body.length > MAX_STATUS_BODY || !body.includes('"Status"')) return null;
  const status = parseObject(body);
  if (status === null || status['kind'] !== 'Status' || status['apiVersion'] !== 'v1') return null;
  return status['status'] === 'Failure' && status['code'] === code ? status : null;
}
