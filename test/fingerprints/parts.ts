// Parts that a host can be put together from: certificates, client authorities, answers. For hosts that mix what belongs to different components.
import type { CertificateSummary, Evidence, EvidenceRequest } from '../../services/feeds/evidence.ts';
import { forbiddenBody, UNAUTHORIZED_BODY } from '../../services/fingerprints/status-body.ts';
import { FIELDS_1_30, FIELDS_1_37, raw, versionBody } from './host-forms.ts';

const NAMES = ['kubernetes', 'kubernetes.default', 'kubernetes.default.svc', 'kubernetes.default.svc.cluster.local'];

const certificate = (subject: string, issuer: string, dnsNames: readonly string[] = []): CertificateSummary => ({
  subject,
  issuer,
  dnsNames,
  ipAddresses: [],
});

export const CERTIFICATES = {
  public: certificate('CN=api.example.org', 'CN=R3', ['api.example.org']),
  'API server': certificate('CN=kube-apiserver', 'CN=kubernetes', NAMES),
  'API names': certificate('CN=x', 'CN=R3', NAMES),
  'API names and subject': certificate('CN=kube-apiserver', 'CN=R3', NAMES),
  'API names, cluster issuer': certificate('CN=x', 'CN=kubernetes', NAMES),
  'API names, vendor name': certificate('CN=x', 'CN=R3', [...NAMES, 'x.hcp.westeurope.azmk8s.io']),
  'API names of a mesh': certificate('CN=x', 'CN=R3', [...NAMES, 'sidecar.mesh.svc']),
  'API names of a mesh, cluster issuer': certificate('CN=x', 'CN=kubernetes', [...NAMES, 'sidecar.mesh.svc']),
  'API subject': certificate('CN=kube-apiserver', 'CN=R3'),
  'API subject, cluster issuer': certificate('CN=kube-apiserver', 'CN=kubernetes'),
  'API signer': certificate('CN=172.30.0.1', 'CN=kube-apiserver-lb-signer', ['api.example.org']),
  'cluster issuer': certificate('CN=x', 'CN=kubernetes', ['x.example.org']),
  'server authority': certificate('CN=kube-apiserver', 'CN=k3s-server-ca@1618703981'),
  'server authority, localhost': certificate('CN=localhost', 'CN=k3s-server-ca@1618703981'),
  'server authority, service': certificate('CN=x', 'CN=rke2-server-ca@1618703981'),
  'vendor name': certificate('CN=x', 'CN=R3', ['x.hcp.westeurope.azmk8s.io']),
  localhost: certificate('CN=localhost@1795457709', 'CN=localhost-ca@1795457709', ['localhost']),
  'localhost, API names': certificate('CN=localhost@1795457709', 'CN=localhost-ca@1795457709', NAMES),
  'node epoch': certificate('CN=node1@1795457453', 'CN=node1-ca@1795457453', ['node1']),
  node: certificate('O=system:nodes,CN=system:node:n1', 'CN=kubernetes', ['n1']),
  'node, API names': certificate('O=system:nodes,CN=system:node:n1', 'CN=kubernetes', NAMES),
  etcd: certificate('CN=n1', 'CN=etcd-ca', ['n1']),
  'etcd, API names': certificate('CN=n1', 'CN=etcd-ca', NAMES),
  'etcd, k3s subject': certificate('O=k3s,CN=k3s', 'CN=etcd-server-ca@1618703981', ['n1']),
  'etcd, rke2 subject': certificate('O=rke2,CN=rke2', 'CN=etcd-ca', ['n1']),
  'etcd, node epoch': certificate('CN=node1@1795457453', 'CN=etcd-ca', ['node1']),
  'etcd, Rancher subject': certificate('O=dynamic,CN=dynamic', 'CN=etcd-ca', ['n1']),
  k3s: certificate('O=k3s,CN=k3s', 'CN=k3s-server-ca@1618703981', NAMES),
  'RKE2 supervisor': certificate('O=rke2,CN=rke2', 'CN=rke2-server-ca@1618703981', NAMES),
  Rancher: certificate('O=dynamic,CN=dynamic', 'CN=dynamiclistener-ca@1754248688', ['x.example.org']),
  'Rancher, API names': certificate('O=dynamic,CN=dynamic', 'CN=dynamiclistener-ca@1754248688', NAMES),
  'Rancher, localhost': certificate('CN=localhost@1795457709', 'CN=dynamiclistener-ca@1754248688', ['localhost']),
  ingress: certificate('CN=Kubernetes Ingress Controller Fake Certificate', 'CN=R3', ['ingress.local']),
  'ingress, API names': certificate('CN=Kubernetes Ingress Controller Fake Certificate', 'CN=R3', NAMES),
  'ingress, server authority': certificate('CN=TRAEFIK DEFAULT CERT', 'CN=rke2-server-ca@1618703981'),
  'ingress, cluster issuer': certificate('CN=TRAEFIK DEFAULT CERT', 'CN=kubernetes'),
  'controller manager': certificate('CN=kube-controller-manager', 'CN=k3s-server-ca@1618703981', ['localhost']),
  scheduler: certificate('CN=kube-scheduler', 'CN=k3s-server-ca@1618703981', ['localhost']),
  service: certificate('CN=x', 'CN=R3', ['hook.default.svc']),
  'service, API subject': certificate('CN=kube-apiserver', 'CN=kubernetes', ['hook.default.svc']),
} as const satisfies Record<string, CertificateSummary>;

