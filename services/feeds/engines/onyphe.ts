// ONYPHE: data scans. Form: a stored reply and the client of uncover (sources/agent/onyphe at 92e6147).
import { type JsonRecord, member, recordOf } from '../json.ts';
import type { SearchEngine } from './declaration.ts';
import { answerOf, certificateOf, count, factsOf, nameOf, rowOf, text } from './readings.ts';

const SIZE = 100;
/** Stands in the place of values that the plan does not include. */
const WITHHELD = /^<\w+ field>/;
const NAME = [
  ['CN', 'commonname'],
  ['O', 'organization'],
  ['C', 'country'],
] as const;

export const ONYPHE: SearchEngine = {
  type: 'onyphe',
  title: 'ONYPHE data scans',
  baseUrl: 'https://www.onyphe.io',
  keyEnv: 'ONYPHE_API_KEY',
  language: 'ONYPHE Query Language, e.g. category:datascan port:6443',
  terms: "ONYPHE's terms of service.",
  cost: "1 credit a page, by the plan's monthly credits",
  upstreams: [],
  spacingMs: 1000,
  unverified: 'the largest page (10 is what others ask for), the cost of a page, codes of `error`',
  queries: {
    'kube-apiserver': 'category:datascan subject.altname:kubernetes.default.svc.cluster.local',
    kubelet: 'category:datascan port:10250 tls:true',
    etcd: 'category:datascan port:2379 protocol:http',
  },
  // The API gives 10,000 rows of a query and, unless told otherwise, looks 30 days back.
  paging: { by: 'page', first: 1, size: SIZE, maxRows: 10_000 },
  creditsPerPage: 1,
  // `error` is 0 for success; status 200 may carry others, and `text` says what they are.
  manners: {
    refusal: (reply, status) => {
      const error = member(reply, 'error');
      if (typeof error !== 'number' || error === 0) return null;
      const says = text(member(reply, 'text')) ?? '';
      if (/rate|too many/i.test(says) || status === 429) return 'rate';
      if (/credit|quota/i.test(says)) return 'credits';
      if (/api ?key|unauthori|license|expired/i.test(says) || status === 401) return 'credentials';
      return status >= 400 ? null : 'query';
    },
  },
  ask: ({ query, key, place }) => ({
    path: '/api/v2/search/',
    search: { q: query, page: place, size: SIZE },
    headers: { authorization: `bearer ${key}` },
  }),
  read: (reply) => {
    const results = member(reply, 'results');
    return Array.isArray(results) ? { hits: results, total: count(member(reply, 'total')) } : null;
  },
  row: (hit, at, options) => {
    const [subject, issuer, validity] = ['subject', 'issuer', 'validity'].map((name) => given(member(hit, name)));
    const seen = {
      address: text(member(hit, 'ip')),
      name: null,
      port: member(hit, 'port'),
      time: member(hit, '@timestamp'),
      facts: factsOf({
        encrypted: member(hit, 'tls') === 'true',
        certificate: certificateOf({
          subject: nameOf(subject, NAME),
          issuer: nameOf(issuer, NAME),
          names: member(subject, 'altname'),
          notBefore: member(validity, 'notbefore'),
          notAfter: member(validity, 'notafter'),
          sha256: member(hit, 'fingerprint', 'sha256'),
        }),
        requests: answerOf(member(hit, 'data'), member(hit, 'url')),
      }),
      transport: member(hit, 'transport'),
    };
    return rowOf(seen, at, options);
  },
};

/** The members of a part that the plan includes. */
function given(part: unknown): JsonRecord {
  const members = Object.entries(recordOf(part) ?? {});
  return Object.fromEntries(members.filter(([, value]) => typeof value !== 'string' || !WITHHELD.test(value)));
}
