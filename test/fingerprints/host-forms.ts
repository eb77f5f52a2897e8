// Hosts made up from what the source code of the components writes: for what no capture shows. Each with what it must be judged as.
import type { Evidence, EvidenceRequest } from '../../services/feeds/evidence.ts';
import { forbiddenBody, UNAUTHORIZED_BODY } from '../../services/fingerprints/status-body.ts';
import type { Authentication, ComponentName, Grade } from '../../services/fingerprints/verdict.ts';

export interface HostForm {
  readonly name: string;
  readonly evidence: Evidence;
  readonly component: ComponentName | null;
  readonly grade: Grade;
  readonly authentication?: Authentication | null;
  readonly distribution?: string | null;
  readonly honeypot?: 'none' | 'low' | 'medium' | 'high';
}

const AUDIT = 'Audit-Id: 0d9c9dc7-5d70-4b22-a73c-3a4b5c6d7e8f\r\n';
const CACHE = 'Cache-Control: no-cache, private\r\n';
const NOSNIFF = 'X-Content-Type-Options: nosniff\r\n';
const FLOW =
  'X-Kubernetes-Pf-Flowschema-Uid: 3c773d03-be1a-4aad-a3a2-0bd94e102e91\r\nX-Kubernetes-Pf-Prioritylevel-Uid: cab9526e-163c-4ece-a5e8-2aef5f2840f9\r\n';
const JSON_TYPE = 'Content-Type: application/json\r\n';
const TEXT_TYPE = 'Content-Type: text/plain; charset=utf-8\r\n';
const DATE = 'Date: Mon, 23 Nov 2026 18:16:40 GMT\r\n';

