// The RKE2 supervisor on 9345: a Go server with token-protected registration paths and nothing of the Kubernetes API.
import type { Behaviour } from './answer.ts';
import { goAnswer, NO_SNIFF, notFound, TEXT_TYPE } from './go-http.ts';

export const rke2Supervisor: Behaviour = (request, moment) => {
  if (request.path === '/ping')
    return goAnswer(request, moment.now, { status: 200, headers: [TEXT_TYPE], body: 'pong' });
  if (request.path.startsWith('/v1-rke2/')) {
    return goAnswer(request, moment.now, { status: 401, headers: [TEXT_TYPE, NO_SNIFF], body: 'Unauthorized\n' });
  }
  return notFound(request, moment.now);
};
