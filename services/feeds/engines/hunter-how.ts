// hunter.how: search. Form: the client of uncover (sources/agent/hunterhow at 92e6147).
import { integerOf, listOf, member } from '../json.ts';
import type { SearchEngine } from './declaration.ts';
import { count, dayBefore, rowOf, text } from './readings.ts';

const SIZE = 100;
const OK = 200;
/** The engine wants a beginning and an end. */
const DAYS = 365;

export const HUNTER_HOW: SearchEngine = {
  type: 'hunterhow',
  title: 'hunter.how search',
  baseUrl: 'https://api.hunter.how',
  keyEnv: 'HUNTERHOW_API_KEY',
  language: 'hunter.how syntax, e.g. cert="…" && ip.port=="6443"',
  terms: "hunter.how's terms of service.",
  cost: "1 credit a row of the plan's credits, 100 a page",
  upstreams: [],
  spacingMs: 3000,
  unverified: 'codes of refusals, the cost, how far one may page, the longest window (a year is asked for)',
  queries: {
    'kube-apiserver': 'cert="kubernetes.default.svc.cluster.local"',
    kubelet: 'cert="-ca@" && ip.port=="10250"',
    etcd: 'web.body="etcdserver"',
  },
  paging: { by: 'page', first: 1, size: SIZE, maxRows: null },
  creditsPerPage: SIZE,
  // `code` is the status that is meant.
  manners: {
    refusal: (reply) => {
      const code = integerOf(member(reply, 'code'), 0, 100_000);
      const says = text(member(reply, 'message')) ?? '';
      if (code === OK || code === null) return null;
      if (/credit|quota|balance/i.test(says)) return 'credits';
      if (code === 429 || /too many|rate|frequen/i.test(says)) return 'rate';
      if (code === 401 || code === 403 || /api-?key|token/i.test(says)) return 'credentials';
      return code >= 500 && code < 600 ? 'unavailable' : 'query';
    },
  },
  ask: ({ query, key, place, now }) => ({
    path: '/search',
    search: {
      'api-key': key,
      query: Buffer.from(query).toString('base64'),
      start_time: dayBefore(now, DAYS),
      end_time: dayBefore(now, 0),
      page_size: SIZE,
      page: place,
    },
  }),
  read: (reply) => {
    const total = count(member(reply, 'data', 'total'));
    const list = listOf(member(reply, 'data', 'list'));
    return total === null ? null : { hits: list, total, credits: list.length };
  },
  row: (hit, at, options) =>
    rowOf(
      { address: text(member(hit, 'ip')), name: text(member(hit, 'domain')), port: member(hit, 'port'), time: null },
      at,
      options,
    ),
};
