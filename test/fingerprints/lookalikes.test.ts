// What looks like Kubernetes and is not: never confirmed and never probable, as an API server or as anything else.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CertificateSummary, Evidence, EvidenceRequest } from '../../services/feeds/evidence.ts';
import { judge } from '../../services/fingerprints/match.ts';
import { UNAUTHORIZED_BODY } from '../../services/fingerprints/status-body.ts';
import { FIELDS_1_30, FIELDS_1_37, raw, versionBody } from './host-forms.ts';
import { NOW, readLabelledCertificates, readLabelledVersions } from './labelled.ts';

const JSON_TYPE = 'Content-Type: application/json\r\n';
const TEXT_TYPE = 'Content-Type: text/plain; charset=utf-8\r\n';
const certificate = (subject: string, issuer: string, ...dnsNames: string[]): CertificateSummary => ({
  subject,
  issuer,
  dnsNames,
  ipAddresses: [],
});
const NAMES = ['kubernetes', 'kubernetes.default', 'kubernetes.default.svc', 'kubernetes.default.svc.cluster.local'];
const PUBLIC = certificate('CN=x.example.org', 'CN=R3', 'x.example.org');
const COPIED = certificate('CN=kube-apiserver', 'CN=kubernetes', ...NAMES);
const ok = raw('/healthz', '200 OK', TEXT_TYPE, 'ok');
const notFound = (path: string): EvidenceRequest => raw(path, '404 Not Found', TEXT_TYPE, '404 page not found\n');
const copiedBody = (head: string, fields: Readonly<Record<string, string>> = FIELDS_1_30): EvidenceRequest =>
  raw('/version', '200 OK', head + JSON_TYPE, versionBody(fields));

const LOOKALIKES: readonly (readonly [
  name: string,
  port: number,
  seen: CertificateSummary | null,
  answers: readonly EvidenceRequest[],
])[] = [
  ['nginx with a copied body', 443, PUBLIC, [copiedBody('Server: nginx\r\n'), ok]],
  ['Werkzeug with a copied body', 6443, PUBLIC, [copiedBody('Server: Werkzeug/3.0.1 Python/3.12.1\r\n'), ok]],
  ['Werkzeug under copied names', 6443, COPIED, [copiedBody('Server: Werkzeug/3.0.1 Python/3.12.1\r\n'), ok]],
  ['a Go program with a copied body', 6443, PUBLIC, [copiedBody(''), ok]],
  ['a Go program with a copied body of 1.37', 443, null, [copiedBody('', FIELDS_1_37), ok]],
  ['a Go program with a copied body in the clear', 8001, null, [copiedBody(''), ok]],
  [
    'a copied body of 1.18 behind Apache',
    443,
    PUBLIC,
    [copiedBody('Server: Apache\r\n', { ...FIELDS_1_30, minor: '18', gitVersion: 'v1.18.6' })],
  ],
  [
    'a stub of four keys',
    6443,
    PUBLIC,
    [
      raw(
        '/version',
        '200 OK',
        JSON_TYPE,
        '{"major":"1","minor":"27","gitVersion":"v1.27.3","platform":"linux/amd64"}',
      ),
    ],
  ],
  [
    'a page that quotes a version',
    443,
    PUBLIC,
    [raw('/version', '200 OK', 'Content-Type: text/html\r\n', `<pre>${versionBody(FIELDS_1_30)}</pre>`)],
  ],
  ['Bacalhau', 443, PUBLIC, [raw('/version', '200 OK', JSON_TYPE, '{"Major":"1","Minor":"2","GitVersion":"v1.2.0"}')]],
  [
    'Docker',
    2375,
    null,
    [
      raw(
        '/version',
        '200 OK',
        JSON_TYPE,
        '{"Version":"27.1","ApiVersion":"1.46","GitCommit":"f9522e5","GoVersion":"go1.22.5","Os":"linux"}',
      ),
    ],
  ],
  ['a registry', 443, PUBLIC, [raw('/version', '401 Unauthorized', JSON_TYPE, '{"errors":[{"code":"UNAUTHORIZED"}]}')]],
  [
    'an API that copies the words of a refusal',
    443,
    PUBLIC,
    [raw('/version', '401 Unauthorized', JSON_TYPE, '{"message":"Unauthorized","code":401}')],
  ],
  ['an exact refusal alone', 443, PUBLIC, [raw('/version', '401 Unauthorized', JSON_TYPE, UNAUTHORIZED_BODY)]],
  ['a Go program with health', 443, PUBLIC, [notFound('/version'), ok]],
  ['Prometheus', 9090, null, [notFound('/version'), notFound('/healthz')]],
  ['Argo CD', 443, PUBLIC, [raw('/version', '200 OK', 'Content-Type: text/html\r\n', '<title>Argo CD</title>'), ok]],
  ['Traefik', 443, certificate('CN=TRAEFIK DEFAULT CERT', 'CN=TRAEFIK DEFAULT CERT'), [notFound('/version')]],
  [
    'ingress-nginx',
    443,
    certificate(
      'O=Acme Co,CN=Kubernetes Ingress Controller Fake Certificate',
      'O=Acme Co,CN=Kubernetes Ingress Controller Fake Certificate',
      'ingress.local',
    ),
    [raw('/version', '404 Not Found', '', '<html>')],
  ],
  [
    'a router of OpenShift',
    443,
    certificate('CN=*.apps.c.example.org', 'CN=ingress-operator@1760000000', '*.apps.c.example.org'),
    [],
  ],
  [
    'a webhook',
    9443,
    certificate('CN=hook.ns.svc', 'CN=hook-ca', 'hook.ns.svc', 'hook.ns.svc.cluster.local'),
    [notFound('/version')],
  ],
  [
    'a proxy of metrics',
    8443,
    certificate('CN=x@1760000000', 'CN=x-ca@1760000000', 'x'),
    [raw('/version', '401 Unauthorized', TEXT_TYPE, 'Unauthorized\n')],
  ],
  [
    'an application with a certificate of the cluster',
    443,
    certificate('CN=app', 'CN=kubernetes', 'app.example.org'),
    [],
  ],
  ['a machine that is called kubernetes', 443, certificate('CN=kubernetes', 'CN=R3', 'kubernetes'), []],
  ['a mesh with the names of the API', 443, certificate('CN=x', 'CN=R3', ...NAMES, 'istiod.istio-system.svc'), [ok]],
  ['an agent of a mesh', 15021, null, [notFound('/version'), ok]],
  ['an authority called ca', 443, certificate('CN=x', 'CN=ca', 'x.example.org'), []],
];

