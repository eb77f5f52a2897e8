// Netlas' form: a search states no total. Not verified live: refusals and the form of facets.
import { type LabForm, numberIn } from './form.ts';
import type { LabRow } from './row.ts';

const STATUS = { key: 401, credits: 402, query: 400, rate: 429 } as const;
const CALLS = {
  '/api/responses/': 'search',
  '/api/responses_count/': 'count',
  '/api/responses_facet/': 'counts',
} as const;

export const LAB_NETLAS: LabForm = {
  type: 'netlas',
  read: ({ path, headers, search }) =>
    Object.hasOwn(CALLS, path)
      ? {
          call: CALLS[path as keyof typeof CALLS],
          key: headers['x-api-key'],
          query: search['q'] ?? '',
          offset: numberIn(search['start'], 0),
          size: path === '/api/responses/' ? 20 : numberIn(search['size'], 100),
          field: search['facets'] ?? '',
        }
      : null,
  page: ({ rows }) => ({ items: rows.map((row) => ({ data: responseOf(row) })), took: 1, timestamp: 1 }),
  count: (total) => ({ count: total }),
  counts: ({ field, buckets }) => ({
    aggregations: { [field]: buckets.map(({ key, count }) => ({ key, doc_count: count })) },
  }),
  refuse: (why, says) => ({ status: STATUS[why], body: { detail: says } }),
};

function responseOf({ address, port, name, seenAt, certificate, answer }: LabRow): unknown {
  return {
    ip: address,
    host: name ?? address,
    port,
    prot4: 'tcp',
    protocol: certificate === null ? 'http' : 'https',
    path: answer?.path ?? '/',
    '@timestamp': seenAt,
    ...(answer === null
      ? {}
      : {
          http: {
            status_code: answer.status,
            body: answer.body,
            headers: Object.fromEntries(Object.entries(answer.headers).map(([header, value]) => [header, [value]])),
          },
        }),
    ...(certificate === null
      ? {}
      : {
          certificate: {
            subject_dn: `CN=${certificate.subject}`,
            issuer_dn: `CN=${certificate.issuer}`,
            names: certificate.dnsNames,
            fingerprint_sha256: certificate.sha256,
            validity: { start: certificate.notBefore, end: certificate.notAfter },
            extensions: {
              subject_alt_name: { dns_names: certificate.dnsNames, ip_addresses: certificate.ipAddresses },
            },
          },
        }),
  };
}
