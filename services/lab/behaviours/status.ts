// The metav1.Status bodies that the Kubernetes API machinery writes for 401 and 403.
import type { LabRequest } from './answer.ts';

/** The API server indents for people: User-Agents that begin so, or ?pretty=1 (endpoints/handlers/negotiation). */
const BROWSERS = ['curl', 'Wget', 'Mozilla/5.0'];

function printed(request: LabRequest, status: object): string {
  const pretty =
    BROWSERS.some((agent) => request.userAgent.startsWith(agent)) || /[?&]pretty=(1|true)(&|$)/.test(request.path);
  // Go's encoder escapes these three inside strings; the compact form ends with a newline, the indented one does not.
  const escaped = (text: string) => text.replace(/[<>&]/g, (c) => `\\u00${c.charCodeAt(0).toString(16)}`);
  return pretty ? escaped(JSON.stringify(status, null, 2)) : `${escaped(JSON.stringify(status))}\n`;
}

/** 129 bytes in the compact form, whatever was asked. */
export function unauthorizedBody(request: LabRequest): string {
  return printed(request, {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: 'Unauthorized',
    reason: 'Unauthorized',
    code: 401,
  });
}

/** 181 bytes and the lengths of verb and path in the compact form. */
export function forbiddenBody(request: LabRequest): string {
  const path = request.path.split('?')[0] ?? '/';
  return printed(request, {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: `forbidden: User "system:anonymous" cannot ${request.method.toLowerCase()} path "${path}"`,
    reason: 'Forbidden',
    details: {},
    code: 403,
  });
}