for (const [name, port, seen, requests] of LOOKALIKES) {
  test(`lookalike: ${name}`, () => {
    const evidence: Evidence = {
      endpoint: { address: '192.0.2.1', port },
      observedAt: NOW,
      transport: seen === null && port !== 443 ? 'plain' : 'tls',
      ...(seen === null ? {} : { certificate: seen }),
      requests,
    };
    const { component, grade, distribution } = judge(evidence, { now: NOW });
    assert.ok(grade === 'possible' || grade === 'not', `${component} ${grade}`);
    assert.notEqual(distribution?.slug, 'aks');
  });
}

test('fields that an engine does not give speak against nobody', () => {
  const version = (headers: Readonly<Record<string, string>>): Evidence => ({
    endpoint: { address: '192.0.2.1', port: 6443 },
    observedAt: NOW,
    requests: [{ path: '/version', status: 200, headers, body: versionBody(FIELDS_1_30) }],
  });
  const judged = (headers: Readonly<Record<string, string>>): string => {
    const { grade, honeypot, indicators } = judge(version(headers), { now: NOW });
    return `${grade}, ${honeypot.grade}, ${indicators['auditId']}`;
  };
  const FEW = { 'content-type': 'application/json', date: 'Mon, 23 Nov 2026 18:16:40 GMT' };
  assert.equal(judged(FEW), 'probable, none, null');
  assert.equal(judged({ ...FEW, server: 'nginx' }), 'possible, low, null');
  assert.equal(judged({ ...FEW, 'content-length': '300' }), 'possible, medium, false');
});

test('a certificate of a lookalike is no API server, on whatever port it is seen', () => {
  const rows = readLabelledCertificates().filter(
    ({ lookalike, component }) => lookalike && component !== 'kube-apiserver',
  );
  assert.ok(rows.length >= 12);
  for (const { label, evidence } of rows) {
    for (const port of [443, 6443, 8443, 16443]) {
      const { component, grade } = judge({ ...evidence, endpoint: { address: '', port } }, { now: NOW });
      assert.ok(component !== 'kube-apiserver' || grade === 'possible', `${label} on ${port}: ${component} ${grade}`);
    }
  }
});

test('a version string that no API server prints makes none', () => {
  const NEVER = new Set(['unstamped', 'not-an-apiserver']);
  const strings = readLabelledVersions().filter(({ label }) => NEVER.has(label));
  assert.ok(strings.length > 1);
  for (const { gitVersion } of strings) {
    const body = JSON.stringify({ gitVersion });
    const requests = [{ path: '/version', status: 200, body }];
    const { component } = judge({ endpoint: { address: '', port: 6443 }, requests }, { now: NOW });
    assert.notEqual(component, 'kube-apiserver', gitVersion);
  }
});
