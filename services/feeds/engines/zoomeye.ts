// ZoomEye API v2: search and facets. Forms: the official reference (knownsec/ZoomEye-python, api.md of 2024-12-04).
import { readPrintedNames } from '../formats/certificates.ts';
import { integerOf, member, textOf } from '../json.ts';
import type { Ask, CountsEngine, Engine, SearchEngine } from './declaration.ts';
import { answerOf, bucketsOf, certificateOf, count, factsOf, rowOf, text, withVersion } from './readings.ts';

/** Fields that every account may ask for; the body needs a business plan. */
const FIELDS = 'ip,port,hostname,domain,protocol,service,product,version,header,ssl,update_time';
/** The reference says 10,000 in one place and 1,000 in another. */
const SIZE = 1000;
const CERTIFICATE_TEXT = 64 * 1024;
const OK = 60000;

const shared = {
  baseUrl: 'https://api.zoomeye.ai',
  keyEnv: 'ZOOMEYE_API_KEY',
  language: 'ZoomEye syntax, e.g. ssl="…" && port=6443',
  terms: "ZoomEye's terms of service.",
  upstreams: [],
  spacingMs: 1000,
  // `code` is 60000 for success in replies of every status.
  manners: {
    refusal: (reply: unknown, status: number) => {
      const code = integerOf(member(reply, 'code'), 0, 1_000_000);
      const says = text(member(reply, 'message')) ?? text(member(reply, 'error')) ?? '';
      if (code === OK || (code === null && status === 200)) return null;
      if (/credit|quota|insufficient|points/i.test(says)) return 'credits';
      if (/too many|rate|frequen/i.test(says) || status === 429) return 'rate';
      if (/api-?key|unauthori|login|forbidden/i.test(says)) return 'credentials';
      return status >= 400 ? null : 'query';
    },
  },
} satisfies Partial<Engine>;

const call = (key: string, body: Readonly<Record<string, unknown>>): Ask => ({
  path: '/v2/search',
  headers: { 'api-key': key },
  json: body,
});
const encoded = (query: string): string => Buffer.from(query).toString('base64');

export const ZOOMEYE: SearchEngine = {
  ...shared,
  type: 'zoomeye',
  title: 'ZoomEye search',
  cost: 'points: counted here as 1 credit a row, 1,000 a page',
  unverified:
    'the cost of a row, texts of errors, the form of `ssl`, the largest page; times have no zone and are left out',
  queries: {
    'kube-apiserver': 'ssl="kubernetes.default.svc.cluster.local"',
    kubelet: 'port=10250 && ssl="-ca@"',
    etcd: 'banner="etcdserver" || http.body="etcdserver"',
  },
  paging: { by: 'page', first: 1, size: SIZE, maxRows: null },
  creditsPerPage: SIZE,
  ask: ({ query, key, place }) =>
    call(key, { qbase64: encoded(query), page: Number(place), pagesize: SIZE, fields: FIELDS, sub_type: 'v4' }),
  read: (reply) => {
    const data = member(reply, 'data');
    return Array.isArray(data) ? { hits: data, total: count(member(reply, 'total')), credits: data.length } : null;
  },
  row: (hit, at, options) => {
    const ssl = textOf(member(hit, 'ssl'), CERTIFICATE_TEXT, true);
    const service = text(member(hit, 'service'));
    const names = ssl?.includes('DNS:') === true ? readPrintedNames(ssl) : null;
    const certificate = names === null ? null : certificateOf({ names: names.dnsNames, addresses: names.ipAddresses });
    const requests = withVersion(member(hit, 'product'), member(hit, 'version'), answerOf(member(hit, 'header'), '/'));
    const seen = {
      address: text(member(hit, 'ip')),
      name: text(member(hit, 'domain')),
      port: member(hit, 'port'),
      time: null,
      facts: factsOf({ encrypted: Boolean(ssl) || service === 'https', certificate, requests }),
      transport: member(hit, 'protocol'),
    };
    return rowOf(seen, at, options);
  },
};

export const ZOOMEYE_FACETS: CountsEngine = {
  ...shared,
  type: 'zoomeye-facets',
  title: 'ZoomEye facets: assets by a property, counts only',
  cost: 'the price of one row: a facet comes with a page of at least one',
  unverified:
    'that a page of one row costs one row, the form of `facets` ({name, value} as in v1), how many values there are',
  query: 'app="Kubernetes"',
  field: 'product',
  fieldMeans: 'facet that is counted: country, subdivisions, city, product, service, device, os, port',
  unit: 'assets',
  credits: 1,
  ask: ({ query, field, key }) => call(key, { qbase64: encoded(query), page: 1, pagesize: 1, facets: field }),
  read: (reply, field) => {
    const found = member(reply, 'facets', field);
    const buckets = bucketsOf(found, 'name', 'value') ?? bucketsOf(found, 'name', 'count');
    return buckets === null ? null : { total: count(member(reply, 'total')), buckets };
  },
};
