// The honeypot grade: every contradiction is found, and what explains itself stays small.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EvidenceRequest } from '../../services/feeds/evidence.ts';
import { CONSISTENCY_CHECKS } from '../../services/fingerprints/consistency.ts';
import { judge } from '../../services/fingerprints/match.ts';
import { UNAUTHORIZED_BODY } from '../../services/fingerprints/status-body.ts';
import { FIELDS_1_30, FIELDS_1_37, raw, versionBody } from './host-forms.ts';
import { NOW } from './labelled.ts';

const AUDIT = 'Audit-Id: 0d9c9dc7-5d70-4b22-a73c-3a4b5c6d7e8f\r\n';
const CACHE = 'Cache-Control: no-cache, private\r\n';
const TYPE = 'Content-Type: application/json\r\n';
const FLOW =
  'X-Kubernetes-Pf-Flowschema-Uid: 3c773d03-be1a-4aad-a3a2-0bd94e102e91\r\nX-Kubernetes-Pf-Prioritylevel-Uid: cab9526e-163c-4ece-a5e8-2aef5f2840f9\r\n';
const HEAD = AUDIT + CACHE + TYPE + FLOW;

const version = (body: string, head = HEAD): EvidenceRequest => raw('/version', '200 OK', head, body);
const fields = (change: Readonly<Record<string, string>>): EvidenceRequest =>
  version(versionBody({ ...FIELDS_1_30, ...change }));
const reasonsOf = (request: EvidenceRequest) =>
  judge({ endpoint: { address: '', port: 6443 }, transport: 'tls', requests: [request] }, { now: NOW }).honeypot;

/** reason -> an answer that has it */
const CASES: readonly (readonly [string, EvidenceRequest])[] = [
  ['version_keys_missing', version(JSON.stringify({ major: '1', minor: '30', gitVersion: 'v1.30.1' }))],
  ['version_extract_as_body', version('{"gitVersion":"v1.30.1"}')],
  ['version_not_a_version', fields({ gitVersion: 'latest' })],
  ['version_types_wrong', version('{"major":1,"minor":30,"gitVersion":"v1.30.1"}')],
  ['version_contradicts_itself', fields({ minor: '1.30' })],
  ['version_contradicts_itself', fields({ major: '2' })],
  ['version_contradicts_itself', fields({ goVersion: 'go1.12.1' })],
  ['version_contradicts_itself', fields({ buildDate: '2020-01-01T00:00:00Z' })],
  ['built_in_the_future', fields({ buildDate: '2027-01-01T00:00:00Z' })],
  ['version_key_order', version(versionBody(Object.fromEntries(Object.entries(FIELDS_1_30).reverse())))],
  ['version_trailing_newline', version(`${versionBody(FIELDS_1_30)}\n`)],
  ['version_not_indented', version(JSON.stringify(FIELDS_1_30))],
  [
    'emulation_fields',
    fields({ gitVersion: 'v1.37.2', minor: '37', buildDate: FIELDS_1_37.buildDate, goVersion: 'go1.26.1' }),
  ],
  ['emulation_fields', version(versionBody({ ...FIELDS_1_37, minor: '30', gitVersion: 'v1.30.1' }))],
  ['minor_plus', fields({ minor: '30+' })],
  [
    'minor_plus',
    fields({
      minor: '20',
      gitVersion: 'v1.20.10-gke.301',
      buildDate: '2021-08-25T17:36:26Z',
      goVersion: 'go1.15.13b5',
    }),
  ],
  ['git_commit_form', fields({ gitCommit: 'unknown' })],
  ['git_tree_state', fields({ gitTreeState: 'pristine' })],
  ['build_date_form', fields({ buildDate: 'yesterday' })],
  ['go_version_form', fields({ goVersion: '1.22' })],
  ['compiler', fields({ compiler: 'gcc' })],
  ['platform', fields({ platform: 'Linux' })],
  ['no_audit_id', version(versionBody(FIELDS_1_30), CACHE + TYPE + FLOW)],
  ['no_flow_schema', version(versionBody(FIELDS_1_30), AUDIT + CACHE + TYPE)],
  ['no_cache_control', version(versionBody(FIELDS_1_30), AUDIT + TYPE + FLOW)],
  ['server_header', version(versionBody(FIELDS_1_30), `${HEAD}Server: nginx\r\n`)],
  ['header_order', version(versionBody(FIELDS_1_30), TYPE + CACHE + AUDIT + FLOW)],
  ['audit_id_form', version(versionBody(FIELDS_1_30), `Audit-Id: 1\r\n${CACHE}${TYPE}${FLOW}`)],
  [
    'flow_schema_form',
    version(versionBody(FIELDS_1_30), `${AUDIT}${CACHE}${TYPE}X-Kubernetes-Pf-Flowschema-Uid: 1\r\n`),
  ],
  ['flow_schema_on_401', raw('/version', '401 Unauthorized', HEAD, UNAUTHORIZED_BODY)],
  ['status_body_form', raw('/version', '401 Unauthorized', AUDIT + CACHE + TYPE, UNAUTHORIZED_BODY.trimEnd())],
  ['status_code_differs', raw('/version', '403 Forbidden', AUDIT + CACHE + TYPE, UNAUTHORIZED_BODY)],
];

