// FOFA's form: every reply has status 200. Not verified live: which code stands for which refusal.
import { decoded, type LabForm, numberIn } from './form.ts';
import type { LabRow } from './row.ts';

const SAYS = {
  key: '[-700] Account Invalid',
  credits: '[820031] F points balance is insufficient',
  query: '[820000] Query syntax is incorrect',
  rate: '[45022] Requests are too frequent',
};

export const LAB_FOFA: LabForm = {
  type: 'fofa',
  read: ({ path, search }) => {
    const call = path === '/api/v1/search/all' ? 'search' : path === '/api/v1/search/stats' ? 'counts' : null;
    if (call === null) return null;
    const size = numberIn(search['size'], 100);
    return {
      call,
      key: search['key'],
      query: decoded(search['qbase64']),
      offset: (numberIn(search['page'], 1) - 1) * size,
      size,
      field: search['fields'] ?? '',
    };
  },
  page: ({ rows, total, offset, size }) => ({
    error: false,
    size: total,
    page: offset / size + 1,
    mode: 'extended',
    results: rows.map(fieldsOf),
  }),
  counts: ({ field, total, buckets }) => ({
    error: false,
    size: total,
    aggs: { [field === 'country' ? 'countries' : field]: buckets.map(({ key, count }) => ({ name: key, count })) },
  }),
  refuse: (why, says) => ({ status: 200, body: { error: true, errmsg: `${SAYS[why]}: ${says}` } }),
};

/** In the order ip, port, host, protocol, base_protocol, all texts. */
function fieldsOf({ address, port, name, certificate }: LabRow): string[] {
  const host = name ?? address;
  return [
    address,
    String(port),
    certificate === null ? host : `https://${host}:${port}`,
    certificate === null ? 'http' : 'https',
    'tcp',
  ];
}
