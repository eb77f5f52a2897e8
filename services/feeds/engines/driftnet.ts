// Driftnet: protocols. Form: the client of uncover (sources/agent/driftnet at 92e6147).
import { listOf, member } from '../json.ts';
import type { SearchEngine } from './declaration.ts';
import { dayBefore, rowOf, text } from './readings.ts';

const SIZE = 100;
const DAYS = 30;

export const DRIFTNET: SearchEngine = {
  type: 'driftnet',
  title: 'Driftnet protocols',
  baseUrl: 'https://api.driftnet.io',
  keyEnv: 'DRIFTNET_API_KEY',
  language: 'words (keyword=…), or field=TYPE:VALUE; several are joined by commas',
  terms: "Driftnet's terms of service.",
  cost: '1 request of the quota a page of 100',
  upstreams: [],
  spacingMs: 200,
  unverified:
    'names of fields for certificates (words are searched), the cost; its honeypot mark stands in another call and is not read',
  queries: {
    'kube-apiserver': 'keyword=kubernetes.default.svc.cluster.local',
    kubelet: 'keyword=kubelet',
    etcd: 'keyword=etcdserver',
  },
  // 100 pages of 100; status 204 where there is nothing.
  paging: { by: 'page', first: 0, size: SIZE, maxRows: 100 * SIZE },
  creditsPerPage: 1,
  ask: ({ query, key, place, now }) => ({
    path: '/v1/scan/protocols',
    search: { from: dayBefore(now, DAYS), most_recent: 'true', ...partsOf(query), page: place },
    headers: { authorization: `Bearer ${key}` },
  }),
  // `result_count` may be of the page or of all: it is not taken for a total.
  read: (reply) => {
    const results = member(reply, 'results');
    return Array.isArray(results) || reply === null ? { hits: listOf(results), total: null } : null;
  },
  row: (hit, at, options) => {
    const items = listOf(member(hit, 'items')).filter((item) => !text(member(item, 'context')));
    const valueFor = (type: RegExp): string | null =>
      text(
        member(
          items.find((item) => type.test(text(member(item, 'type')) ?? '')),
          'value',
        ),
      );
    if (valueFor(/^port-udp$/) !== null) return 'not_tcp';
    const seen = { address: valueFor(/^ip$/), name: valueFor(/^host$/), port: valueFor(/^port-tcp$/), time: null };
    return rowOf(seen, at, options);
  },
};

/** `field=…` and `keyword=…` as parameters of their own; anything else is a query. A comma in a value cannot be written. */
function partsOf(query: string): Record<string, string> {
  const parts = query.split(',').map((part): [string, string] => {
    const match = /^(field|keyword|query|filter)=(.*)$/s.exec(part.trim());
    return match === null ? ['query', part.trim()] : [match[1] as string, match[2] as string];
  });
  return Object.fromEntries(parts);
}
