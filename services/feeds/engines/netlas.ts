// Netlas: responses, their count and their facets. Forms: uncover (sources/agent/netlas at 92e6147) and the official client (netlas-io/netlas-python).
import { member } from '../json.ts';
import type { Ask, CountsEngine, Engine, SearchEngine } from './declaration.ts';
import { bucketsOf, certificateOf, count, dated, factsOf, parsedAnswer, rowOf, text } from './readings.ts';

const shared = {
  baseUrl: 'https://app.netlas.io',
  keyEnv: 'NETLAS_API_KEY',
  language: 'Netlas query (Lucene), e.g. port:6443 AND certificate.names:"…"',
  terms: "Netlas' terms of service; the free plan is for non-commercial use.",
  upstreams: [],
  spacingMs: 1000,
} satisfies Partial<Engine>;

const call = (path: string, key: string, search: NonNullable<Ask['search']>): Ask => ({
  path,
  search,
  headers: { 'x-api-key': key },
});

export const NETLAS: SearchEngine = {
  ...shared,
  type: 'netlas',
  title: 'Netlas responses',
  cost: '1 request of the daily quota a page of 20, and one more for the count',
  unverified: 'the offset limit of the free plan (10,000 is assumed), texts of errors, the spelling of address names',
  queries: {
    'kube-apiserver': 'certificate.names:"kubernetes.default.svc.cluster.local"',
    kubelet: 'port:10250 AND certificate.issuer_dn:*ca@*',
    etcd: 'port:2379 AND http.body:*etcdserver*',
  },
  paging: { by: 'offset', first: 0, size: 20, maxRows: 10_000, advance: 'rows' },
  creditsPerPage: 1,
  ask: ({ query, key, place }) => call('/api/responses/', key, { q: query, start: place }),
  read: (reply) => {
    const items = member(reply, 'items');
    return Array.isArray(items) ? { hits: items, total: null } : null;
  },
  row: (hit, at, options) => {
    const data = member(hit, 'data');
    const http = member(data, 'http');
    const certificate = member(data, 'certificate');
    const alternative = member(certificate, 'extensions', 'subject_alt_name');
    const names = member(alternative, 'dns_names');
    const seen = {
      address: text(member(data, 'ip')),
      name: text(member(data, 'host')),
      port: member(data, 'port'),
      time: dated(member(data, '@timestamp')) ?? dated(member(data, 'last_updated')),
      facts: factsOf({
        encrypted: certificate !== null || member(data, 'protocol') === 'https',
        certificate: certificateOf({
          subject: member(certificate, 'subject_dn'),
          issuer: member(certificate, 'issuer_dn'),
          names: names ?? member(certificate, 'names'),
          addresses: member(alternative, 'ip_addresses'),
          notBefore: dated(member(certificate, 'validity', 'start')),
          notAfter: dated(member(certificate, 'validity', 'end')),
          sha256: member(certificate, 'fingerprint_sha256'),
        }),
        requests: parsedAnswer(
          member(data, 'path'),
          member(http, 'status_code'),
          member(http, 'headers'),
          member(http, 'body'),
        ),
      }),
      transport: member(data, 'prot4'),
    };
    return rowOf(seen, at, options);
  },
  count: {
    onlyTotal: true,
    ask: ({ query, key }) => call('/api/responses_count/', key, { q: query }),
    read: (reply) => count(member(reply, 'count')),
  },
};

export const NETLAS_FACETS: CountsEngine = {
  ...shared,
  type: 'netlas-facets',
  title: 'Netlas facets: responses by a property, counts only',
  cost: '1 request of the daily quota',
  unverified: 'the form of the reply: lists of {key, doc_count} by field are read, below `aggregations` or at the top',
  query: 'certificate.names:"kubernetes.default.svc.cluster.local"',
  field: 'geo.country',
  fieldMeans: 'field that is counted',
  unit: 'responses',
  credits: 1,
  ask: ({ query, field, buckets, key }) =>
    call('/api/responses_facet/', key, { q: query, facets: field, size: buckets }),
  read: (reply, field) => {
    const found = member(reply, 'aggregations', field) ?? member(reply, field);
    const buckets = bucketsOf(member(found, 'buckets') ?? found, 'key', 'doc_count');
    return buckets === null ? null : { total: null, buckets };
  },
};
