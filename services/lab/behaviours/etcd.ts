// etcd without client certificates: /version for everybody; the metrics port knows /health and /metrics only.
import type { Behaviour, Header } from './answer.ts';
import { goAnswer, JSON_TYPE, metrics, notFound } from './go-http.ts';

/** The client port allows every origin; the peer port says nothing. */
const CORS: readonly Header[] = [
  ['Access-Control-Allow-Headers', 'accept, content-type, authorization'],
  ['Access-Control-Allow-Methods', 'POST, GET, OPTIONS, PUT, DELETE'],
  ['Access-Control-Allow-Origin', '*'],
];

const VERSION_BODY = '{"etcdserver":"3.5.21","etcdcluster":"3.5.0"}';
const METRICS = ['etcd_server_has_leader', 'etcd_server_leader_changes_seen_total'];

export const etcdClient: Behaviour = (request, moment) => {
  if (request.path === '/version')
    return goAnswer(request, moment.now, { status: 200, headers: [...CORS, JSON_TYPE], body: VERSION_BODY });
  if (request.path === '/metrics') return metrics(request, moment.now, METRICS, CORS);
  if (request.path === '/health') return health(request, moment.now, CORS);
  return notFound(request, moment.now, CORS);
};

export const etcdPeer: Behaviour = (request, moment) =>
  request.path === '/version'
    ? goAnswer(request, moment.now, { status: 200, headers: [JSON_TYPE], body: VERSION_BODY })
    : notFound(request, moment.now);

export const etcdMetrics: Behaviour = (request, moment) => {
  if (request.path === '/health') return health(request, moment.now, []);
  if (request.path === '/metrics') return metrics(request, moment.now, METRICS);
  return notFound(request, moment.now);
};

const health = (request: Parameters<Behaviour>[0], now: Date, more: readonly Header[]) =>
  goAnswer(request, now, {
    status: 200,
    headers: more,
    body: '{"health":"true","reason":""}',
    sniffed: 'text/plain; charset=utf-8',
  });
