// Shodan: search, count and facets. Forms: the official client (achillean/shodan-python, client.py) and banners as modelled by shadowscatcher/shodan (f0baaa7).
import { rowOfBanner } from '../formats/shodan.ts';
import { listOf, member, recordOf, textOf } from '../json.ts';
import type { Ask, CountsEngine, Engine, HitRow, SearchEngine } from './declaration.ts';
import { bucketsOf, count, text } from './readings.ts';

/** Facets of a call at most (the official client's own examples stay far below). */
const FACETS = 1000;

const shared = {
  baseUrl: 'https://api.shodan.io',
  keyEnv: 'SHODAN_API_KEY',
  language: "Shodan's filters, e.g. net:, ssl.cert.subject.cn:, port:",
  terms: "Shodan's terms of service; results may be used for research with attribution and not be resold.",
  upstreams: [],
  spacingMs: 1000,
  // Replies with status 200 may carry an error; 403 means that the plan lacks a filter.
  manners: {
    refusal: (reply: unknown, status: number) => {
      const error = text(member(reply, 'error'));
      if (error === null) return null;
      if (/credits?|upgrade your api plan/i.test(error)) return 'credits';
      if (/rate limit/i.test(error)) return 'rate';
      if (status === 401 || /api key|access denied/i.test(error)) return 'credentials';
      return status < 400 ? 'query' : null;
    },
  },
} satisfies Partial<Engine>;

const call = (path: string, key: string, query: string, more: Ask['search'] = {}): Ask => ({
  path,
  search: { key, query, ...more },
});

export const SHODAN: SearchEngine = {
  ...shared,
  type: 'shodan',
  title: 'Shodan search',
  cost: '1 query credit a page of 100 banners when the query has a filter or from the second page on; counts are free',
  unverified: 'which credits the empty last page costs; the texts of errors; Retry-After',
  queries: {
    'kube-apiserver': 'ssl:"kubernetes.default.svc.cluster.local"',
    kubelet: 'product:"Kubernetes" port:10250',
    etcd: 'product:"etcd"',
  },
  // The total moves while one pages, so that only an empty page is the end.
  paging: { by: 'page', first: 1, size: 100, maxRows: null, until: 'empty' },
  creditsPerPage: 1,
  // Minified banners lack the certificate chain.
  ask: ({ query, key, place }) => call('/shodan/host/search', key, query, { page: place, minify: 'false' }),
  read: (reply) => {
    const matches = member(reply, 'matches');
    return Array.isArray(matches) ? { hits: matches, total: count(member(reply, 'total')) } : null;
  },
  row: (hit, at, options): HitRow => rowOfBanner(hit, at, options),
  count: {
    ask: ({ query, key }) => call('/shodan/host/count', key, query),
    read: (reply) => count(member(reply, 'total')),
  },
};

export const SHODAN_FACETS: CountsEngine = {
  ...shared,
  type: 'shodan-facets',
  title: 'Shodan facets: banners by a property, counts only',
  cost: 'no credits',
  unverified: 'how many values a facet may have at most',
  query: 'product:"Kubernetes"',
  field: 'version',
  fieldMeans: 'facet that is counted, e.g. version, country, port, asn',
  unit: 'banners',
  credits: 0,
  ask: ({ query, field, buckets, key }) =>
    call('/shodan/host/count', key, query, { facets: `${field}:${Math.min(buckets, FACETS)}` }),
  read: (reply, field) => {
    const facets = recordOf(member(reply, 'facets'));
    const buckets = facets === null ? null : bucketsOf(listOf(member(facets, field)), 'value', 'count');
    const total = count(member(reply, 'total'));
    return buckets === null || total === null || textOf(field, 100) === null ? null : { total, buckets };
  },
};
