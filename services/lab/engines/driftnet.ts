// Driftnet's form: results are lists of typed values, and none are status 204. Not verified live: refusals.
import { type LabForm, numberIn } from './form.ts';

const SIZE = 100;
const STATUS = { key: 401, credits: 402, query: 400, rate: 429 } as const;

export const LAB_DRIFTNET: LabForm = {
  type: 'driftnet',
  read: ({ path, headers, search }) => {
    if (path !== '/v1/scan/protocols' || !/^\d{4}-\d\d-\d\d$/.test(search['from'] ?? '')) return null;
    const { keyword, field, query } = search;
    return {
      call: 'search',
      key: headers['authorization']?.replace(/^bearer /i, ''),
      query: keyword !== undefined ? `keyword=${keyword}` : field !== undefined ? `field=${field}` : (query ?? ''),
      offset: numberIn(search['page'], 0) * SIZE,
      size: SIZE,
      field: '',
    };
  },
  page: ({ rows, offset, total }) =>
    rows.length === 0
      ? null
      : {
          page: offset / SIZE,
          pages: Math.ceil(total / SIZE),
          result_count: rows.length,
          results: rows.map(({ address, port, name }) => ({
            items: [
              { type: 'product-tag', value: 'kubernetes', context: 'nmap-app' },
              { type: 'ip', value: '192.0.2.255', context: 'redirect' },
              { type: 'ip', value: address, context: '' },
              { type: 'port-tcp', value: String(port), context: '' },
              ...(name === null ? [] : [{ type: 'host', value: name, context: '' }]),
            ],
          })),
        },
  nothing: 204,
  refuse: (why, says) => ({ status: STATUS[why], body: { error: says } }),
};
