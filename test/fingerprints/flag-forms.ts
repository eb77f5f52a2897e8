// For every flag a host that has it, with all its flags, and a host of nearly the same form that has it not.
import type { Evidence, EvidenceRequest } from '../../services/feeds/evidence.ts';
import { FIELDS_1_30, HOST_FORMS, raw, versionBody } from './host-forms.ts';

function hostForm(name: string): Evidence {
  const found = HOST_FORMS.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no host form is named ${name}`);
  return found.evidence;
}

const NAMES = ['kubernetes', 'kubernetes.default', 'kubernetes.default.svc', 'kubernetes.default.svc.cluster.local'];
const expiring = (notAfter: string): Evidence => ({
  endpoint: { address: '', port: 6443 },
  observedAt: '2026-11-23T18:20:00Z',
  certificate: { dnsNames: NAMES, notAfter },
});
const SEEN = '2026-11-23T18:20:00Z';
const busy = (status: string): Evidence => ({
  endpoint: { address: '', port: 6443 },
  observedAt: SEEN,
  certificate: { dnsNames: NAMES },
  requests: [raw('/version', status, '', 'later')],
});
const version = (fields: Partial<typeof FIELDS_1_30>, head = ''): EvidenceRequest =>
  raw('/version', '200 OK', `${head}Content-Type: application/json\r\n`, versionBody({ ...FIELDS_1_30, ...fields }));
const disclosing = (fields: Partial<typeof FIELDS_1_30>, head = ''): Evidence => ({
  endpoint: { address: '', port: 6443 },
  observedAt: SEEN,
  certificate: { dnsNames: NAMES },
  requests: [version(fields, head)],
});
const OLD = { buildDate: '2020-07-15T16:50:00Z', goVersion: 'go1.13.9', minor: '18' };

type FlagForm = readonly [name: string, evidence: Evidence, flags: readonly string[], ignored?: true];

export const FLAG_FORMS: readonly FlagForm[] = [
  ['discloses', disclosing({}), ['discloses_version']],
  ['hides', hostForm('B hidden, AKS'), []],
  ['lets all in', hostForm('E root lists paths'), ['anonymous_full', 'kubeadm_style_certificates']],
  ['lists paths behind a public name', hostForm('root lists paths, an engine saw nothing else'), ['anonymous_full']],
  ['in the clear', hostForm('health on 10248'), ['plain_http']],
  [
    'in the clear, nothing recognised',
    { endpoint: { address: '', port: 80 }, observedAt: SEEN, transport: 'plain' },
    [],
  ],
  ['a stub', hostForm('stub as an engine gives it'), ['invalid_version_body']],
  ['edited', hostForm('edited body'), ['discloses_version', 'fabricated_version']],
  ['a vendor', hostForm('census row'), ['discloses_version', 'vendor_backports']],
  ['sources differ', disclosing({ ...OLD, gitVersion: 'v1.18.6' }), ['discloses_version', 'range_sources_differ']],
  ['a mesh', hostForm('mesh proxy with API names'), ['foreign_service_names']],
  ['a webhook', hostForm('webhook'), []],
  ['kubeadm', hostForm('B hidden, own certificate'), ['kubeadm_style_certificates']],
  ['a public certificate', hostForm('D forbidden'), ['public_certificate']],
  ['a proxy before it', disclosing({}, 'Server: nginx\r\n'), ['discloses_version', 'behind_proxy']],
  [
    'a proxy that takes the TLS away',
    hostForm('a version in the clear that has no port for that'),
    ['discloses_version', 'plain_http', 'behind_proxy'],
  ],
  ['a controller manager that says so', hostForm('controller manager of OpenShift off its port'), []],
  [
    'an old port without TLS',
    hostForm('insecure port before 1.20'),
    ['discloses_version', 'anonymous_full', 'plain_http', 'range_sources_differ'],
  ],
  ['a web server', hostForm('a web server'), []],
  ['unwell', hostForm('controller manager, unwell'), ['unwell']],
  ['kube-proxy without news', hostForm('kube-proxy stale'), ['plain_http', 'unwell']],
  ['starting', busy('503 Service Unavailable'), ['starting_or_throttled']],
  ['throttled', busy('429 Too Many Requests'), ['starting_or_throttled']],
  ['broken', busy('500 Internal Server Error'), []],
  ['expired', expiring('2026-11-23T18:19:59Z'), ['certificate_expired']],
  ['not yet expired', expiring('2026-11-23T18:20:01Z'), []],
  ['one of three', hostForm('controller manager elsewhere'), ['one_of_the_controllers']],
  ['seen at no time', { endpoint: { address: '', port: 80 } }, ['observed_at_assumed']],
  ['seen at an unreadable time', { endpoint: { address: '', port: 80 }, observedAt: 'today' }, ['observed_at_assumed']],
  [
    'read with fields left out',
    { endpoint: { address: '', port: 80 }, observedAt: SEEN },
    ['evidence_fields_ignored'],
    true,
  ],
  ['on its port', hostForm('controller manager by its certificate and port'), []],
];
