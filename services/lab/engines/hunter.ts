// Hunter's form: every reply has status 200 and states what it took. Not verified live: codes of refusals.
import { decoded, type LabForm, numberIn } from './form.ts';
import { headOf, type LabRow } from './row.ts';

const CODES = { key: 401, credits: 40204, query: 40000, rate: 429 } as const;

export const LAB_HUNTER: LabForm = {
  type: 'hunter',
  read: ({ path, search }) => {
    if (path !== '/openApi/search') return null;
    const size = numberIn(search['page_size'], 10);
    return {
      call: 'search',
      key: search['api-key'],
      query: decoded(search['search']),
      offset: (numberIn(search['page'], 1) - 1) * size,
      size,
      field: '',
    };
  },
  page: ({ rows, total }) => ({
    code: 200,
    message: 'success',
    data: {
      total,
      time: 1,
      arr: rows.length === 0 ? null : rows.map(assetOf),
      consume_quota: `消耗积分：${rows.length}`,
      rest_quota: '今日剩余积分：500',
    },
  }),
  refuse: (why, says) => ({ status: 200, body: { code: CODES[why], data: null, message: says } }),
};

function assetOf({ address, port, name, seenAt, certificate, answer }: LabRow): unknown {
  return {
    ip: address,
    port,
    base_protocol: 'tcp',
    protocol: certificate === null ? 'http' : 'https',
    domain: name ?? '',
    status_code: answer?.status ?? 0,
    banner: answer === null ? '' : `${headOf(answer)}${answer.body}`,
    updated_at: seenAt.slice(0, 10),
  };
}
