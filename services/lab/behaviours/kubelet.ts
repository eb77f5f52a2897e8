// kubelet: the API on 10250, the health port 10248 and the read-only port 10255.
import type { Behaviour } from './answer.ts';
import { goAnswer, healthy, metrics, notFound, TEXT_TYPE } from './go-http.ts';

/** Registered paths of 10250, which need credentials; everything else is 404 before authentication. */
const GUARDED =
  /^\/(healthz|metrics|pods|runningpods|stats|spec|logs|exec|run|attach|portForward|containerLogs|configz|debug)(\/|$)/;

export const kubelet: Behaviour = (request, moment) => {
  const path = request.path.split('?')[0] ?? '/';
  if (!GUARDED.test(path)) return notFound(request, moment.now);
  if (moment.service.anonymous === 'off') {
    return goAnswer(request, moment.now, { status: 401, body: 'Unauthorized', sniffed: TEXT_TYPE[1] });
  }
  // Anonymous on and webhook authorisation: the kubelet maps the path to a node subresource.
  const resource = path.startsWith('/metrics') ? 'metrics' : path.startsWith('/stats') ? 'stats' : 'proxy';
  return goAnswer(request, moment.now, {
    status: 403,
    body: `Forbidden (user=system:anonymous, verb=get, resource=nodes, subresource=${resource})`,
    sniffed: TEXT_TYPE[1],
  });
};

export const kubeletHealthz: Behaviour = (request, moment) =>
  request.path === '/healthz' ? healthy(request, moment.now) : notFound(request, moment.now);

/** The lab never serves pod data: /pods is 404 here, and no probe asks for it. */
export const kubeletReadonly: Behaviour = (request, moment) => {
  if (request.path === '/healthz') return healthy(request, moment.now);
  if (request.path === '/metrics') return metrics(request, moment.now, ['kubelet_node_name', 'kubelet_running_pods']);
  return notFound(request, moment.now);
};
