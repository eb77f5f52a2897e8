// Criminal IP: banners. Form: a stored reply and the client of uncover (sources/agent/criminalip at 92e6147).
import { nameText } from '../formats/certificates.ts';
import { integerOf, member } from '../json.ts';
import type { SearchEngine } from './declaration.ts';
import { answerOf, certificateOf, count, factsOf, rowOf, text, withVersion } from './readings.ts';

const OK = 200;

export const CRIMINAL_IP: SearchEngine = {
  type: 'criminalip',
  title: 'Criminal IP banners',
  baseUrl: 'https://api.criminalip.io',
  keyEnv: 'CRIMINALIP_API_KEY',
  language: 'Criminal IP filters, e.g. port: 6443 product: kubernetes',
  terms: "Criminal IP's terms of service.",
  cost: "1 credit a page of 10, by the plan's monthly credits",
  upstreams: [],
  spacingMs: 1000,
  unverified:
    'the cost of a page, statuses of refusals, a filter for names of certificates; times have no zone and are left out',
  queries: {
    'kube-apiserver': '"kubernetes.default.svc.cluster.local"',
    kubelet: 'port: 10250 product: kubernetes',
    etcd: 'product: etcd',
  },
  // Offsets go in tens and end at 9,900.
  paging: { by: 'offset', first: 0, size: 10, maxRows: 9910, advance: 'pages' },
  creditsPerPage: 1,
  // The status that is meant stands in the reply, whatever HTTP says.
  manners: {
    refusal: (reply, status) => {
      const meant = integerOf(member(reply, 'status'), 100, 999) ?? status;
      const says = text(member(reply, 'message')) ?? '';
      if (meant === OK) return null;
      if (/limit exceeded|credit|quota/i.test(says)) return 'credits';
      if (meant === 401 || meant === 403) return 'credentials';
      if (meant === 429) return 'rate';
      return meant >= 500 ? 'unavailable' : 'query';
    },
  },
  ask: ({ query, key, place }) => ({
    path: '/v1/banner/search',
    search: { query, offset: place },
    headers: { 'x-api-key': key },
  }),
  read: (reply) => {
    const result = member(reply, 'data', 'result');
    return Array.isArray(result) ? { hits: result, total: count(member(reply, 'data', 'count')) } : null;
  },
  row: (hit, at, options) => {
    const subject = nameText([
      ['CN', text(member(hit, 'ssl_subject_common_name'))],
      ['O', text(member(hit, 'ssl_subject_organization'))],
    ]);
    const issuer = nameText([['O', text(member(hit, 'ssl_issuer_organization'))]]);
    const seen = {
      address: text(member(hit, 'ip_address')),
      name: text(member(hit, 'hostname')),
      port: member(hit, 'open_port_no'),
      time: null,
      facts: factsOf({
        encrypted: subject !== null || issuer !== null,
        certificate: certificateOf({ subject, issuer }),
        requests: withVersion(
          member(hit, 'product'),
          member(hit, 'product_version'),
          answerOf(null, '/', member(hit, 'status_code')),
        ),
      }),
      transport: member(hit, 'socket_type'),
    };
    return rowOf(seen, at, options);
  },
};
