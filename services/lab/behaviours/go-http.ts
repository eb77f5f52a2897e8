// Answers in the exact form of Go's net/http server: its header order, its 404, its text for plain HTTP on a TLS port.
import type { Answer, Header, LabRequest } from './answer.ts';

const REASONS: Readonly<Record<number, string>> = {
  200: 'OK',
  302: 'Found',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

/** What Go writes, without TLS, when plain HTTP comes to a TLS port. */
export const PLAIN_TO_TLS = 'HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n';

export interface GoAnswer {
  readonly status: number;
  /** Headers that the handler set; Go sorts them. */
  readonly headers?: readonly Header[];
  readonly body: string;
  /** The type that Go sniffed from the body, which it writes after Content-Length. */
  readonly sniffed?: string;
}

/** A whole Go answer with Content-Length. HEAD gets the head alone. */
export function goAnswer(request: LabRequest, now: Date, answer: GoAnswer): Answer {
  const set = [...(answer.headers ?? [])].sort(([a], [b]) => (a < b ? -1 : 1));
  const headers: Header[] = [
    ...set,
    ['Date', now.toUTCString()],
    ['Content-Length', String(Buffer.byteLength(answer.body, 'latin1'))],
  ];
  if (answer.sniffed !== undefined) headers.push(['Content-Type', answer.sniffed]);
  if (request.lastOne) headers.push(['Connection', 'close']);
  return {
    bytes: `${head(answer.status, headers)}${request.method === 'HEAD' ? '' : answer.body}`,
    close: request.lastOne,
  };
}

/** Status line and headers in the given order. */
export function head(status: number, headers: readonly Header[], protocol = 'HTTP/1.1'): string {
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return `${protocol} ${status} ${REASONS[status] ?? 'Unknown'}\r\n${lines}\r\n`;
}

export const JSON_TYPE: Header = ['Content-Type', 'application/json'];
export const TEXT_TYPE: Header = ['Content-Type', 'text/plain; charset=utf-8'];
export const METRICS_TYPE: Header = ['Content-Type', 'text/plain; version=0.0.4; charset=utf-8'];
export const NO_SNIFF: Header = ['X-Content-Type-Options', 'nosniff'];

/** http.NotFound. */
export function notFound(request: LabRequest, now: Date, more: readonly Header[] = []): Answer {
  return goAnswer(request, now, { status: 404, headers: [...more, TEXT_TYPE, NO_SNIFF], body: '404 page not found\n' });
}

/** A health endpoint of Kubernetes that is well. */
export function healthy(request: LabRequest, now: Date, more: readonly Header[] = []): Answer {
  return goAnswer(request, now, { status: 200, headers: [...more, TEXT_TYPE, NO_SNIFF], body: 'ok' });
}

/** A few lines in the Prometheus text format; real servers send hundreds, which a survey never asks for. */
export function metrics(
  request: LabRequest,
  now: Date,
  names: readonly string[],
  more: readonly Header[] = [],
): Answer {
  const body = names.map((name) => `# HELP ${name} A metric of the lab.\n# TYPE ${name} counter\n${name} 0\n`).join('');
  return goAnswer(request, now, { status: 200, headers: [...more, METRICS_TYPE], body });
}
