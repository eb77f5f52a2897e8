// Quake (360): services and aggregations. Forms: uncover (sources/agent/quake at 92e6147) and public clients of the aggregation call.
import { readPrintedNames } from '../formats/certificates.ts';
import { member, textOf } from '../json.ts';
import type { Ask, CountsEngine, Engine, SearchEngine } from './declaration.ts';
import { answerOf, bucketsOf, certificateOf, count, dated, factsOf, rowOf, text } from './readings.ts';

const SIZE = 100;
const CERTIFICATE_TEXT = 64 * 1024;

const shared = {
  baseUrl: 'https://quake.360.net',
  keyEnv: 'QUAKE_TOKEN',
  language: 'Quake syntax, e.g. cert:"…" AND port:6443',
  terms: "Quake's user agreement.",
  upstreams: [],
  spacingMs: 1000,
  // `code` is 0 for success, else a number or a word such as q3005, with status 200.
  manners: {
    refusal: (reply: unknown, status: number) => {
      const code = member(reply, 'code');
      if (code === null || code === 0) return null;
      const word = typeof code === 'number' ? `${code}` : text(code);
      const says = `${word ?? ''} ${text(member(reply, 'message')) ?? ''}`;
      if (/积分|credit/i.test(says)) return 'credits';
      if (/q3005|频繁|too (many|fast)|frequen/i.test(says) || status === 429) return 'rate';
      if (/token|认证|登录|unauthori|forbidden/i.test(says) || status === 401) return 'credentials';
      return status >= 400 ? null : 'query';
    },
  },
} satisfies Partial<Engine>;

const call = (path: string, key: string, json: unknown): Ask => ({ path, headers: { 'x-quaketoken': key }, json });

export const QUAKE: SearchEngine = {
  ...shared,
  type: 'quake',
  title: 'Quake (360) services',
  cost: '1 credit a row, 100 a page',
  unverified: 'codes of refusals, the limit of the offset, names of the certificate in `service.cert`',
  queries: {
    'kube-apiserver': 'cert:"kubernetes.default.svc.cluster.local"',
    kubelet: 'cert:"-ca@" AND port:10250',
    etcd: 'service:"etcd"',
  },
  // The offset ends at 10,000; Quake has another call (scroll) for more.
  paging: { by: 'offset', first: 0, size: SIZE, maxRows: 10_000, advance: 'rows' },
  creditsPerPage: SIZE,
  ask: ({ query, key, place }) =>
    call('/api/v3/search/quake_service', key, {
      query,
      start: Number(place),
      size: SIZE,
      ignore_cache: false,
      include: [
        'ip',
        'port',
        'hostname',
        'transport',
        'time',
        'service.name',
        'service.cert',
        'service.http',
        'service.response',
      ],
    }),
  read: (reply) => {
    const data = member(reply, 'data');
    if (!Array.isArray(data)) return null;
    return { hits: data, total: count(member(reply, 'meta', 'pagination', 'total')), credits: data.length };
  },
  row: (hit, at, options) => {
    const service = member(hit, 'service');
    const http = member(service, 'http');
    const printed = textOf(member(service, 'cert'), CERTIFICATE_TEXT, true);
    const names = printed?.includes('DNS:') === true ? readPrintedNames(printed) : null;
    const seen = {
      address: text(member(hit, 'ip')),
      name: text(member(hit, 'hostname')),
      port: member(hit, 'port'),
      time: dated(member(hit, 'time')),
      facts: factsOf({
        encrypted: Boolean(printed) || /ssl|https/.test(text(member(service, 'name')) ?? ''),
        certificate: names === null ? null : certificateOf({ names: names.dnsNames, addresses: names.ipAddresses }),
        requests: answerOf(
          member(http, 'response_headers') ?? member(service, 'response'),
          member(http, 'path'),
          member(http, 'status_code'),
          member(http, 'body'),
        ),
      }),
      transport: member(hit, 'transport'),
    };
    return rowOf(seen, at, options);
  },
};

export const QUAKE_AGGREGATION: CountsEngine = {
  ...shared,
  type: 'quake-aggregation',
  title: 'Quake aggregation: services by a property, counts only',
  cost: 'no rows; whether it takes credits is not known and counted as 1',
  unverified: 'the cost, which fields may be counted, that values come as {key, doc_count}',
  query: 'cert:"kubernetes.default.svc.cluster.local"',
  field: 'country',
  fieldMeans: 'field that is counted',
  unit: 'services',
  credits: 1,
  ask: ({ query, field, buckets, key }) =>
    call('/api/v3/aggregation/quake_service', key, {
      query,
      size: buckets,
      ignore_cache: false,
      aggregation_list: [field],
    }),
  read: (reply, field) => {
    const buckets = bucketsOf(member(reply, 'data', field), 'key', 'doc_count');
    return buckets === null ? null : { total: null, buckets };
  },
};
