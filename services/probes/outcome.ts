// How a probe ended: a closed set of values, never an exception.

export type OutcomeClass = 'positive' | 'negative' | 'transient' | 'not_probed' | 'ours';

/** Every outcome, its class and one sentence. Stored with each observation; docs/method.md is tested against this table. */
export const OUTCOMES = {
  blocked_policy: { class: 'not_probed', says: 'The never-probe table, an opt-out or the scope forbids this address.' },
  scope_blocked_us: {
    class: 'not_probed',
    says: 'Its network began to refuse us during the survey, so the rest of it was left alone.',
  },
  invalid_target: { class: 'not_probed', says: 'The target is no address and no name.' },
  dns_nxdomain: { class: 'negative', says: 'The name does not exist.' },
  dns_servfail: { class: 'transient', says: 'The resolver could not answer.' },
  dns_timeout: { class: 'transient', says: 'The resolver did not answer in time.' },
  dns_no_public_address: { class: 'not_probed', says: 'The name has no address that may be probed.' },
  tcp_refused: { class: 'negative', says: 'The port is closed (RST on SYN).' },
  tcp_timeout: { class: 'transient', says: 'No answer to the connection attempt.' },
  tcp_unreachable: { class: 'transient', says: 'A router says that host or network cannot be reached.' },
  tcp_reset: { class: 'transient', says: 'The connection was reset before any protocol was spoken (plain ports).' },
  tls_timeout: { class: 'transient', says: 'The TLS handshake did not finish in time.' },
  tls_not_tls: { class: 'negative', says: 'The port speaks, but not TLS.' },
  tls_alert: { class: 'negative', says: 'The server refused the handshake with a TLS alert.' },
  tls_closed: { class: 'transient', says: 'The server closed the connection during the handshake.' },
  tls_reset: { class: 'transient', says: 'The server reset the connection during the handshake.' },
  tls_protocol: { class: 'negative', says: 'The handshake broke the TLS protocol.' },
  tls_msg_too_large: { class: 'negative', says: 'A handshake message was larger than we read.' },
  tls_client_cert_required: { class: 'positive', says: 'The server demands a client certificate; its own was read.' },
  http_timeout: { class: 'transient', says: 'The HTTP answer did not finish in time.' },
  http_malformed: { class: 'negative', says: 'The answer is not HTTP/1.x.' },
  http_header_overflow: { class: 'negative', says: 'The answer has more header bytes than we read.' },
  http_interim_flood: { class: 'negative', says: 'The server sent interim responses without end.' },
  http_incomplete: { class: 'transient', says: 'The answer ended before it was whole.' },
  http_body_cap: { class: 'negative', says: 'The body is larger than we read.' },
  http_upgrade: { class: 'negative', says: 'The server switched protocols.' },
  not_kubernetes: { class: 'negative', says: 'A whole answer that no Kubernetes component gives.' },
  k8s_version_open: { class: 'positive', says: 'The endpoint discloses its Kubernetes version.' },
  k8s_auth_required: { class: 'positive', says: 'A Kubernetes answer that asks for credentials.' },
  k8s_invalid_version: { class: 'negative', says: 'An answer to /version that no Kubernetes build prints.' },
  k8s_component: { class: 'positive', says: 'A Kubernetes component that answers without its version.' },
  error_ours: { class: 'ours', says: 'Our own side failed; it says nothing about the host.' },
} as const satisfies Record<string, { class: OutcomeClass; says: string }>;

export type Outcome = keyof typeof OUTCOMES;

export const OUTCOME_NAMES = Object.keys(OUTCOMES) as Outcome[];