export function raw(path: string, status: string, head: string, body: string): EvidenceRequest {
  return {
    path,
    response: `HTTP/1.1 ${status}\r\n${head}${DATE}Content-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
    end: 'closed',
  };
}

export function versionBody(fields: Readonly<Record<string, string>>): string {
  return JSON.stringify(fields, null, 2);
}

export const FIELDS_1_37 = {
  major: '1',
  minor: '37',
  emulationMajor: '1',
  emulationMinor: '37',
  minCompatibilityMajor: '1',
  minCompatibilityMinor: '36',
  gitVersion: 'v1.37.2',
  gitCommit: '0123456789abcdef0123456789abcdef01234567',
  gitTreeState: 'clean',
  buildDate: '2026-10-14T12:00:00Z',
  goVersion: 'go1.26.5',
  compiler: 'gc',
  platform: 'linux/amd64',
};
const {
  emulationMajor: _a,
  emulationMinor: _b,
  minCompatibilityMajor: _c,
  minCompatibilityMinor: _d,
  ...PLAIN
} = FIELDS_1_37;
export const FIELDS_1_30 = {
  ...PLAIN,
  minor: '30',
  gitVersion: 'v1.30.14',
  buildDate: '2025-06-17T18:29:20Z',
  goVersion: 'go1.23.10',
};

const FIELDS_1_19 = { minor: '19', gitVersion: 'v1.19.4', buildDate: '2020-11-11T13:09:17Z', goVersion: 'go1.15.2' };

const FULL = AUDIT + CACHE;
const unauthorized = (path: string, head = FULL): EvidenceRequest =>
  raw(path, '401 Unauthorized', head + JSON_TYPE, UNAUTHORIZED_BODY);
const forbidden = (path: string, head = FULL, pf = FLOW): EvidenceRequest =>
  raw(path, '403 Forbidden', head + JSON_TYPE + NOSNIFF + pf, forbiddenBody('get', path));
const ok = (path: string, head = FULL, pf = FLOW): EvidenceRequest =>
  raw(path, '200 OK', head + TEXT_TYPE + NOSNIFF + pf, 'ok');
const notFound = (path: string, head = ''): EvidenceRequest =>
  raw(path, '404 Not Found', head + TEXT_TYPE + NOSNIFF, '404 page not found\n');
const version = (fields: Readonly<Record<string, string>>, head = FULL, pf = FLOW): EvidenceRequest =>
  raw('/version', '200 OK', head + JSON_TYPE + pf, versionBody(fields));

const NAMES = ['kubernetes', 'kubernetes.default', 'kubernetes.default.svc', 'kubernetes.default.svc.cluster.local'];
const KUBEADM = {
  subject: 'CN=kube-apiserver',
  issuer: 'CN=kubernetes',
  dnsNames: ['node1', ...NAMES],
  ipAddresses: ['10.96.0.1'],
};
const PUBLIC = {
  subject: 'CN=api.example.org',
  issuer: "C=US,O=Let's Encrypt,CN=R3",
  dnsNames: ['api.example.org'],
  ipAddresses: [],
};
const LOCALHOST = {
  subject: 'CN=localhost@1795457709',
  issuer: 'CN=localhost-ca@1795457709',
  dnsNames: ['localhost', 'localhost'],
  ipAddresses: ['127.0.0.1'],
};
const API_CAS = ['CN=kubernetes', 'CN = front-proxy-ca'];

const at = (port: number): Evidence['endpoint'] => ({ address: '192.0.2.1', port });
const tls = (port: number, rest: Partial<Evidence>): Evidence => ({
  endpoint: at(port),
  transport: 'tls',
  observedAt: '2026-11-23T18:20:00Z',
  ...rest,
});
const plain = (port: number, rest: Partial<Evidence>): Evidence => ({
  endpoint: at(port),
  transport: 'plain',
  observedAt: '2026-11-23T18:20:00Z',
  ...rest,
});
const census = (gitVersion: string): EvidenceRequest => ({
  path: '/version',
  status: 200,
  body: JSON.stringify({ gitVersion }),
});
const stub = (fields: Readonly<Record<string, string>>): EvidenceRequest =>
  raw('/version', '200 OK', `Server: BaseHTTP/0.6 Python/3.11\r\n${JSON_TYPE}`, JSON.stringify(fields));

const rootList = (head: string, pf: string): EvidenceRequest =>
  raw('/', '200 OK', head + JSON_TYPE + pf, JSON.stringify({ paths: ['/api', '/apis', '/version'] }, null, 2));

const withoutLease = raw(
  '/healthz',
  '500 Internal Server Error',
  CACHE + TEXT_TYPE + NOSNIFF,
  '[-]leaderElection failed: reason withheld\nhealthz check failed\n',
);

export const HOST_FORMS: readonly HostForm[] = [
  {
    name: 'A stock 1.37',
    evidence: tls(6443, {
      certificate: KUBEADM,
      acceptableClientCAs: API_CAS,
      requests: [version(FIELDS_1_37), ok('/healthz')],
    }),
    component: 'kube-apiserver',
    grade: 'confirmed',
    authentication: 'anonymous-public',
    distribution: 'vanilla',
    honeypot: 'none',
  },
  {
    name: 'A stock 1.30',
    evidence: tls(443, { certificate: KUBEADM, requests: [version(FIELDS_1_30), ok('/healthz')] }),
    component: 'kube-apiserver',
    grade: 'confirmed',
    authentication: 'anonymous-public',
    honeypot: 'none',
  },
  {
    name: 'B hidden, own certificate',
    evidence: tls(6443, { certificate: KUBEADM, requests: [unauthorized('/version'), unauthorized('/healthz')] }),
    component: 'kube-apiserver',
    grade: 'confirmed',
    authentication: 'required',
    honeypot: 'none',
  },
  {
    name: 'B hidden, public certificate, authorities',
    evidence: tls(443, {
      certificate: PUBLIC,
      acceptableClientCAs: API_CAS,
      requests: [unauthorized('/version', CACHE), unauthorized('/healthz', CACHE)],
    }),
    component: 'kube-apiserver',
    grade: 'confirmed',
    authentication: 'required',
  },
  {
    name: 'B hidden, AKS',
    evidence: tls(443, {
      certificate: {
        subject: 'CN=apiserver',
        issuer: 'CN=ca',
        dnsNames: ['hcp-kubernetes', ...NAMES, 'x.hcp.westeurope.azmk8s.io'],
        ipAddresses: ['10.0.0.1'],
      },
      requests: [unauthorized('/version'), unauthorized('/healthz')],
    }),
    component: 'kube-apiserver',
    grade: 'confirmed',
    authentication: 'required',
    distribution: 'aks',
  },
  {
    name: 'B hidden, k3s',
    evidence: tls(6443, {
      certificate: {
        subject: 'O=k3s, CN=k3s',
        issuer: 'CN=k3s-server-ca@1618703981',
        dnsNames: NAMES,
        ipAddresses: ['10.43.0.1'],
      },
      requests: [unauthorized('/version'), unauthorized('/healthz')],
    }),
    component: 'kube-apiserver',
    grade: 'confirmed',
    authentication: 'required',
    distribution: 'k3s',
  },
  {
    name: 'B hidden, authorities of RKE2',
    evidence: tls(6443, {
      certificate: PUBLIC,
      acceptableClientCAs: ['CN=rke2-client-ca@1699941194', 'CN=rke2-request-header-ca@1699941194'],
      requests: [unauthorized('/version')],
    }),
    component: 'kube-apiserver',
    grade: 'confirmed',
    distribution: 'rke2',
  },
  {
    name: 'C health only',
    evidence: tls(6443, { certificate: KUBEADM, requests: [unauthorized('/version'), ok('/healthz')] }),
    component: 'kube-apiserver',
    grade: 'confirmed',
    authentication: 'anonymous-health',
    honeypot: 'none',
  },
  {
    name: 'D forbidden',
    evidence: tls(6443, { certificate: PUBLIC, requests: [forbidden('/version'), forbidden('/healthz')] }),
    component: 'kube-apiserver',
    grade: 'confirmed',
    authentication: 'anonymous-denied',
    honeypot: 'none',
  },
  {
    name: 'D forbidden, 1.19',
    evidence: tls(6443, {
      certificate: KUBEADM,
      requests: [forbidden('/version', CACHE, ''), forbidden('/healthz', CACHE, '')],
    }),
    component: 'kube-apiserver',
    grade: 'confirmed',
    authentication: 'anonymous-denied',
    honeypot: 'none',
  },
  {
    name: 'E insecure port',
    evidence: plain(8080, {
      requests: [
        version(
          {
            ...FIELDS_1_30,
            minor: '16',
            gitVersion: 'v1.16.2',
            buildDate: '2019-10-15T19:09:08Z',
            goVersion: 'go1.12.10',
          },
          CACHE,
          '',
        ),
        ok('/healthz', CACHE, ''),
      ],
    }),
    component: 'kube-apiserver',
    grade: 'confirmed',
    authentication: 'anonymous-full',
  },
  {
    name: 'E root lists paths',
    evidence: tls(6443, {
      certificate: KUBEADM,
      requests: [raw('/', '200 OK', FULL + JSON_TYPE + FLOW, '{\n  "paths": [\n    "/api",\n    "/version"\n  ]\n}')],
    }),
    component: 'kube-apiserver',
    grade: 'confirmed',
    authentication: 'anonymous-full',
  },
  {
    name: 'root lists paths, an engine saw nothing else',
    evidence: tls(9999, { requests: [{ path: '/', status: 200, body: '{"paths":["/api","/apis"]}' }] }),
    component: 'kube-apiserver',
    grade: 'probable',
  },
  {
    name: 'old password file',
    evidence: tls(6443, {
      requests: [
        raw(
          '/version',
          '401 Unauthorized',
          `WWW-Authenticate: Basic realm="kubernetes-master"\r\n${JSON_TYPE}`,
          UNAUTHORIZED_BODY,
        ),
      ],
    }),
    component: 'kube-apiserver',
    grade: 'confirmed',
    authentication: 'required',
  },
  {
    name: 'census row',
    evidence: tls(443, { requests: [census('v1.27.3-gke.100')] }),
    component: 'kube-apiserver',
    grade: 'probable',
    distribution: 'gke',
    honeypot: 'none',
  },
  {
    name: 'census row with certificate',
    evidence: tls(443, { certificate: KUBEADM, requests: [census('v1.24.17-eks-8cb36c9')] }),
    component: 'kube-apiserver',
    grade: 'confirmed',
    distribution: 'eks',
  },
  {
    name: 'unwell',
    evidence: tls(6443, {
      certificate: PUBLIC,
      requests: [
        raw(
          '/healthz',
          '500 Internal Server Error',
          FULL + TEXT_TYPE + NOSNIFF + FLOW,
          '[+]ping ok\n[-]etcd failed: reason withheld\nhealthz check failed\n',
        ),
      ],
    }),
    component: 'kube-apiserver',
    grade: 'probable',
  },
  {
    name: '401 alone on 6443',
    evidence: tls(6443, { certificate: PUBLIC, requests: [unauthorized('/version', CACHE)] }),
    component: 'kube-apiserver',
    grade: 'probable',
  },
  {
    name: '401 alone anywhere',
    evidence: tls(9999, { certificate: PUBLIC, requests: [unauthorized('/version', '')] }),
    component: 'kube-apiserver',
    grade: 'possible',
  },
  {
    name: '401 and a vendor name',
    evidence: tls(9999, {
      certificate: { dnsNames: ['x.hcp.eastus.azmk8s.io'] },
      requests: [unauthorized('/version', '')],
    }),
    component: 'kube-apiserver',
    grade: 'probable',
    distribution: 'aks',
  },
  {
    name: '401 and an API server subject',
    evidence: tls(9999, { certificate: { subject: 'CN=kube-apiserver' }, requests: [unauthorized('/version', '')] }),
    component: 'kube-apiserver',
    grade: 'probable',
  },
  {
    name: '403 and authorities',
    evidence: tls(9999, { certificate: PUBLIC, acceptableClientCAs: API_CAS, requests: [forbidden('/', CACHE, '')] }),
    component: 'kube-apiserver',
    grade: 'probable',
  },
  {
    name: '403 and an API server subject',
    evidence: tls(9999, { certificate: { subject: 'CN=kube-apiserver' }, requests: [forbidden('/', CACHE, '')] }),
    component: 'kube-apiserver',
    grade: 'probable',
  },
  {
    name: '403 alone',
    evidence: tls(9999, { certificate: PUBLIC, requests: [forbidden('/', CACHE, '')] }),
    component: 'kube-apiserver',
    grade: 'possible',
  },
  {
    name: 'names alone on 6443',
    evidence: tls(6443, { certificate: { dnsNames: NAMES } }),
    component: 'kube-apiserver',
    grade: 'probable',
  },
  {
    name: 'names and health',
    evidence: tls(9999, {
      certificate: { dnsNames: NAMES },
      requests: [{ path: '/healthz', status: 200, body: 'ok' }],
    }),
    component: 'kube-apiserver',
    grade: 'probable',
  },
  {
    name: 'names alone anywhere',
    evidence: tls(9999, { certificate: { dnsNames: NAMES } }),
    component: 'kube-apiserver',
    grade: 'possible',
  },
  {
    name: 'custom cluster domain',
    evidence: tls(6443, { certificate: { dnsNames: ['kubernetes.default.svc.kspray4.local'] } }),
    component: 'kube-apiserver',
    grade: 'probable',
  },
  {
    name: 'k3s certificate alone',
    evidence: tls(9999, { certificate: { subject: 'O=k3s,CN=k3s' } }),
    component: 'kube-apiserver',
    grade: 'probable',
  },
  {
    name: 'OpenShift load balancer certificate',
    evidence: tls(9999, {
      certificate: {
        subject: 'CN=api.c1.example.org',
        issuer: 'OU=openshift,CN=kube-apiserver-lb-signer',
        dnsNames: ['api.c1.example.org'],
      },
    }),
    component: 'kube-apiserver',
    grade: 'probable',
    distribution: 'openshift',
  },
  {
    name: 'kubectl proxy by its root',
    evidence: plain(8001, { requests: [raw('/', '200 OK', JSON_TYPE, '{"paths":["/api","/apis"]}')] }),
    component: 'kubectl-proxy',
    grade: 'probable',
    authentication: 'anonymous-full',
  },
  {
    name: 'metrics-server behind another certificate',
    evidence: tls(443, {
      certificate: PUBLIC,
      requests: [version({ ...FIELDS_1_30, major: '', minor: '', gitVersion: 'v0.6.4' }, '', '')],
    }),
    component: 'aggregated-apiserver',
    grade: 'confirmed',
    distribution: 'not-an-apiserver',
  },
  {
    name: 'kubelet on another port',
    evidence: tls(9999, {
      certificate: { subject: 'CN=node1@1795457453' },
      requests: [notFound('/version'), raw('/healthz', '401 Unauthorized', TEXT_TYPE, 'Unauthorized')],
    }),
    component: 'kubelet',
    grade: 'confirmed',
  },
  {
    name: 'kubelet by its words alone',
    evidence: tls(9999, {
      certificate: PUBLIC,
      requests: [
        raw(
          '/healthz',
          '403 Forbidden',
          TEXT_TYPE,
          'Forbidden (user=system:anonymous, verb=get, resource=nodes, subresource(s)=[healthz proxy])',
        ),
      ],
    }),
    component: 'kubelet',
    grade: 'confirmed',
  },
  {
    name: 'Rancher by its page alone',
    evidence: tls(443, {
      certificate: PUBLIC,
      requests: [raw('/version', '200 OK', '', '<html><title>Rancher</title></html>')],
    }),
    component: 'rancher',
    grade: 'probable',
  },
  {
    name: 'an application with a certificate of a cluster',
    evidence: tls(443, {
      certificate: { subject: 'CN=app', issuer: 'CN=kubernetes', dnsNames: ['app.example.org'] },
      requests: [raw('/version', '404 Not Found', 'Server: nginx\r\n', '<html>')],
    }),
    component: null,
    grade: 'not',
    distribution: null,
  },
  {
    name: 'edited body without the headers of an API server',
    evidence: tls(6443, { certificate: PUBLIC, requests: [version({ ...FIELDS_1_30, minor: '1.30' }, '', '')] }),
    component: 'kube-apiserver',
    grade: 'possible',
    honeypot: 'high',
    distribution: 'fabricated',
  },
  {
    name: 'authorities alone on 6443',
    evidence: tls(6443, { certificate: PUBLIC, acceptableClientCAs: API_CAS }),
    component: 'kube-apiserver',
    grade: 'probable',
  },
  {
    name: 'authorities alone anywhere',
    evidence: tls(9999, { certificate: PUBLIC, acceptableClientCAs: API_CAS }),
    component: 'kube-apiserver',
    grade: 'possible',
  },
  {
    name: 'authority of a cluster on 6443',
    evidence: tls(6443, { certificate: { issuer: 'CN=rke2-server-ca@1751559400' } }),
    component: 'kube-apiserver',
    grade: 'possible',
    distribution: 'rke2',
  },
  {
    name: 'stub with four keys',
    evidence: tls(6443, {
      certificate: PUBLIC,
      requests: [stub({ major: '1', minor: '24', gitVersion: 'v1.24.0', platform: 'linux/amd64' })],
    }),
    component: 'kube-apiserver',
    grade: 'possible',
    honeypot: 'high',
    distribution: 'fabricated',
  },
  {
    name: 'stub with one key and a head',
    evidence: tls(443, { requests: [stub({ gitVersion: 'v1.24.0' })] }),
    component: 'kube-apiserver',
    grade: 'possible',
    honeypot: 'high',
  },
  {
    name: 'stub as an engine gives it',
    evidence: tls(6443, {
      requests: [
        {
          path: '/version',
          status: 200,
          body: '{"major":"1","minor":"24","gitVersion":"v1.24.0","platform":"linux/amd64"}',
        },
      ],
    }),
    component: 'kube-apiserver',
    grade: 'possible',
    honeypot: 'high',
  },
  {
    name: 'edited body',
    evidence: tls(6443, {
      requests: [
        version({
          ...FIELDS_1_37,
          minor: '33',
          emulationMinor: '33',
          gitVersion: 'v1.33.0',
          buildDate: '2018-12-03T21:04:45Z',
          goVersion: 'go1.11.2',
        }),
      ],
    }),
    component: 'kube-apiserver',
    grade: 'probable',
    honeypot: 'high',
    distribution: 'fabricated',
  },
  {
    name: 'metrics-server',
    evidence: tls(4443, {
      certificate: LOCALHOST,
      requests: [
        version(
          {
            ...FIELDS_1_30,
            major: '',
            minor: '',
            gitVersion: 'v0.0.0-master+$Format:%h$',
            gitCommit: '$Format:%H$',
            gitTreeState: '',
            buildDate: '1970-01-01T00:00:00Z',
          },
          FULL,
          '',
        ),
        ok('/healthz', FULL, ''),
      ],
    }),
    component: 'aggregated-apiserver',
    grade: 'confirmed',
    authentication: 'anonymous-public',
    distribution: 'unstamped',
  },
  {
    name: 'extension server that refuses',
    evidence: tls(443, { certificate: LOCALHOST, requests: [unauthorized('/version')] }),
    component: 'aggregated-apiserver',
    grade: 'confirmed',
    authentication: 'required',
  },
  {
    name: 'extension server by livez',
    evidence: tls(443, { certificate: LOCALHOST, acceptableClientCAs: API_CAS, requests: [ok('/livez', CACHE, '')] }),
    component: 'aggregated-apiserver',
    grade: 'probable',
  },
  {
    name: 'extension server by livez, elsewhere',
    evidence: tls(9999, { certificate: LOCALHOST, acceptableClientCAs: API_CAS, requests: [ok('/livez', CACHE, '')] }),
    component: 'aggregated-apiserver',
    grade: 'possible',
  },
  {
    name: 'scheduler of 1.37',
    evidence: tls(10259, {
      certificate: LOCALHOST,
      requests: [notFound('/version', CACHE), ok('/healthz', CACHE, '')],
    }),
    component: 'kube-scheduler',
    grade: 'confirmed',
    authentication: 'anonymous-health',
  },
  {
    name: 'scheduler elsewhere',
    evidence: tls(9999, {
      certificate: LOCALHOST,
      requests: [notFound('/version', CACHE), ok('/healthz', CACHE, ''), ok('/livez', CACHE, '')],
    }),
    component: 'kube-scheduler',
    grade: 'probable',
  },
  {
    name: 'controller manager elsewhere',
    evidence: tls(9999, {
      certificate: LOCALHOST,
      requests: [notFound('/version', CACHE), ok('/healthz', CACHE, ''), notFound('/livez', CACHE)],
    }),
    component: 'kube-controller-manager',
    grade: 'probable',
  },
  {
    name: 'controller manager by its certificate and port',
    evidence: tls(10257, { certificate: LOCALHOST }),
    component: 'kube-controller-manager',
    grade: 'probable',
  },
  {
    name: 'controller manager, own certificate',
    evidence: tls(10257, { certificate: PUBLIC, requests: [notFound('/version', CACHE), ok('/healthz', CACHE, '')] }),
    component: 'kube-controller-manager',
    grade: 'probable',
  },
  {
    name: 'controller manager that forbids /version',
    evidence: tls(10257, {
      certificate: PUBLIC,
      requests: [forbidden('/version', CACHE, ''), ok('/healthz', CACHE, '')],
    }),
    component: 'kube-controller-manager',
    grade: 'probable',
  },
  {
    name: 'controller manager, unwell',
    evidence: tls(10257, {
      certificate: PUBLIC,
      requests: [
        notFound('/version', CACHE),
        raw(
          '/healthz',
          '500 Internal Server Error',
          TEXT_TYPE,
          '[+]ping ok\n[-]leaderElection failed: reason withheld\nhealthz check failed\n',
        ),
      ],
    }),
    component: 'kube-controller-manager',
    grade: 'probable',
    authentication: 'anonymous-health',
  },
  {
    name: 'a sign on the controller manager port',
    evidence: tls(10257, { certificate: PUBLIC, requests: [notFound('/version', CACHE)] }),
    component: 'kube-controller-manager',
    grade: 'possible',
  },
  {
    name: 'API machinery without /version',
    evidence: tls(9999, { certificate: PUBLIC, requests: [notFound('/version', CACHE), ok('/healthz', CACHE, '')] }),
    component: 'kube-controller-manager',
    grade: 'possible',
  },
  {
    name: 'cloud controller manager',
    evidence: tls(10258, {
      certificate: LOCALHOST,
      requests: [notFound('/version', CACHE), ok('/healthz', CACHE, '')],
    }),
    component: 'cloud-controller-manager',
    grade: 'confirmed',
  },
  {
    name: 'old plain scheduler',
    evidence: plain(10251, { requests: [notFound('/version', CACHE), ok('/healthz', CACHE, '')] }),
    component: 'kube-scheduler',
    grade: 'probable',
    authentication: 'none',
  },
  {
    name: 'kubelet that lets anonymous in',
    evidence: tls(10250, {
      requests: [
        notFound('/version'),
        raw(
          '/healthz',
          '403 Forbidden',
          TEXT_TYPE,
          'Forbidden (user=system:anonymous, verb=get, resource=nodes, subresource=proxy)',
        ),
      ],
    }),
    component: 'kubelet',
    grade: 'confirmed',
    authentication: 'anonymous-denied',
  },
  {
    name: 'kubelet open to all',
    evidence: tls(10250, {
      certificate: { subject: 'CN=node1@1795457453', issuer: 'CN=node1-ca@1795457453', dnsNames: ['node1'] },
      requests: [notFound('/version'), ok('/healthz', '', '')],
    }),
    component: 'kubelet',
    grade: 'confirmed',
    authentication: 'anonymous-full',
  },
  {
    name: 'kubelet with a certificate of the cluster',
    evidence: tls(10250, { certificate: { subject: 'O=system:nodes,CN=system:node:n1', issuer: 'CN=kubernetes' } }),
    component: 'kubelet',
    grade: 'probable',
  },
  {
    name: 'kubelet by its answers and port',
    evidence: tls(10250, {
      certificate: PUBLIC,
      requests: [notFound('/version'), raw('/healthz', '401 Unauthorized', TEXT_TYPE, 'Unauthorized')],
    }),
    component: 'kubelet',
    grade: 'confirmed',
    authentication: 'required',
  },
  {
    name: 'kubelet by authorities and 404',
    evidence: tls(9999, {
      certificate: PUBLIC,
      acceptableClientCAs: ['CN=kubernetes'],
      requests: [notFound('/version')],
    }),
    component: 'kubelet',
    grade: 'probable',
  },
  {
    name: 'kubelet 401 on its port',
    evidence: tls(10250, {
      certificate: PUBLIC,
      requests: [raw('/healthz', '401 Unauthorized', TEXT_TYPE, 'Unauthorized')],
    }),
    component: 'kubelet',
    grade: 'probable',
  },
  {
    name: 'kubelet 404 on its port',
    evidence: tls(10250, { certificate: PUBLIC, requests: [notFound('/version')] }),
    component: 'kubelet',
    grade: 'probable',
  },
  {
    name: 'kubelet authorities',
    evidence: tls(9999, { certificate: PUBLIC, acceptableClientCAs: ['CN=kubernetes'] }),
    component: 'kubelet',
    grade: 'possible',
  },
  {
    name: 'kubelet answers anywhere',
    evidence: tls(9999, {
      certificate: PUBLIC,
      requests: [notFound('/version'), raw('/healthz', '401 Unauthorized', TEXT_TYPE, 'Unauthorized')],
    }),
    component: 'kubelet',
    grade: 'possible',
  },
  {
    name: 'cluster certificate on the kubelet port',
    evidence: tls(10250, { certificate: { subject: 'CN=n1', issuer: 'CN=kubernetes' } }),
    component: 'kubelet',
    grade: 'possible',
  },
  {
    name: 'a proxy of metrics with a certificate of its own',
    evidence: tls(8443, {
      certificate: { subject: 'CN=x@1760000000', issuer: 'CN=x-ca@1760000000', dnsNames: ['x'], ipAddresses: [] },
      requests: [raw('/version', '401 Unauthorized', TEXT_TYPE, 'Unauthorized\n')],
    }),
    component: 'kubelet',
    grade: 'possible',
  },
  {
    name: 'scheduler without its lease',
    evidence: tls(10259, { requests: [withoutLease] }),
    component: 'kube-scheduler',
    grade: 'probable',
    authentication: 'anonymous-health',
  },
  {
    name: 'controller without its lease, elsewhere',
    evidence: tls(443, { requests: [withoutLease] }),
    component: 'kube-controller-manager',
    grade: 'possible',
    authentication: 'anonymous-health',
  },
  {
    name: 'health on 10248',
    evidence: plain(10248, { requests: [ok('/healthz', '', '')] }),
    component: 'kubelet-healthz',
    grade: 'possible',
  },
  {
    name: '404 on 10255',
    evidence: plain(10255, { requests: [notFound('/version')] }),
    component: 'kubelet-readonly',
    grade: 'possible',
  },
  {
    name: 'kube-proxy 404',
    evidence: plain(10256, { requests: [notFound('/version')] }),
    component: 'kube-proxy-healthz',
    grade: 'possible',
  },
  {
    name: 'kube-proxy stale',
    evidence: plain(10256, {
      requests: [
        raw(
          '/healthz',
          '503 Service Unavailable',
          JSON_TYPE,
          '{"lastUpdated": "2026-11-23","currentTime": "2026-11-23","nodeEligible": true}',
        ),
      ],
    }),
    component: 'kube-proxy-healthz',
    grade: 'confirmed',
  },
  {
    name: 'etcd certificate on its port',
    evidence: tls(2379, { certificate: { subject: 'CN=n1', issuer: 'CN=etcd-ca' } }),
    component: 'etcd-client',
    grade: 'probable',
  },
  {
    name: 'etcd certificate and alert elsewhere',
    evidence: tls(9999, {
      certificate: { subject: 'CN=n1', issuer: 'CN=etcd-ca' },
      requests: [{ path: '/version', error: 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED' }],
    }),
    component: 'etcd-client',
    grade: 'probable',
    authentication: 'client-certificate',
  },
  {
    name: 'etcd peer certificate',
    evidence: tls(2380, { certificate: { subject: 'CN=n1', issuer: 'CN=etcd-ca' } }),
    component: 'etcd-peer',
    grade: 'probable',
  },
  {
    name: 'mutual TLS on 2379',
    evidence: tls(2379, {
      certificate: PUBLIC,
      requests: [{ path: '/version', error: 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED' }],
    }),
    component: 'etcd-client',
    grade: 'possible',
    authentication: 'client-certificate',
  },
  {
    name: 'etcd peer version on its port, body only',
    evidence: tls(2380, {
      requests: [{ path: '/version', status: 200, body: '{"etcdserver":"3.5.9","etcdcluster":"3.5.0"}' }],
    }),
    component: 'etcd-peer',
    grade: 'confirmed',
  },
  {
    name: 'etcd metrics as asked',
    evidence: plain(2381, {
      requests: [notFound('/version'), raw('/health', '200 OK', '', '{"health":"true","reason":""}')],
    }),
    component: 'etcd-metrics',
    grade: 'confirmed',
    authentication: 'none',
  },
  {
    name: 'etcd health on its port',
    evidence: plain(2381, { requests: [raw('/health', '200 OK', '', '{"health":"true"}')] }),
    component: 'etcd-metrics',
    grade: 'probable',
  },
  {
    name: 'etcd health anywhere',
    evidence: plain(9999, { requests: [raw('/health', '200 OK', '', '{"health":"true"}')] }),
    component: 'etcd-metrics',
    grade: 'possible',
  },
  {
    name: 'RKE2 supervisor',
    evidence: tls(9345, {
      certificate: { subject: 'O=rke2, CN=rke2', issuer: 'CN=rke2-server-ca@1751559400', dnsNames: NAMES },
      requests: [unauthorized('/version')],
    }),
    component: 'rke2-supervisor',
    grade: 'confirmed',
    authentication: 'required',
    distribution: 'rke2',
  },
  {
    name: 'RKE2 supervisor, own certificate',
    evidence: tls(9345, { certificate: { subject: 'CN=n1', issuer: 'CN=rke2-server-ca@1751559400' } }),
    component: 'rke2-supervisor',
    grade: 'probable',
  },
  {
    name: '401 on 9345',
    evidence: tls(9345, { certificate: PUBLIC, requests: [unauthorized('/version', '')] }),
    component: 'rke2-supervisor',
    grade: 'probable',
  },
  {
    name: 'k3s supervisor alone',
    evidence: tls(6444, {
      certificate: { subject: 'O=k3s, CN=k3s', issuer: 'CN=k3s-server-ca@1618703981', dnsNames: NAMES },
      requests: [notFound('/version')],
    }),
    component: 'k3s-supervisor',
    grade: 'probable',
    distribution: 'k3s',
  },
  { name: 'konnectivity', evidence: tls(8132, { certificate: KUBEADM }), component: 'konnectivity', grade: 'probable' },
  {
    name: 'konnectivity, names unseen',
    evidence: tls(8132, { certificate: { subject: 'CN=kube-apiserver' } }),
    component: 'konnectivity',
    grade: 'possible',
  },
  {
    name: 'kubectl proxy',
    evidence: plain(8001, { requests: [version(FIELDS_1_37), ok('/healthz')] }),
    component: 'kubectl-proxy',
    grade: 'probable',
    authentication: 'anonymous-full',
    distribution: 'vanilla',
  },
  {
    name: 'kubectl proxy as a census gives it',
    evidence: { endpoint: at(8001), requests: [census('v1.27.3')] },
    component: 'kubectl-proxy',
    grade: 'probable',
  },
  {
    name: 'kubectl proxy refusing the Host',
    evidence: plain(8001, { requests: [raw('/version', '403 Forbidden', '', '<h3>Unauthorized</h3>')] }),
    component: 'kubectl-proxy',
    grade: 'probable',
  },
  {
    name: 'kubectl proxy refusing elsewhere',
    evidence: plain(9999, { requests: [raw('/version', '403 Forbidden', '', '<h3>Unauthorized</h3>')] }),
    component: 'kubectl-proxy',
    grade: 'possible',
  },
  {
    name: 'health on 8001',
    evidence: plain(8001, { requests: [ok('/healthz')] }),
    component: 'kubectl-proxy',
    grade: 'possible',
  },
  {
    name: 'Rancher',
    evidence: tls(443, {
      certificate: PUBLIC,
      requests: [raw('/version', '401 Unauthorized', 'X-Api-Cattle-Auth: false\r\n', '{"type":"error"}')],
    }),
    component: 'rancher',
    grade: 'confirmed',
    authentication: 'required',
  },
  {
    name: 'Rancher by certificate and page',
    evidence: tls(443, {
      certificate: {
        subject: 'O=dynamic, CN=dynamic',
        issuer: 'O=dynamiclistener-org, CN=dynamiclistener-ca@1754248688',
      },
      requests: [raw('/version', '200 OK', '', '<html><title>Rancher</title></html>')],
    }),
    component: 'rancher',
    grade: 'confirmed',
  },
  {
    name: 'dashboard',
    evidence: tls(8443, {
      certificate: PUBLIC,
      requests: [raw('/version', '200 OK', '', '<html><title>Kubernetes Dashboard</title></html>')],
    }),
    component: 'kubernetes-dashboard',
    grade: 'confirmed',
  },
  {
    name: 'ingress default certificate',
    evidence: tls(443, {
      certificate: {
        subject: 'O=Acme Co,CN=Kubernetes Ingress Controller Fake Certificate',
        issuer: 'O=Acme Co,CN=Kubernetes Ingress Controller Fake Certificate',
        dnsNames: ['ingress.local'],
      },
      requests: [raw('/version', '404 Not Found', 'Server: nginx\r\n', '<html>')],
    }),
    component: 'other',
    grade: 'not',
  },
  {
    name: 'aggregated server of OpenShift',
    evidence: tls(8443, {
      certificate: {
        subject: 'CN=api.openshift-apiserver.svc',
        issuer: 'CN=openshift-service-serving-signer@1760000000',
        dnsNames: ['api.openshift-apiserver.svc', 'api.openshift-apiserver.svc.cluster.local'],
      },
      requests: [forbidden('/version'), ok('/healthz')],
    }),
    component: 'aggregated-apiserver',
    grade: 'confirmed',
    authentication: 'anonymous-health',
  },
  {
    name: 'aggregated server of cert-manager, 401',
    evidence: tls(443, {
      certificate: { subject: 'CN=', issuer: 'CN=metrics-ca', dnsNames: ['metrics-server.kube-system.svc'] },
      requests: [unauthorized('/version'), unauthorized('/healthz')],
    }),
    component: 'aggregated-apiserver',
    grade: 'confirmed',
    authentication: 'required',
  },
  {
    name: "konnectivity under a cluster's authority",
    evidence: tls(8132, {
      certificate: { subject: 'CN=konnectivity-server', issuer: 'CN=kubernetes-ca', dnsNames: ['konnectivity-server'] },
      requests: [{ path: '/version', error: 'http_malformed' }],
    }),
    component: 'konnectivity',
    grade: 'possible',
  },
  {
    name: 'controller manager of k3s',
    evidence: tls(10257, {
      certificate: {
        subject: 'CN=kube-controller-manager',
        issuer: 'CN=k3s-server-ca@1760000000',
        dnsNames: ['localhost'],
        ipAddresses: ['127.0.0.1'],
      },
      requests: [forbidden('/version', CACHE, ''), ok('/healthz', CACHE, '')],
    }),
    component: 'kube-controller-manager',
    grade: 'confirmed',
    authentication: 'anonymous-health',
  },
  {
    name: 'scheduler of RKE2, its certificate alone',
    evidence: tls(10259, {
      certificate: { subject: 'CN=kube-scheduler', issuer: 'CN=rke2-server-ca@1760000000', dnsNames: ['localhost'] },
    }),
    component: 'kube-scheduler',
    grade: 'probable',
  },
  {
    name: 'controller manager of k3s, its certificate alone',
    evidence: tls(443, {
      certificate: { subject: 'CN=kube-controller-manager', issuer: 'CN=k3s-server-ca@1760000000', dnsNames: [] },
    }),
    component: 'kube-controller-manager',
    grade: 'probable',
  },
  {
    name: 'scheduler of OpenShift off its port',
    evidence: tls(31000, {
      certificate: {
        subject: 'CN=scheduler.openshift-kube-scheduler.svc',
        issuer: 'CN=openshift-service-serving-signer@1760000000',
        dnsNames: ['scheduler.openshift-kube-scheduler.svc', 'scheduler.openshift-kube-scheduler.svc.cluster.local'],
      },
      requests: [forbidden('/version', CACHE, ''), ok('/healthz', CACHE, '')],
    }),
    component: 'kube-scheduler',
    grade: 'confirmed',
  },
  {
    name: 'controller manager of OpenShift off its port',
    evidence: tls(31001, {
      certificate: {
        subject: 'CN=kube-controller-manager.openshift-kube-controller-manager.svc',
        issuer: 'CN=openshift-service-serving-signer@1760000000',
        dnsNames: ['kube-controller-manager.openshift-kube-controller-manager.svc'],
      },
      requests: [forbidden('/version', CACHE, ''), ok('/healthz', CACHE, '')],
    }),
    component: 'kube-controller-manager',
    grade: 'confirmed',
  },
  {
    name: 'etcd peer of k3s off its port',
    evidence: tls(12380, {
      certificate: { subject: 'CN=etcd-peer', issuer: 'CN=etcd-peer-ca@1760000000', dnsNames: ['localhost'] },
      requests: [{ path: '/version', error: 'tls_client_cert_required' }],
    }),
    component: 'etcd-peer',
    grade: 'probable',
    authentication: 'client-certificate',
  },
  {
    name: 'kubelet of OpenShift',
    evidence: tls(10250, {
      certificate: {
        subject: 'O=system:nodes,CN=system:node:master-0',
        issuer: 'CN=kube-csr-signer_@1760000000',
        dnsNames: ['master-0'],
      },
      requests: [notFound('/version')],
    }),
    component: 'kubelet',
    grade: 'probable',
    distribution: 'openshift',
  },
  {
    name: 'etcd peer of OpenShift off its port',
    evidence: tls(12380, {
      certificate: {
        subject: 'O=system:etcd-peers,CN=system:etcd-peer:master-0',
        issuer: 'OU=openshift,CN=openshift-etcd_etcd-signer@1760000000',
        dnsNames: ['localhost'],
      },
      requests: [{ path: '/version', error: 'tls_client_cert_required' }],
    }),
    component: 'etcd-peer',
    grade: 'probable',
    distribution: 'openshift',
  },
  {
    name: 'kubectl proxy on the old insecure port',
    evidence: plain(8080, { requests: [rootList(FULL, FLOW), version(FIELDS_1_37), ok('/healthz')] }),
    component: 'kubectl-proxy',
    grade: 'confirmed',
    authentication: 'anonymous-full',
  },
  {
    name: 'a version in the clear that has no port for that',
    evidence: plain(9000, { requests: [version(FIELDS_1_37), ok('/healthz')] }),
    component: 'kube-apiserver',
    grade: 'confirmed',
    authentication: 'anonymous-public',
  },
  {
    name: 'insecure port before 1.20',
    evidence: plain(8080, {
      requests: [
        raw('/version', '200 OK', CACHE + JSON_TYPE, versionBody({ ...FIELDS_1_30, ...FIELDS_1_19 })),
        ok('/healthz', CACHE, ''),
      ],
    }),
    component: 'kube-apiserver',
    grade: 'confirmed',
    authentication: 'anonymous-full',
  },
  {
    name: 'a web server that lends its credentials',
    evidence: plain(8080, { requests: [rootList(`Server: nginx\r\n${FULL}`, FLOW)] }),
    component: 'kube-apiserver',
    grade: 'confirmed',
    authentication: 'anonymous-full',
  },
  {
    name: 'OpenShift behind a public certificate, its authorities written CN first',
    evidence: tls(6443, {
      certificate: PUBLIC,
      acceptableClientCAs: ['CN=admin-kubeconfig-signer,OU=openshift', 'CN=aggregator-signer,OU=openshift'],
      requests: [forbidden('/version'), ok('/healthz')],
    }),
    component: 'kube-apiserver',
    grade: 'confirmed',
    distribution: 'openshift',
  },
  {
    name: 'webhook',
    evidence: tls(443, {
      certificate: { subject: 'CN=hook.default.svc', issuer: 'CN=kubernetes', dnsNames: ['hook.default.svc'] },
    }),
    component: 'other',
    grade: 'not',
  },
  {
    name: 'Bacalhau',
    evidence: plain(1234, {
      requests: [raw('/version', '200 OK', JSON_TYPE, '{"Major":"1","Minor":"2","GitVersion":"v1.2.0"}')],
    }),
    component: 'other',
    grade: 'not',
  },
  {
    name: 'mesh proxy with API names',
    evidence: tls(6443, { certificate: { dnsNames: [...NAMES, 'istio-sidecar-injector.istio-system.svc'] } }),
    component: 'kube-apiserver',
    grade: 'possible',
  },
  {
    name: 'a web server',
    evidence: tls(443, {
      certificate: PUBLIC,
      requests: [raw('/version', '404 Not Found', 'Server: nginx\r\n', '<html><center>nginx</center></html>')],
    }),
    component: null,
    grade: 'not',
    authentication: null,
  },
  {
    name: 'a Go web server',
    evidence: tls(443, { certificate: PUBLIC, requests: [notFound('/version'), notFound('/healthz')] }),
    component: null,
    grade: 'not',
  },
  { name: 'nothing', evidence: { endpoint: at(443) }, component: null, grade: 'not', authentication: null },
];