export const AUTHORITIES = {
  'API authorities': ['CN=kubernetes', 'CN=front-proxy-ca'],
  'node authorities': ['CN=kubernetes'],
} as const satisfies Record<string, readonly string[]>;

const AUDIT = 'Audit-Id: 0d9c9dc7-5d70-4b22-a73c-3a4b5c6d7e8f\r\n';
const CACHE = 'Cache-Control: no-cache, private\r\n';
const FLOW =
  'X-Kubernetes-Pf-Flowschema-Uid: 3c773d03-be1a-4aad-a3a2-0bd94e102e91\r\nX-Kubernetes-Pf-Prioritylevel-Uid: cab9526e-163c-4ece-a5e8-2aef5f2840f9\r\n';
const CORS = 'Access-Control-Allow-Methods: POST, GET, OPTIONS, PUT, DELETE\r\n';
const JSON_TYPE = 'Content-Type: application/json\r\n';
const TEXT_TYPE = 'Content-Type: text/plain; charset=utf-8\r\n';
const ETCD = '{"etcdserver":"3.5.9","etcdcluster":"3.5.0"}';
const UNSTAMPED = {
  ...FIELDS_1_30,
  major: '',
  minor: '',
  gitVersion: 'v0.0.0-master+$Format:%h$',
  gitCommit: '$Format:%H$',
  gitTreeState: '',
  buildDate: '1970-01-01T00:00:00Z',
};

const FIELDS_1_18 = {
  ...FIELDS_1_30,
  minor: '18',
  gitVersion: 'v1.18.6',
  buildDate: '2020-07-15T16:51:04Z',
  goVersion: 'go1.13.9',
};
const SERVER = 'Server: nginx\r\n';
const version = (fields: Readonly<Record<string, string>>, head = ''): EvidenceRequest =>
  raw('/version', '200 OK', head + JSON_TYPE, versionBody(fields));

const ok = (path: string, head = ''): EvidenceRequest => raw(path, '200 OK', head + TEXT_TYPE, 'ok');
const notFound = (path: string, head = ''): EvidenceRequest =>
  raw(path, '404 Not Found', head + TEXT_TYPE, '404 page not found\n');
const page = (path: string, title: string): EvidenceRequest =>
  raw(path, '200 OK', '', `<html><title>${title}</title></html>`);
const unauthorized = (path: string, head = ''): EvidenceRequest =>
  raw(path, '401 Unauthorized', head + JSON_TYPE, UNAUTHORIZED_BODY);
