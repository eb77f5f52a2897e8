// kube-apiserver: who may read what without credentials, and the headers that date the server.
import { type Build, sendsCacheControl, since } from '../builds.ts';
import type { Behaviour, Header, LabRequest, Moment } from './answer.ts';
import { goAnswer, healthy, JSON_TYPE, METRICS_TYPE, NO_SNIFF, notFound } from './go-http.ts';
import { forbiddenBody, unauthorizedBody } from './status.ts';
import { unstampedVersionBody, versionBody } from './version-body.ts';

const HEALTH = /^\/(healthz|livez|readyz)(\/|$)/;
const VERSION = /^\/version\/?$/;

/** The paths that / lists when everybody may read it; a short form of routes/index.go's. */
const ROOT_PATHS = [
  '/api',
  '/api/v1',
  '/apis',
  '/apis/apps',
  '/apis/apps/v1',
  '/healthz',
  '/livez',
  '/metrics',
  '/openapi/v2',
  '/readyz',
  '/version',
];

/** Audit-Id came with 1.22. */
function commonHeaders(build: Build, moment: Moment): Header[] {
  const headers: Header[] = [];
  if (since(build, 22)) headers.push(['Audit-Id', moment.uuid()]);
  if (sendsCacheControl(build)) headers.push(['Cache-Control', 'no-cache, private']);
  return headers;
}

/** API priority and fairness is on since 1.20 and never reached by a request that was not authenticated. Health has its own schema since 1.22. */
function flowHeaders(build: Build, moment: Moment, path: string): Header[] {
  const flow = moment.service.cluster?.flow;
  if (flow === undefined || !since(build, 20)) return [];
  const { schema, level } = HEALTH.test(path) && since(build, 22) ? flow.probes : flow.other;
  return [
    ['X-Kubernetes-Pf-Flowschema-Uid', schema],
    ['X-Kubernetes-Pf-Prioritylevel-Uid', level],
  ];
}

/** system:public-info-viewer: /livez and /readyz exist since 1.16. */
function isPublic(build: Build, path: string): boolean {
  if (VERSION.test(path)) return true;
  return HEALTH.test(path) && (path.startsWith('/healthz') || since(build, 16));
}

type Access = 'allow' | 'forbid' | 'unauthenticated';

function access(build: Build, moment: Moment, path: string): Access {
  switch (moment.service.anonymous) {
    case 'off':
      return 'unauthenticated';
    case 'health':
      return HEALTH.test(path) ? 'allow' : 'unauthenticated';
    case 'denied':
      return 'forbid';
    case 'public':
      return isPublic(build, path) ? 'allow' : 'forbid';
    case 'full':
      return 'allow';
  }
}

function apiServer(build: Build, version: (build: Build) => string, flow: typeof flowHeaders): Behaviour {
  return (request: LabRequest, moment) => {
    const path = request.path.split('?')[0] ?? '/';
    const { now } = moment;
    const common = commonHeaders(build, moment);
    const decision = access(build, moment, path);
    if (decision === 'unauthenticated') {
      return goAnswer(request, now, { status: 401, headers: [...common, JSON_TYPE], body: unauthorizedBody(request) });
    }
    const headers = [...common, ...flow(build, moment, path)];
    if (decision === 'forbid' || request.method !== 'GET') {
      return goAnswer(request, now, {
        status: 403,
        headers: [...headers, JSON_TYPE, NO_SNIFF],
        body: forbiddenBody(request),
      });
    }
    if (VERSION.test(path))
      return goAnswer(request, now, { status: 200, headers: [...headers, JSON_TYPE], body: version(build) });
    if (HEALTH.test(path)) return healthy(request, now, headers);
    if (path === '/') {
      return goAnswer(request, now, {
        status: 200,
        headers: [...headers, JSON_TYPE],
        body: JSON.stringify({ paths: ROOT_PATHS }, null, 2),
      });
    }
    if (path === '/metrics') {
      const body =
        '# HELP apiserver_audit_event_total [ALPHA] Events.\n# TYPE apiserver_audit_event_total counter\napiserver_audit_event_total 0\n';
      return goAnswer(request, now, { status: 200, headers: [...headers, METRICS_TYPE], body });
    }
    return notFound(request, now, headers);
  };
}

const buildOfMoment = (moment: Moment): Build => {
  if (moment.service.build === null) throw new RangeError('an API server without a build');
  return moment.service.build;
};

export const kubeApiserver: Behaviour = (request, moment) =>
  apiServer(buildOfMoment(moment), versionBody, flowHeaders)(request, moment);

/** metrics-server and other extension servers: the same chain without version stamps and without priority and fairness. */
export const aggregatedApiserver: Behaviour = (request, moment) =>
  apiServer(buildOfMoment(moment), unstampedVersionBody, () => [])(request, moment);
