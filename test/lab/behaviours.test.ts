// The lab's answers have the bytes of the real components: header order, header case, bodies, lengths.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { buildOf } from '../../services/lab/builds.ts';
import type { Anonymous, LabKind } from '../../services/lab/host.ts';
import { capture, labAnswer, shape } from './capture.ts';

/** Capture, kind that plays it, who may read, paths whose answer is long and chunked in the real one. */
const PAIRS: readonly (readonly [string, Exclude<LabKind, 'hostile'>, Anonymous])[] = [
  ['kube-apiserver-6443', 'kube-apiserver', 'public'],
  ['kube-apiserver-noanon-6444', 'kube-apiserver', 'off'],
  ['kube-controller-manager-10257', 'kube-controller-manager', 'off'],
  ['kubelet-10250', 'kubelet', 'off'],
  ['kubelet-healthz-10248', 'kubelet-healthz', 'off'],
  ['kubelet-readonly-10255', 'kubelet-readonly', 'off'],
  ['kube-proxy-metrics-10249', 'kube-proxy-metrics', 'off'],
  ['kube-proxy-health-10256', 'kube-proxy-healthz', 'off'],
  ['etcd-plain-12379', 'etcd-client', 'off'],
  ['etcd-plain-peer-12380', 'etcd-peer', 'off'],
  ['etcd-tls-22379', 'etcd-client', 'off'],
  ['etcd-tls-peer-22380', 'etcd-peer', 'off'],
  ['etcd-metrics-2381', 'etcd-metrics', 'off'],
];

/** Real metrics are hundreds of lines and chunked; the lab's are a few. Everything else must be equal. */
const isMetrics = (path: string, response: string) => path === '/metrics' && response.startsWith('HTTP/1.1 200');

const length = (response: string) => Number(/Content-Length: (\d+)/.exec(response)?.[1]);
const status = (response: string) => Number(response.slice(9, 12));

describe('behaviours against captures', () => {
  for (const [name, kind, anonymous] of PAIRS) {
    it(`${kind} (${anonymous}) answers like ${name}`, () => {
      const { requests } = capture(name);
      let compared = 0;
      for (const { path, response } of requests) {
        if (isMetrics(path, response)) continue;
        assert.deepEqual(shape(labAnswer(kind, path, { anonymous })), shape(response), `${name} ${path}`);
        compared += 1;
      }
      assert.ok(compared >= 4, `${compared} answers compared`);
    });
  }
});

describe('bodies', () => {
  it('has the lengths that upstream code gives', () => {
    const denied = (path: string, method = 'GET') =>
      length(labAnswer('kube-apiserver', path, { anonymous: 'denied', method }));
    assert.equal(length(labAnswer('kube-apiserver', '/version', { anonymous: 'off' })), 129);
    assert.equal(denied('/'), 185);
    assert.equal(denied('/', 'OPTIONS'), 189);
    assert.equal(denied('/version'), 192);
    assert.equal(denied('/metrics'), 192);
  });

  it('prints /version with emulation fields from 1.33, without a newline at the end', () => {
    const body = (version: string) =>
      shape(labAnswer('kube-apiserver', '/version', { anonymous: 'public', build: buildOf('plain', version) })).body;
    const keys = (text: string) => [...text.matchAll(/^ {2}"(\w+)":/gm)].map(([, key]) => key);
    const old = [
      'major',
      'minor',
      'gitVersion',
      'gitCommit',
      'gitTreeState',
      'buildDate',
      'goVersion',
      'compiler',
      'platform',
    ];
    assert.deepEqual(keys(body('1.32.3')), old);
    assert.deepEqual(keys(body('1.33.2')), [
      ...['major', 'minor', 'emulationMajor', 'emulationMinor', 'minCompatibilityMajor', 'minCompatibilityMinor'],
      ...old.slice(2),
    ]);
    assert.match(
      body('1.36.0'),
      /"emulationMinor": "36",\n {2}"minCompatibilityMajor": "1",\n {2}"minCompatibilityMinor": "35",/,
    );
    assert.match(body('1.36.0'), /\}$/);
  });

  it('sends the headers of its age', () => {
    const head = (version: string, anonymous: Anonymous, path = '/version') =>
      shape(labAnswer('kube-apiserver', path, { anonymous, build: buildOf('plain', version) })).head.map(
        (line) => line.split(':')[0],
      );
    assert.ok(!head('1.21.14', 'public').includes('Audit-Id'));
    assert.deepEqual(head('1.22.17', 'denied').slice(1), [
      ...['Audit-Id', 'Cache-Control', 'Content-Type', 'X-Content-Type-Options', 'X-Kubernetes-Pf-Flowschema-Uid'],
      ...['X-Kubernetes-Pf-Prioritylevel-Uid', 'Date', 'Content-Length', 'Connection'],
    ]);
    assert.deepEqual(head('1.22.17', 'off').slice(1), [
      'Audit-Id',
      'Cache-Control',
      'Content-Type',
      'Date',
      'Content-Length',
      'Connection',
    ]);
    assert.ok(!head('1.19.16', 'public').includes('X-Kubernetes-Pf-Flowschema-Uid'));
    assert.ok(!head('1.18.2', 'public').includes('Cache-Control'));
    assert.ok(!head('1.14.10', 'public').includes('Cache-Control'));
    assert.ok(head('1.16.15', 'public').includes('Cache-Control'));
  });

  it('lets everybody read only what its setting says', () => {
    const statuses = (anonymous: Anonymous, version = '1.30.0') =>
      ['/', '/version', '/healthz', '/livez', '/metrics'].map((path) =>
        status(labAnswer('kube-apiserver', path, { anonymous, build: buildOf('plain', version) })),
      );
    assert.deepEqual(statuses('public'), [403, 200, 200, 200, 403]);
    assert.deepEqual(statuses('public', '1.14.10'), [403, 200, 200, 403, 403]);
    assert.deepEqual(statuses('off'), [401, 401, 401, 401, 401]);
    assert.deepEqual(statuses('health'), [401, 401, 200, 200, 401]);
    assert.deepEqual(statuses('denied'), [403, 403, 403, 403, 403]);
    assert.deepEqual(statuses('full'), [200, 200, 200, 200, 200]);
  });

  it('indents a Status for browsers and for curl, without the newline', () => {
    const answer = labAnswer('kube-apiserver', '/', { anonymous: 'off', userAgent: 'curl/8.5.0' });
    assert.match(answer, /\r\n\r\n\{\n {2}"kind": "Status",\n/);
    assert.match(answer, /"code": 401\n\}$/);
  });

  it('knows /livez on new schedulers only', () => {
    const livez = (kind: 'kube-scheduler' | 'kube-controller-manager', version: string) =>
      status(labAnswer(kind, '/livez', { build: buildOf('plain', version) }));
    assert.equal(livez('kube-scheduler', '1.36.3'), 200);
    assert.equal(livez('kube-scheduler', '1.20.15'), 404);
    assert.equal(livez('kube-controller-manager', '1.36.3'), 404);
  });

  it('answers gRPC to HTTP/1.1 as konnectivity does', () => {
    assert.equal(labAnswer('konnectivity', '/version').charCodeAt(3), 4);
  });
});