const forbidden = (path: string, head = ''): EvidenceRequest =>
  raw(path, '403 Forbidden', head + JSON_TYPE, forbiddenBody('get', path));

/** One path each. */
export const ANSWERS = {
  version: raw('/version', '200 OK', JSON_TYPE, versionBody(FIELDS_1_37)),
  'version with Audit-Id': raw('/version', '200 OK', AUDIT + JSON_TYPE, versionBody(FIELDS_1_37)),
  'version with Audit-Id behind nginx': version(FIELDS_1_37, SERVER + AUDIT),
  'version with flow schema': version(FIELDS_1_37, FLOW),
  'version behind nginx': version(FIELDS_1_18, SERVER + CACHE),
  'version of 1.18': version(FIELDS_1_18),
  'version of 1.18, Cache-Control': version(FIELDS_1_18, CACHE),
  'version of 1.18, forged': version({ ...FIELDS_1_18, minor: '12' }),
  'version extract': { path: '/version', status: 200, body: '{"gitVersion":"v1.30.1"}' },
  'version forged': raw('/version', '200 OK', JSON_TYPE, versionBody({ ...FIELDS_1_37, minor: '12' })),
  'version forged, Audit-Id': raw(
    '/version',
    '200 OK',
    AUDIT + JSON_TYPE,
    versionBody({ ...FIELDS_1_37, minor: '12' }),
  ),
  'version forged, flow schema': raw(
    '/version',
    '200 OK',
    FLOW + JSON_TYPE,
    versionBody({ ...FIELDS_1_37, minor: '12' }),
  ),
  'version stub': raw('/version', '200 OK', JSON_TYPE, '{"major":"1","minor":"24","gitVersion":"v1.24.0"}'),
  'version unstamped': raw('/version', '200 OK', JSON_TYPE, versionBody(UNSTAMPED)),
  'version foreign': raw('/version', '200 OK', JSON_TYPE, '{"Major":"1","Minor":"2","GitVersion":"v1.2.0"}'),
  'version of etcd': raw('/version', '200 OK', JSON_TYPE, ETCD),
  'version of etcd, CORS': raw('/version', '200 OK', CORS + JSON_TYPE, ETCD),
  'version of etcd, no head': { path: '/version', status: 200, body: ETCD },
  'version 404': notFound('/version'),
  'version 404, Cache-Control': notFound('/version', CACHE),
  'version 404, realm': notFound('/version', 'WWW-Authenticate: Basic realm="kubernetes-master"\r\n'),
  'version 401': unauthorized('/version'),
  'version 401, Cache-Control': unauthorized('/version', CACHE),
  'version 401 behind nginx': unauthorized('/version', SERVER),
  'version 403 behind nginx': forbidden('/version', SERVER),
  'healthz failed, leader election': raw(
    '/healthz',
    '500 Internal Server Error',
    TEXT_TYPE,
    '[-]leaderElection failed: reason withheld\nhealthz check failed\n',
  ),
  'version 401, Audit-Id': unauthorized('/version', AUDIT),
  'version 401, realm': unauthorized('/version', 'WWW-Authenticate: Basic realm="kubernetes-master"\r\n'),
  'version 401 text': raw('/version', '401 Unauthorized', TEXT_TYPE, 'Unauthorized'),
  'version 403': forbidden('/version'),
  'version 403, Audit-Id': forbidden('/version', AUDIT),
  'version 403, flow schema': forbidden('/version', FLOW),
  'version realm': raw('/version', '401 Unauthorized', 'WWW-Authenticate: Basic realm="kubernetes-master"\r\n', 'no'),
  'version flow schema': raw('/version', '500 Internal Server Error', FLOW, 'no'),
  'version refused by a proxy': raw('/version', '403 Forbidden', '', '<h3>Unauthorized</h3>'),
  'version demands a certificate': { path: '/version', error: 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED' },
  'version Rancher': raw('/version', '401 Unauthorized', 'X-Api-Cattle-Auth: false\r\n', '{"type":"error"}'),
  'version of kubelet 403': raw(
    '/version',
    '403 Forbidden',
    TEXT_TYPE,
    'Forbidden (user=x, verb=get, resource=nodes, subresource(s)=[proxy])',
  ),
  'healthz ok': ok('/healthz'),
  'healthz ok, Audit-Id': ok('/healthz', AUDIT),
  'healthz ok, flow schema': ok('/healthz', FLOW),
  'healthz ok, Cache-Control': ok('/healthz', CACHE),
  'healthz ok, CORS': ok('/healthz', CORS),
  'healthz ok, Rancher': ok('/healthz', 'X-Api-Cattle-Auth: false\r\n'),
  'healthz failed': raw(
    '/healthz',
    '500 Internal Server Error',
    TEXT_TYPE,
    '[-]etcd failed: reason withheld\nhealthz check failed\n',
  ),
  'healthz failed, Audit-Id': raw(
    '/healthz',
    '500 Internal Server Error',
    AUDIT + TEXT_TYPE,
    '[-]etcd failed: reason withheld\nhealthz check failed\n',
  ),
  'healthz failed, flow schema': raw(
    '/healthz',
    '500 Internal Server Error',
    FLOW + TEXT_TYPE,
    '[-]etcd failed: reason withheld\nhealthz check failed\n',
  ),
  'healthz error, flow schema': raw('/healthz', '500 Internal Server Error', FLOW, 'no'),
  'healthz of kube-proxy': raw(
    '/healthz',
    '200 OK',
    JSON_TYPE,
    '{"lastUpdated":"2026-11-23","currentTime":"2026-11-23"}',
  ),
  'healthz 401': unauthorized('/healthz'),
  'healthz 401 text': raw('/healthz', '401 Unauthorized', TEXT_TYPE, 'Unauthorized'),
  'healthz 403': forbidden('/healthz'),
  'healthz of kubelet 403': raw(
    '/healthz',
    '403 Forbidden',
    TEXT_TYPE,
    'Forbidden (user=x, verb=get, resource=nodes, subresource(s)=[proxy])',
  ),
  'livez ok': ok('/livez'),
  'livez 404': notFound('/livez'),
  'health of etcd': raw('/health', '200 OK', '', '{"health":"true"}'),
  'metrics of etcd': raw('/metrics', '200 OK', TEXT_TYPE, 'etcd_server_has_leader 1\n'),
  'root paths': raw('/', '200 OK', JSON_TYPE, '{"paths":["/api","/apis"]}'),
  'root paths, Audit-Id': raw('/', '200 OK', AUDIT + JSON_TYPE, '{"paths":["/api","/apis"]}'),
  'root paths, flow schema': raw('/', '200 OK', FLOW + JSON_TYPE, '{"paths":["/api","/apis"]}'),
  'root page of the dashboard': page('/', 'Kubernetes Dashboard'),
  'root page of Rancher': page('/', 'Rancher'),
  'root 401': unauthorized('/'),
  'root 403': forbidden('/'),
} as const satisfies Record<string, EvidenceRequest>;

export interface Mixed {
  readonly port: number;
  readonly transport: 'tls' | 'plain';
  readonly certificate: keyof typeof CERTIFICATES | null;
  readonly authorities: keyof typeof AUTHORITIES | null;
  readonly answers: readonly (keyof typeof ANSWERS)[];
}

/** The evidence of a mixed host. Without a certificate, an engine gave none: the transport still says tls. */
export function mixedEvidence({ port, transport, certificate: key, authorities, answers }: Mixed): Evidence {
  return {
    endpoint: { address: '192.0.2.1', port },
    transport,
    observedAt: '2026-11-23T18:20:00Z',
    ...(key === null ? {} : { certificate: CERTIFICATES[key] }),
    ...(authorities === null ? {} : { acceptableClientCAs: AUTHORITIES[authorities] }),
    requests: answers.map((answer) => ANSWERS[answer]),
  };
}
