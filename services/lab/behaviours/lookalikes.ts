// Servers that a Kubernetes survey meets and must not count: web servers, consoles, stubs, relatives with a similar /version.
import type { Answer, Behaviour, Header, LabRequest } from './answer.ts';
import { goAnswer, head, JSON_TYPE, NO_SNIFF, notFound, TEXT_TYPE } from './go-http.ts';

const HTML: Header = ['Content-Type', 'text/html'];

/** An answer in nginx's order: Server, Date, type, length, connection. */
function nginxAnswer(
  request: LabRequest,
  now: Date,
  status: number,
  body: string,
  more: readonly Header[] = [],
): Answer {
  const headers: Header[] = [
    ['Server', 'nginx/1.27.4'],
    ['Date', now.toUTCString()],
    HTML,
    ['Content-Length', String(body.length)],
    ['Connection', request.lastOne ? 'close' : 'keep-alive'],
    ...more,
  ];
  return { bytes: `${head(status, headers)}${body}`, close: request.lastOne };
}

const nginxError = (title: string) =>
  `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n<hr><center>nginx/1.27.4</center>\r\n</body>\r\n</html>\r\n`;

export const nginx: Behaviour = (request, moment) =>
  request.path === '/'
    ? nginxAnswer(
        request,
        moment.now,
        200,
        '<!DOCTYPE html>\n<html><head><title>Welcome</title></head><body><h1>It works</h1></body></html>\n',
      )
    : nginxAnswer(request, moment.now, 404, nginxError('404 Not Found'));

/** The default backend of ingress-nginx; /healthz of the controller's data port answers 200 and nothing else does. */
export const ingressNginx: Behaviour = (request, moment) => {
  const body =
    request.path === '/healthz'
      ? ''
      : '<html>\r\n<head><title>404 Not Found</title></head>\r\n<body>\r\n<center><h1>404 Not Found</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n';
  const headers: Header[] = [
    ['Date', moment.now.toUTCString()],
    HTML,
    ['Content-Length', String(body.length)],
    ['Connection', request.lastOne ? 'close' : 'keep-alive'],
    ['Strict-Transport-Security', 'max-age=31536000; includeSubDomains'],
  ];
  return { bytes: `${head(body === '' ? 200 : 404, headers)}${body}`, close: request.lastOne };
};

/** A single-page application behind a Go server: every path is the same page with 200. */
export const web: Behaviour = (request, moment) =>
  goAnswer(request, moment.now, {
    status: 200,
    headers: [['Content-Type', 'text/html; charset=utf-8']],
    body: '<!doctype html><html><head><title>Shop</title></head><body><div id="app"></div></body></html>\n',
  });

/** A honeypot in a few lines of Python: four keys of /version, a Server header, 200 with a Status of code 200 on every other path. */
export const pythonStub: Behaviour = (request, moment) => {
  const build = moment.service.build;
  const body =
    request.path === '/version'
      ? `{"major": "1", "minor": "${build?.minorText ?? '24'}", "gitVersion": "${build?.gitVersion ?? 'v1.24.0'}", "platform": "linux/amd64"}`
      : '{"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 200}';
  const headers: Header[] = [['Server', 'BaseHTTP/0.6 Python/3.10.12'], ['Date', moment.now.toUTCString()], JSON_TYPE];
  return { bytes: `${head(200, headers, 'HTTP/1.0')}${body}`, close: true };
};

/** Another program that prints Kubernetes' version structure with its Go field names. */
export const bacalhau: Behaviour = (request, moment) => {
  if (request.path !== '/version') return notFound(request, moment.now);
  const body = `${JSON.stringify({
    Major: '1',
    Minor: '5',
    GitVersion: 'v1.5.0',
    GitCommit: '1f3f6bb6a1b6f1ba3b4d5f2f7a56a90b40a2cd45',
    BuildDate: '2024-09-30T12:00:00Z',
    GOOS: 'linux',
    GOARCH: 'amd64',
  })}\n`;
  return goAnswer(request, moment.now, { status: 200, headers: [JSON_TYPE], body });
};

/** The dashboard serves its page for every path that its API does not know. */
export const kubernetesDashboard: Behaviour = (request, moment) =>
  goAnswer(request, moment.now, {
    status: 200,
    headers: [
      ['Cache-Control', 'no-cache, no-store, must-revalidate'],
      ['Content-Type', 'text/html; charset=utf-8'],
      NO_SNIFF,
    ],
    body: '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Kubernetes Dashboard</title><link rel="icon" type="image/png" href="assets/images/kubernetes-logo.png"></head><body><kd-root></kd-root></body></html>\n',
  });

/** Rancher's server keeps /version of the local cluster behind its login. */
export const rancher: Behaviour = (request, moment) => {
  if (request.path === '/healthz' || request.path === '/ping') {
    return goAnswer(request, moment.now, {
      status: 200,
      headers: [TEXT_TYPE, NO_SNIFF, ['X-Api-Cattle-Auth', 'false']],
      body: request.path === '/ping' ? 'pong' : 'ok',
    });
  }
  const body = '{"type":"error","status":"401","message":"must authenticate"}\n';
  return goAnswer(request, moment.now, {
    status: 401,
    headers: [JSON_TYPE, NO_SNIFF, ['X-Api-Cattle-Auth', 'false']],
    body,
  });
};