for (const [reason, request] of CASES) {
  test(`found: ${reason} (${'response' in request ? request.response.length : 0})`, () => {
    const { grade, reasons } = reasonsOf(request);
    if (reason !== 'status_body_form' && reason !== 'status_code_differs')
      assert.ok(reasons.includes(reason), reasons.join());
    else
      assert.ok(
        judge(
          {
            endpoint: { address: '', port: 6443 },
            certificate: { dnsNames: ['kubernetes.default.svc.x'] },
            requests: [request],
          },
          { now: NOW },
        ).honeypot.reasons.includes(reason),
      );
    if (reasons.includes(reason)) assert.notEqual(grade, 'none');
  });
}

test('every check has a case', () => {
  const tested = new Set(CASES.map(([reason]) => reason));
  assert.deepEqual(
    CONSISTENCY_CHECKS.map((check) => check.reason).filter((reason) => !tested.has(reason)),
    [],
  );
});

test('honest builds have no reason: emulation, vendor suffixes, OpenShift minors, rebuilds after the end of life', () => {
  const honest: readonly Readonly<Record<string, string>>[] = [
    FIELDS_1_37,
    FIELDS_1_30,
    { ...FIELDS_1_30, minor: '30+', gitVersion: 'v1.30.14-eks-2d5f260', buildDate: '2026-10-01T00:00:00Z' },
    { ...FIELDS_1_37, emulationMinor: '36', minCompatibilityMinor: '35' },
    { ...FIELDS_1_30, gitVersion: 'v1.30.14-gke.1091000' },
    { ...FIELDS_1_30, gitVersion: 'v1.30.14+k3s1' },
    { ...FIELDS_1_30, goVersion: 'go1.24.2 X:boringcrypto' },
  ];
  for (const build of honest)
    assert.deepEqual(reasonsOf(version(versionBody(build))), { grade: 'none', reasons: [] }, JSON.stringify(build));
});

test('a head that a proxy wrote anew counts once', () => {
  const { reasons } = reasonsOf(version(versionBody(FIELDS_1_30), `Server: nginx\r\n${TYPE}${AUDIT}${CACHE}${FLOW}`));
  assert.deepEqual(reasons, ['server_header']);
});

test('one explicable sign is low, two are medium, an impossible body is high', () => {
  assert.equal(reasonsOf(version(versionBody(FIELDS_1_30), CACHE + TYPE + FLOW)).grade, 'low');
  assert.equal(reasonsOf(version(versionBody(FIELDS_1_30), `${CACHE}${TYPE}${FLOW}Server: nginx\r\n`)).grade, 'medium');
  assert.equal(reasonsOf(fields({ goVersion: 'go1.12.1' })).grade, 'high');
});
