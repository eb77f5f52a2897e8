// kube-controller-manager, kube-scheduler and cloud-controller-manager: health for everybody, /version unknown, the rest forbidden.
import { since } from '../builds.ts';
import type { Behaviour, Header } from './answer.ts';
import { goAnswer, healthy, JSON_TYPE, NO_SNIFF, notFound } from './go-http.ts';
import { forbiddenBody } from './status.ts';

const COMMON: readonly Header[] = [['Cache-Control', 'no-cache, private']];

/** Registered paths besides /healthz; what is not registered is 404 before authentication. Measured on 1.20.2 and 1.37.2. */
const GUARDED = new Set(['/', '/metrics', '/configz', '/debug/pprof']);

const controller =
  (hasLivez: (minor: number) => boolean): Behaviour =>
  (request, moment) => {
    const path = request.path.split('?')[0] ?? '/';
    const livez = moment.service.build !== null && hasLivez(moment.service.build.minor);
    if (path === '/healthz' || (livez && (path === '/livez' || path === '/readyz')))
      return healthy(request, moment.now, COMMON);
    if (!GUARDED.has(path)) return notFound(request, moment.now, COMMON);
    return goAnswer(request, moment.now, {
      status: 403,
      headers: [...COMMON, JSON_TYPE, NO_SNIFF],
      body: forbiddenBody(request),
    });
  };

/** The scheduler answers /livez and /readyz in 1.37.2 and not in 1.20.2; they came with 1.31. */
export const kubeScheduler: Behaviour = (request, moment) =>
  controller((minor) => since({ ...moment.service.build!, minor }, 31))(request, moment);

export const kubeControllerManager: Behaviour = controller(() => false);

export const cloudControllerManager: Behaviour = controller(() => false);
