// FOFA: search and stats. Forms: uncover (sources/agent/fofa at 92e6147) and public clients of search/stats.
import { listOf, member } from '../json.ts';
import type { CountsEngine, Engine, SearchEngine } from './declaration.ts';
import { bucketsOf, count, rowOf, text } from './readings.ts';

/** Every account may ask for these; certificates, heads and bodies depend on the plan. Rows are arrays in this order. */
const FIELDS = ['ip', 'port', 'host', 'protocol', 'base_protocol'];
const SIZE = 100;

const shared = {
  baseUrl: 'https://fofa.info',
  keyEnv: 'FOFA_KEY',
  language: 'FOFA syntax, e.g. cert="…" && port="6443"',
  terms: "FOFA's user agreement; data for own use only.",
  upstreams: [],
  spacingMs: 1000,
  // Every reply has status 200; `error` is true and `errmsg` begins with a code in brackets when it is a refusal.
  manners: {
    refusal: (reply: unknown) => {
      if (member(reply, 'error') !== true) return null;
      const says = text(member(reply, 'errmsg')) ?? '';
      if (/\[-?(700|401)\]|account|key|账号/i.test(says)) return 'credentials';
      if (/\[-?(820031|45012|51)\]|balance|insufficient|余额|F点|F币/i.test(says)) return 'credits';
      if (/\[-?45022\]|frequen|too (many|fast)|频/i.test(says)) return 'rate';
      return 'query';
    },
  },
} satisfies Partial<Engine>;

const encoded = (query: string): string => Buffer.from(query).toString('base64');

export const FOFA: SearchEngine = {
  ...shared,
  type: 'fofa',
  title: 'FOFA search',
  cost: "F points or the plan's monthly rows: counted here as 1 credit a row, 100 a page",
  unverified: 'error codes and their meaning, the row limit of a query, the cost in points',
  queries: {
    'kube-apiserver': 'cert="kubernetes.default.svc.cluster.local"',
    kubelet: 'cert="-ca@" && port="10250"',
    etcd: 'banner="etcdserver" || body="etcdserver"',
  },
  // The paged call ends at 10,000 rows; beyond it FOFA offers search/next to some plans.
  paging: { by: 'page', first: 1, size: SIZE, maxRows: 10_000 },
  creditsPerPage: SIZE,
  ask: ({ query, key, place }) => ({
    path: '/api/v1/search/all',
    search: { key, qbase64: encoded(query), fields: FIELDS.join(','), page: place, size: SIZE, full: 'false' },
  }),
  read: (reply) => {
    const results = member(reply, 'results');
    if (!Array.isArray(results)) return null;
    return { hits: results, total: count(member(reply, 'size')), credits: results.length };
  },
  // `host` is a URL, a name with a port or the address again. No time: FOFA states none with a zone.
  row: (hit, at, options) => {
    const [ip, port, host, , transport] = listOf(hit).map(text);
    const seen = { address: ip ?? null, name: nameIn(host ?? null), port, time: null, transport };
    return Array.isArray(hit) ? rowOf(seen, at, options) : 'not_an_array';
  },
};

function nameIn(host: string | null): string | null {
  if (host === null) return null;
  const bare = host.replace(/^[a-z]+:\/\//, '').replace(/[/?#].*$/, '');
  return bare.startsWith('[') ? null : (bare.split(':')[0] ?? null);
}

export const FOFA_STATS: CountsEngine = {
  ...shared,
  type: 'fofa-stats',
  title: 'FOFA stats: assets by a property, counts only',
  cost: 'no rows, but the plan must allow statistics; at most one call in 5 seconds',
  spacingMs: 5000,
  unverified: 'which fields may be counted, and that the names of the lists are the fields (country gives countries)',
  query: 'cert="kubernetes.default.svc.cluster.local"',
  field: 'country',
  fieldMeans: 'field that is counted: protocol, domain, port, title, os, server, country, asn, org',
  unit: 'assets',
  credits: 0,
  ask: ({ query, field, buckets, key }) => ({
    path: '/api/v1/search/stats',
    search: { key, qbase64: encoded(query), fields: field, size: buckets },
  }),
  read: (reply, field) => {
    const lists = member(reply, 'aggs');
    const found = member(lists, field) ?? member(lists, `${field.replace(/y$/, 'ie')}s`);
    const buckets = bucketsOf(found, 'name', 'count');
    return buckets === null ? null : { total: count(member(reply, 'size')), buckets };
  },
};
