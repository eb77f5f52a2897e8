// Hunter (Qianxin): search. Form: a stored reply and the client of uncover (sources/agent/hunter at 92e6147).
import { integerOf, listOf, member } from '../json.ts';
import type { SearchEngine } from './declaration.ts';
import { answerOf, count, factsOf, rowOf, text } from './readings.ts';

const SIZE = 100;
const OK = 200;

/** The number in "消耗积分：20": the points that the reply took. */
function pointsIn(says: unknown): number | null {
  const digits = /(\d{1,9})\s*$/.exec(text(says) ?? '')?.[1];
  return digits === undefined ? null : Number(digits);
}

export const HUNTER: SearchEngine = {
  type: 'hunter',
  title: 'Hunter (Qianxin) search',
  baseUrl: 'https://hunter.qianxin.com',
  keyEnv: 'HUNTER_API_KEY',
  language: 'Hunter syntax, e.g. cert="…" && ip.port="6443"',
  terms: "Hunter's user agreement.",
  cost: '1 point a row of the daily points, 100 a page; every reply says what it took',
  upstreams: [],
  // Others ask 15 times a second; replies of 429 are known at that rate.
  spacingMs: 2000,
  unverified:
    'codes of refusals, how far one may page, the sizes of pages that a plan allows; times have no zone and are left out',
  queries: {
    'kube-apiserver': 'cert="kubernetes.default.svc.cluster.local"',
    kubelet: 'cert="-ca@" && ip.port="10250"',
    etcd: 'web.body="etcdserver"',
  },
  paging: { by: 'page', first: 1, size: SIZE, maxRows: null },
  creditsPerPage: SIZE,
  // Every reply has status 200; `code` is the status that is meant.
  manners: {
    refusal: (reply) => {
      const code = integerOf(member(reply, 'code'), 0, 100_000);
      const says = text(member(reply, 'message')) ?? text(member(reply, 'msg')) ?? '';
      if (code === OK || code === null) return null;
      if (/积分|quota|points|credit/i.test(says)) return 'credits';
      if (code === 429 || /太快|频|too many|rate/i.test(says)) return 'rate';
      if (code === 401 || /令牌|api-?key|token/i.test(says)) return 'credentials';
      return code >= 500 && code < 600 ? 'unavailable' : 'query';
    },
  },
  ask: ({ query, key, place }) => ({
    path: '/openApi/search',
    // is_web 3: web services and others.
    search: {
      'api-key': key,
      search: Buffer.from(query).toString('base64url'),
      page: place,
      page_size: SIZE,
      is_web: 3,
    },
  }),
  read: (reply) => {
    const data = member(reply, 'data');
    const total = count(member(data, 'total'));
    if (total === null) return null;
    const credits = pointsIn(member(data, 'consume_quota'));
    return { hits: listOf(member(data, 'arr')), total, ...(credits === null ? {} : { credits }) };
  },
  row: (hit, at, options) => {
    const protocol = text(member(hit, 'protocol'));
    const seen = {
      address: text(member(hit, 'ip')),
      name: text(member(hit, 'domain')),
      port: member(hit, 'port'),
      time: null,
      facts: factsOf({
        encrypted: protocol === 'https' || protocol === 'tls',
        requests: answerOf(member(hit, 'banner'), '/', member(hit, 'status_code')),
      }),
      transport: member(hit, 'base_protocol'),
    };
    return rowOf(seen, at, options);
  },
};
